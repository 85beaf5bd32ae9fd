// SPDX-License-Identifier: Apache-2.0
// Packed weights that a kernel shares with those of other plans.

import Kernels

extension KernelRequest {
  /// Weights below this size are packed again for each plan: finding them takes as long.
  private static var leastBytes: Int { 1 << 12 }

  /// Calls `body` with what knows of other plans' primitives for the same constant weights, and makes those that it creates known.
  ///
  /// - Parameters:
  ///   - weight: the weights, their second input; `nil` if they are not constant.
  ///   - parameters: of the computation, where the layout depends on them.
  ///   - purpose: name of the computation.
  func sharing<R>(_ weight: Buffer?, _ parameters: [Int], _ purpose: String, _ body: (EarlierSlices) throws -> R) rethrows -> R {
    guard let weight, weight.byteCount >= Self.leastBytes else { return try body(EarlierSlices()) }
    return try scratch.weights.withCopies(of: SharedWeights.Key(weight, parameters, purpose: purpose)) { known in
      let earlier = EarlierSlices(others: known.compactMap { $0 as? Primitive })
      let result = try body(earlier)
      return (result, earlier.packing)
    }
  }
}

/// A value that several plans hold.
final class Shared<Value> {
  let value: Value
  init(_ value: Value) { self.value = value }
}
