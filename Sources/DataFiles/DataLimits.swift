// SPDX-License-Identifier: Apache-2.0
// Limits on the memory that a file can request.

/// Limits on what a file may make Wane allocate. Mapped arrays need none: their size is checked against the file's.
package struct DataLimits: Sendable, Equatable {
  /// Largest decompressed or converted array, in bytes.
  package var arrayBytes: Int
  /// Largest image, in pixels.
  package var imagePixels: Int

  package init(arrayBytes: Int = 16 << 30, imagePixels: Int = 1 << 28) {
    self.arrayBytes = arrayBytes
    self.imagePixels = imagePixels
  }

  /// Deflate compresses by at most 1032:1 (a match of 258 bytes takes two bits); a larger claim is rejected.
  static let deflateRatio = 1032

  /// An upper bound of the size that `compressed` deflated bytes can expand to, saturating.
  static func inflated(_ compressed: Int) -> Int {
    let (bytes, overflow) = compressed.multipliedReportingOverflow(by: deflateRatio)
    return overflow ? .max : bytes
  }
}
