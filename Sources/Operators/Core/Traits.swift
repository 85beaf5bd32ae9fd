// SPDX-License-Identifier: Apache-2.0
// What others must know of an operator besides how it is computed: its cost, weights, activations and foreign names.

import MIL
import Tensors

extension Operator {
  package static func flops(_ call: Call, outputs: [Shape]) -> Int { outputs.first?.elementCount ?? 0 }
  package static var weights: WeightTraits { WeightTraits() }
  package static var activations: ActivationTraits { ActivationTraits() }
  package static var foreignNames: ForeignNames { ForeignNames() }

  /// What one run costs.
  ///
  /// - Parameters:
  ///   - outputs: shapes of the outputs.
  ///   - read: bytes of everything that is bound to the call, each value once.
  package static func cost(_ call: Call, outputs: [Shape], reading read: Int) -> Workload {
    Workload(flops: flops(call, outputs: outputs), bytes: read)
  }
}

/// What an operator means for the values that flow through it.
package struct ActivationTraits: Sendable {
  /// What an operator does with the codes of quantized activations.
  package enum Codes: Sendable {
    /// Makes codes of numbers.
    case makes
    /// Makes numbers of codes.
    case reads
    /// Only selects: for codes it gives the codes of what it gives for numbers.
    case selects
  }

  /// Parameters whose activations are rounded where activations are quantized.
  package let quantized: [String]
  /// Whether a constant among those makes it part of another layer, whose activations are rounded elsewhere.
  package let needsAllQuantized: Bool
  /// Whether its result holds no other numbers than `x`, so that both share one range.
  package let sharesRange: Bool
  /// Whether its result is `x` element by element, at most in another element type.
  package let isCopy: Bool
  /// Whether its result is never below zero.
  package let isNonNegative: Bool
  /// Whether its result is the softmax of `x`.
  package let isSoftmax: Bool
  package let codes: Codes?

  package init(
    quantized: [String] = [], needsAllQuantized: Bool = false, sharesRange: Bool = false, isCopy: Bool = false,
    isNonNegative: Bool = false, isSoftmax: Bool = false, codes: Codes? = nil
  ) {
    self.quantized = quantized
    self.needsAllQuantized = needsAllQuantized
    self.sharesRange = sharesRange
    self.isCopy = isCopy
    self.isNonNegative = isNonNegative
    self.isSoftmax = isSoftmax
    self.codes = codes
  }
}

/// What other libraries call an operator.
package struct ForeignNames: Sendable {
  /// Modules of PyTorch that become this operator, or this one among others.
  package let torch: [TorchModule]
  /// Types of ONNX.
  package let onnx: [String]

  package init(torch: [TorchModule] = [], onnx: [String] = []) {
    self.torch = torch
    self.onnx = onnx
  }
}

/// A type of `torch.nn` module.
package struct TorchModule: Sendable, ExpressibleByStringLiteral {
  package let name: String
  /// Axes of the weight, where the operator alone does not tell.
  package let rank: Int?

  package init(_ name: String, rank: Int? = nil) {
    self.name = name
    self.rank = rank
  }

  package init(stringLiteral name: String) { self.init(name) }
}
