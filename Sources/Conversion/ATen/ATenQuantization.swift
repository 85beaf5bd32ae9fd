// SPDX-License-Identifier: Apache-2.0
// Quantized values in programs of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenQuantization {
  static let rules: [ATenRule] = [
    .one("quantized_decomposed.quantize_per_tensor", "quantized_decomposed.quantize_per_channel") { c in
      let (x, scale, point) = try c.parameters()
      var attributes: [String: ONNXAttribute] = [:]
      if c.node.target.contains("per_channel") { attributes["axis"] = .int(try c.int("axis", 0)) }
      var input = try c.b.float(x)
      if let low = try c.int("quant_min"), let high = try c.int("quant_max"),
        point.element == .int8 && (low, high) != (-128, 127)
          || point.element == .uint8 && (low, high) != (0, 255)
      {
        // A narrower range clips before rounding.
        guard scale.rank == 0, let zero = point.integers()?.first, let step = try scale.tensor()?.doubles().first else {
          throw Refusal("the range \(low)…\(high) with several scales")
        }
        input = try c.b.emit("clip", ["x": input, "alpha": Float(Double(low - zero) * step), "beta": Float(Double(high - zero) * step)])
      }
      return try c.standard1("QuantizeLinear", [input, scale, point], attributes)
    },
    .one("quantized_decomposed.dequantize_per_tensor", "quantized_decomposed.dequantize_per_channel") { c in
      let (x, scale, point) = try c.parameters()
      var attributes: [String: ONNXAttribute] = [:]
      if c.node.target.contains("per_channel") { attributes["axis"] = .int(try c.int("axis", 0)) }
      return try c.standard1("DequantizeLinear", [x.typed(point.element), scale, point], attributes)
    },
    ATenRule("fake_quantize_per_tensor_affine", "fake_quantize_per_tensor_affine_cachemask") { c in
      let x = try c.float()
      let (scale, point) = (try c.number("scale", 1), try c.number("zero_point", 0))
      let (low, high) = (try c.number("quant_min", -128), try c.number("quant_max", 127))
      let codes = try c.b.add(c.b.apply("round", c.b.div(x, scale)), point)
      let limited = try c.b.emit("clip", ["x": codes, "alpha": Float(low), "beta": Float(high)])
      return [try c.b.mul(c.b.sub(limited, point), scale)]
    },
  ]
}

extension ATenCall {
  /// The operand with scale and zero point, the latter in the type of the codes.
  fileprivate func parameters() throws -> (Value, Value, Value) {
    let x = try self.x("input")
    let scale = try self.x(has("scales") ? "scales" : "scale")
    guard case .scalarType(let number) = argument("dtype"), let element = ExportTypes.elements[number], let dtype = element.dtype else {
      throw Refusal("the type of its codes is missing")
    }
    guard element == .int8 || element == .uint8 else { throw Refusal("codes of type \(element): a program has int8 and uint8") }
    let name = has("zero_points") ? "zero_points" : "zero_point"
    let points =
      try optional(name)?.tensor()?.integers() ?? Array(repeating: 0, count: Swift.max(scale.dims.compactMap { $0 }.reduce(1, *), 1))
    guard points.allSatisfy({ dtype.integerRange?.contains($0) ?? false }) else {
      throw Refusal("a zero point that does not fit \(element)")
    }
    let shape = scale.rank == 0 ? [] : [points.count]
    let known = try scale.tensor().map { Value(constant: $0.cast(to: .float32).reshaped(shape), element: .float, label: scale.label) }
    return (x, known ?? scale, Value(constant: Tensor(integers: points, dtype: dtype, shape: shape), element: element))
  }
}
