// SPDX-License-Identifier: Apache-2.0
// Writing PNG files, and images from tensors.

import Files
import Tensors

extension Image {
  /// Writes a PNG file; an existing file is replaced only by a complete new one.
  ///
  /// - Throws: `DataFileError.cannotWrite`.
  package func write(to path: String) throws {
    guard let png else { throw DataFileError.cannotWrite(file: path, reason: "not enough memory to encode it") }
    try png.withUnsafeBytes { bytes in try DataFileError.wrapping { try FileReplacement.replace(path, with: [bytes]) } }
  }

  /// An image of channel planes: uint8 `[height, width]`, `[channels, height, width]` or the same after an axis of one element; channels are
  /// gray, gray and alpha, RGB or RGBA. `nil` for tensors of other shapes and dtypes.
  package init?(planes: Tensor) {
    var shape = Array(planes.shape)
    if shape.count == 4, shape[0] == 1 { shape.removeFirst() }
    if shape.count == 2 { shape.insert(1, at: 0) }
    guard planes.dtype == .uint8, shape.count == 3, let format = Format(rawValue: shape[0]), shape[1] > 0, shape[2] > 0 else { return nil }
    let (channels, area) = (shape[0], shape[1] * shape[2])
    let samples = planes.withElements(of: UInt8.self) { from in
      (0..<area).flatMap { i in (0..<channels).map { from[$0 * area + i] } }
    }
    self.init(width: shape[2], height: shape[1], format: format, samples: samples)
  }
}
