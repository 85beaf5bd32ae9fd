// SPDX-License-Identifier: Apache-2.0
// The rank of a factorization: given, by energy, or by size.

/// How many components of a weight are kept.
package enum FactorSize: Sendable, Equatable {
  /// This many.
  case rank(Int)
  /// As many as hold this part of the sum of squared singular values, 0 to 1.
  case energy(Double)
  /// As many as fit in this part of the weight's number of elements.
  case ratio(Double)

  /// The number of components of a matrix.
  ///
  /// - Parameter values: its singular values, descending.
  package func rank(rows: Int, columns: Int, values: [Double]) -> Int {
    let most = max(1, values.count)
    switch self {
    case .rank(let rank): return min(rank, most)
    case .ratio(let ratio): return min(most, max(1, Int(ratio * Double(rows * columns) / Double(rows + columns))))
    case .energy(let energy): return Self.count(of: values, holding: energy)
    }
  }

  /// The numbers of output and input components of a convolution in Tucker form: a thin 1×1 convolution, one with the kernel of
  /// `taps` positions, and another thin one.
  package func ranks(outputs: Int, inputs: Int, taps: Int, outputValues: [Double], inputValues: [Double]) -> (output: Int, input: Int) {
    switch self {
    case .rank(let rank): return (min(rank, outputs), min(rank, inputs))
    case .energy(let energy):
      // Each of the two projections loses half of what may be lost.
      let each = 1 - (1 - energy) / 2
      return (Self.count(of: outputValues, holding: each), Self.count(of: inputValues, holding: each))
    case .ratio(let ratio):
      let limit = ratio * Double(outputs * inputs * taps)
      let steps = 256
      for step in stride(from: steps, to: 0, by: -1) {
        let (o, i) = ((outputs * step + steps - 1) / steps, (inputs * step + steps - 1) / steps)
        if Double(i * inputs + o * i * taps + o * outputs) <= limit { return (o, i) }
      }
      return (1, 1)
    }
  }

  private static func count(of values: [Double], holding energy: Double) -> Int {
    let wanted = energy * values.reduce(0) { $0 + $1 * $1 }
    var sum = 0.0
    for (i, value) in values.enumerated() {
      sum += value * value
      if sum >= wanted { return i + 1 }
    }
    return max(1, values.count)
  }
}
