// SPDX-License-Identifier: Apache-2.0
// Properties of operators that other targets use: cost, weights, effect on activations, and names in other libraries.

import MIL
import Tensors

extension Operator {
  package static func flops(_ call: Call, outputs: [Shape]) -> Int { outputs.first?.elementCount ?? 0 }
  package static var weights: WeightTraits { WeightTraits() }
  package static var activations: ActivationTraits { ActivationTraits() }
  package static var foreignNames: ForeignNames { ForeignNames() }

  /// The cost of one run.
  ///
  /// - Parameters:
  ///   - outputs: the shapes of the outputs.
  ///   - read: the size in bytes of all operands, each value counted once.
  package static func cost(_ call: Call, outputs: [Shape], reading read: Int) -> Workload {
    Workload(flops: flops(call, outputs: outputs), bytes: read)
  }
}

/// The effect of an operator on quantized activations.
package struct ActivationTraits: Sendable {
  /// How an operator treats codes of quantized activations.
  package enum Codes: Sendable {
    /// It quantizes floating-point values to codes.
    case makes
    /// It dequantizes codes to floating-point values.
    case reads
    /// It only selects or moves elements, so it can run on codes directly.
    case selects
  }

  /// The parameters whose values are quantized by activation quantization.
  package let quantized: [String]
  /// Whether the operator's activations are quantized only if none of those parameters is bound to a constant.
  /// Otherwise the operator is part of another layer, which is quantized elsewhere.
  package let needsAllQuantized: Bool
  /// Whether all elements of the result are elements of `x`, so that both can share one range.
  package let sharesRange: Bool
  /// Whether the result equals `x` elementwise, apart from its dtype.
  package let isCopy: Bool
  /// Whether the result is never negative.
  package let isNonNegative: Bool
  /// Whether the result is the softmax of `x`.
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

/// The names of an operator in other libraries.
package struct ForeignNames: Sendable {
  /// The PyTorch modules that are converted to this operator, possibly together with others.
  package let torch: [TorchModule]
  /// The ONNX operator types.
  package let onnx: [String]

  package init(torch: [TorchModule] = [], onnx: [String] = []) {
    self.torch = torch
    self.onnx = onnx
  }
}

/// A `torch.nn` module class.
package struct TorchModule: Sendable, ExpressibleByStringLiteral {
  package let name: String
  /// The rank of the weight, for modules that the operator type alone does not identify.
  package let rank: Int?

  package init(_ name: String, rank: Int? = nil) {
    self.name = name
    self.rank = rank
  }

  package init(stringLiteral name: String) { self.init(name) }
}
