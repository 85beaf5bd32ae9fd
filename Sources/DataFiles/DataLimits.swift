// SPDX-License-Identifier: Apache-2.0
// How much memory a file may ask for.

/// Limits on what a file may make Wane allocate. Mapped arrays need none: their size is checked against the file's.
package struct DataLimits: Sendable, Equatable {
  /// Bytes of one decompressed or converted array.
  package var arrayBytes: Int
  /// Pixels of one image.
  package var imagePixels: Int

  package init(arrayBytes: Int = 16 << 30, imagePixels: Int = 1 << 28) {
    self.arrayBytes = arrayBytes
    self.imagePixels = imagePixels
  }

  /// Deflate shrinks by at most 1032:1 (a match of 258 bytes takes two bits), so a larger claim is a lie.
  static let deflateRatio = 1032

  /// An upper bound of the bytes that `compressed` deflated bytes can become, saturating.
  static func inflated(_ compressed: Int) -> Int {
    let (bytes, overflow) = compressed.multipliedReportingOverflow(by: deflateRatio)
    return overflow ? .max : bytes
  }
}
