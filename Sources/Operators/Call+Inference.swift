// SPDX-License-Identifier: Apache-2.0
// What type inference asks again and again: broadcast extents, one value a channel.

import MIL
import Tensors

extension TensorType {
  /// Whether the number of axes is known.
  package var hasKnownRank: Bool { !dimensions.contains(.unknown(variadic: true)) }
}

extension Call {
  /// A float that must be known when the program is planned.
  package func number(_ parameter: String) throws -> Float { Float(try known(float(parameter), parameter)) }

  /// The extents that the operands of these parameters broadcast to, by NumPy's rule. An unknown extent yields to one
  /// above 1.
  ///
  /// - Throws: `OperatorError` naming the shapes that do not fit.
  package func broadcast(_ parameters: String...) throws -> [Dimension] {
    var out: [Dimension] = []
    for parameter in parameters {
      let type = try type(parameter)
      guard type.hasKnownRank, !out.contains(.unknown(variadic: true)) else { return [.unknown(variadic: true)] }
      let rank = max(out.count, type.rank)
      let a = Array(repeating: Dimension.fixed(1), count: rank - out.count) + out
      let b = Array(repeating: Dimension.fixed(1), count: rank - type.rank) + type.dimensions
      out = try zip(a, b).map { a, b in
        switch (a, b) {
        case (.fixed(1), _): return b
        case (_, .fixed(1)), (_, .unknown): return a
        case (.unknown, _): return b
        case (.fixed(let m), .fixed(let n)):
          guard m == n else {
            let shapes = try parameters.map { "\($0) \(try self.type($0))" }.joined(separator: ", ")
            throw error("the shapes do not broadcast: \(shapes)")
          }
          return a
        }
      }
    }
    return out
  }

  /// Checks that the operand, where bound, is one value for each channel (axis 1) of `x`.
  package func checkChannels(_ parameter: String, of x: TensorType) throws {
    guard let type = try optionalType(parameter) else { return }
    guard type.rank == 1 else { throw error("\(parameter) must have rank 1, found \(type)") }
    guard x.hasKnownRank, x.rank > 1, let expected = x.dimensions[1].size, let found = type.dimensions[0].size,
      expected != found
    else { return }
    throw error("\(parameter) must have one value for each of the \(expected) channels of x, found \(found)")
  }

  /// Checks the number of axes, where it is known.
  package func checkRank(_ parameter: String, _ type: TensorType, _ allowed: ClosedRange<Int>) throws {
    guard type.hasKnownRank, !allowed.contains(type.rank) else { return }
    let expected =
      allowed.upperBound == .max
      ? "at least \(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"
    throw error("\(parameter) must have rank \(expected), found \(type)")
  }
}
