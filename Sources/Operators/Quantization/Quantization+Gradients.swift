// SPDX-License-Identifier: Apache-2.0
// Gradients through quantization with the straight-through estimator: rounding is ignored, clamped elements get zero
// (Bengio et al. 2013).

import MIL
import Tensors

extension Quantize {
  /// The gradient of codes, treated as continuous values.
  static let gradient = Gradient.rule { g in
    let (x, gradient) = (try g.input("input"), try g.gradient())
    let (scale, zeroPoint) = (try g.codeParameter("scale"), try g.optionalCodeParameter("zero_point"))
    let isSigned = g.call.operation.outputs[0].type.tensorType?.dtype == .int8
    try g.give("input") {
      let code = try x / scale
      let shifted = try zeroPoint.map { try code + $0 } ?? code
      let inside = try shifted.isWithin(isSigned ? -128 : 0, isSigned ? 127 : 255)
      return try inside.select(gradient / scale, gradient.zero)
    }
  }
}

extension Dequantize {
  static let gradient = Gradient.rule { g in
    let (scale, gradient) = (try g.codeParameter("scale"), try g.gradient())
    try g.give("input") { try gradient * scale }
    try g.give("scale") {
      let codes = try g.input("input").apply("cast", ["dtype": "fp32"])
      let shifted = try g.optionalCodeParameter("zero_point").map { try codes - $0 } ?? codes
      return try (gradient * shifted).summed(to: scale.shape).reshaped(g.input("scale").shape)
    }
  }
}

extension GradientContext {
  /// A parameter stored as codes, converted to floats for use with `input`.
  fileprivate func optionalCodeParameter(_ name: String) throws -> TypedValue? {
    guard let value = try optionalInput(name) else { return nil }
    let floats = value.dtype.isFloat ? value : try value.apply("cast", ["dtype": "fp32"])
    guard value.rank == 1 else { return floats }
    let rank = try call.type("input").rank
    let axis = try call.knownAxis("axis", rank: rank)
    return try floats.reshaped([value.shape[0]] + Array(repeating: 1, count: rank - axis - 1))
  }

  fileprivate func codeParameter(_ name: String) throws -> TypedValue {
    guard let value = try optionalCodeParameter(name) else { throw call.missing(name) }
    return value
  }
}
