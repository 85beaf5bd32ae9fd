// SPDX-License-Identifier: Apache-2.0
// Powers of two that bring a weight into the range in which products and squares in float32 are exact enough.

import Foundation

/// A factor 2^exponent. Weights near the limits of float32 or far below 1 are multiplied by it for the arithmetic; scales
/// and tables are divided by it before they are stored. Both are exact.
package struct BinaryScale: Sendable, Equatable {
  package let exponent: Int

  package static let one = BinaryScale(exponent: 0)

  package init(exponent: Int) { self.exponent = exponent }

  /// The factor for these numbers: 1 if the largest magnitude is between 2^-20 and 2^20.
  package init(_ values: [Float]) {
    var peak: Float = 0
    for value in values { peak = max(peak, abs(value)) }
    let own = peak > 0 && peak.isFinite ? Int(peak.exponent) : 0
    exponent = abs(own) > 20 ? -own : 0
  }

  package func scaled(_ value: Float) -> Float {
    exponent == 0 ? value : scalbnf(value, Int32(exponent))
  }

  package func unscaled(_ value: Float) -> Float {
    exponent == 0 ? value : scalbnf(value, Int32(-exponent))
  }

  package func scaled(_ values: [Float]) -> [Float] { exponent == 0 ? values : values.map { scaled($0) } }
  package func unscaled(_ values: [Float]) -> [Float] { exponent == 0 ? values : values.map { unscaled($0) } }

  package func scaled(_ matrix: WeightMatrix) -> WeightMatrix {
    WeightMatrix(rows: matrix.rows, columns: matrix.columns, values: scaled(matrix.values))
  }
}
