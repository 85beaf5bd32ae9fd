// SPDX-License-Identifier: Apache-2.0
// Encodes images as PNG for display.

import CImages

extension Image {
  /// The image as the bytes of a PNG file; `nil` if memory is insufficient.
  package var png: [UInt8]? {
    var count = 0
    let (columns, rows, channels) = (UInt32(width), UInt32(height), UInt32(format.channels))
    guard ci_png_encode(samples, columns, rows, channels, nil, &count) == ci_ok else { return nil }
    var status = ci_ok
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      status = ci_png_encode(samples, columns, rows, channels, buffer.baseAddress, &count)
      filled = status == ci_ok ? count : 0
    }
    return status == ci_ok ? bytes : nil
  }
}
