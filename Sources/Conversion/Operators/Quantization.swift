// SPDX-License-Identifier: Apache-2.0
// Quantization: the QDQ, QOperator and dynamic dialects.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Quantization {
  static let rules: [Rule] =
    quantizing(domain: "") + quantizing(domain: "com.microsoft") + [
      Rule("DynamicQuantizeLinear") { n in
        let (codes, scale, zeroPoint) = try n.b.dynamicCodes(n.x())
        return [try n.b.int(codes).typed(.uint8), scale.typed(.float), try n.b.int(zeroPoint).typed(.uint8)]
      },
      .one("QLinearMatMul") { n in
        let a = try n.b.dequantized(n.x(0), n.x(1), n.x(2), axis: n.x(0).rank - 2)
        let c = try n.b.dequantized(n.x(3), n.x(4), n.x(5), axis: n.x(3).rank - 1)
        return try n.b.quantized(n.b.product(a, c), n.x(6), n.x(7), element: n.x(7).element, axis: 0)
      },
      .one("QLinearConv") { n in
        let x = try n.b.dequantized(n.x(0), n.x(1), n.x(2), axis: 1)
        let w = try n.b.dequantized(n.x(3), n.x(4), n.x(5), axis: 0)
        // The bias is in units of the product of both scales.
        let bias = try n.optional(8).map { try n.b.mul(n.b.float($0), n.b.mul(n.b.scalarOrVector(n.x(1)), n.b.scalarOrVector(n.x(4)))) }
        let full = try bias.map { try n.b.broadcast($0, to: [n.x(3).extent(0)]) }
        return try n.b.quantized(n.convolution(x, w, bias: full), n.x(6), n.x(7), element: n.x(7).element, axis: 0)
      },
    ]

  private static func quantizing(domain: String) -> [Rule] {
    [
      .one("QuantizeLinear", domain: domain) { n in
        let (x, scale) = (try n.x(), try n.x(1))
        let element = try n.optional(2)?.element ?? n.elementType("output_dtype").flatMap { $0 == .undefined ? nil : $0 } ?? .uint8
        let axis = scale.rank == 0 ? 0 : try n.quantizedAxis(x, scale)
        let block = try n.int("block_size", 0)
        let (s, z) = try (n.b.spread(scale, x, axis, block), n.optional(2).map { try n.b.spread($0, x, axis, block) })
        return try n.b.quantized(x, s, z, element: element, axis: axis)
      },
      .one("DequantizeLinear", domain: domain) { n in
        let (x, scale) = (try n.x(), try n.x(1))
        let axis = scale.rank == 0 ? 0 : try n.quantizedAxis(x, scale)
        let block = try n.int("block_size", 0)
        if let stored = try n.b.storedWeight(x, scale, n.optional(2), axis: axis, block: block) { return stored }
        let (s, z) = try (n.b.spread(scale, x, axis, block), n.optional(2).map { try n.b.spread($0, x, axis, block) })
        return try n.b.dequantized(x, s, z, axis: axis).typed(scale.element)
      },
    ]
  }
}

extension Node {
  fileprivate func quantizedAxis(_ x: Value, _ scale: Value) throws -> Int {
    let axis = try int("axis", 1)
    guard x.rank > 0 else { return 0 }
    let counted = axis < 0 ? axis + x.rank : axis
    if scale.rank == 1, scale.dims[0] == 1 { return Swift.min(Swift.max(counted, 0), x.rank - 1) }
    return try x.axis(axis)
  }
}

extension Builder {
  /// Codes of 8 bits for a range that is found at run time, as floats, with scale and zero point.
  func dynamicCodes(_ x: Value) throws -> (codes: Value, scale: Value, zeroPoint: Value) {
    let axes = Array(0..<x.rank)
    let zero = number(0, like: x)
    let low = try minimum(reduce("reduce_min", x, axes, keep: false), zero)
    let high = try maximum(max(x, axes, keep: false), zero)
    let scale = try div(sub(high, low), 255)
    func limited(_ v: Value) throws -> Value { try emit("clip", ["x": v, "alpha": Float(0), "beta": Float(255)]) }
    let zeroPoint = try apply("round", limited(div(negated(low), scale)))
    return (try limited(add(apply("round", div(x, scale)), zeroPoint)), scale, zeroPoint)
  }

  /// A vector with one element becomes a scalar.
  func scalarOrVector(_ x: Value) throws -> Value { x.dims == [1] ? try scalar(x) : x }

  /// Scales or zero points in the shape of `x`, for blocks along an axis.
  func spread(_ v: Value, _ x: Value, _ axis: Int, _ block: Int) throws -> Value {
    guard block > 0, v.rank == x.rank, v.rank > 0 else { return v }
    let extent = try x.extent(axis)
    let blocks = try v.extent(axis)
    let indices = (0..<extent).map { Swift.min($0 / block, blocks - 1) }
    return try gather(v, indices, axis: axis).typed(v.element)
  }

  private func aligned(_ v: Value, _ rank: Int, _ axis: Int) throws -> Value {
    guard v.rank == 1, rank > 1 || v.dims[0] != 1 else { return try scalarOrVector(v) }
    if v.dims[0] == 1 { return try scalar(v) }
    var shape = Array(repeating: 1, count: rank)
    shape[axis] = try v.extent(0)
    return try reshape(v, shape)
  }

  /// Codes of a quantized value, kept in the 32-bit integers of the program.
  func quantized(_ x: Value, _ scale: Value, _ zeroPoint: Value?, element: ElementType, axis: Int) throws -> Value {
    guard element.isInteger, element.bits <= 16 else { throw Refusal("quantization to \(element)") }
    if let native = try nativeCodes(x, scale, zeroPoint, element, axis) { return native }
    let scaled = try div(float(x), float(aligned(scale, x.rank, axis)))
    let low = element.isSigned ? -Float(1 << (element.bits - 1)) : 0
    let high = element.isSigned ? Float(1 << (element.bits - 1) - 1) : Float(1 << element.bits - 1)
    var codes = try apply("round", scaled)
    if let zeroPoint { codes = try add(codes, float(aligned(zeroPoint, x.rank, axis))) }
    return try int(emit("clip", ["x": codes, "alpha": low, "beta": high])).typed(element)
  }

  /// Scale, zero point and axis as `quantize` and `dequantize` take them; `nil` if they do not.
  private func parameters(_ x: Value, _ scale: Value, _ zeroPoint: Value?, _ element: ElementType, _ axis: Int) throws -> [String: (
    any Argumentable
  )?]? {
    guard opset >= .iOS17, element == .int8 || element == .uint8, let scales = try scale.tensor(), scales.rank <= 1,
      !scales.floats().contains(0)
    else {
      return nil
    }
    let isVector = scales.count > 1
    guard !isVector || x.dims[axis] == scales.count else { return nil }
    var point: Tensor?
    if let zeroPoint {
      guard let stored = zeroPoint.stored, stored.count == scales.count else { return nil }
      point = stored.cast(to: element == .int8 ? .int8 : .uint8).reshaped(isVector ? [stored.count] : [])
    }
    return ["scale": scales.reshaped(isVector ? [scales.count] : []), "zero_point": point, "axis": isVector ? axis : nil]
  }

  /// Codes of 8 bits, which a dequantization reads directly, and the same as 32-bit integers.
  private func nativeCodes(_ x: Value, _ scale: Value, _ zeroPoint: Value?, _ element: ElementType, _ axis: Int) throws -> Value? {
    guard x.isFloat, !x.isConstant, let shared = try parameters(x, scale, zeroPoint, element, axis) else { return nil }
    let codes = try emit("quantize", shared.merging(["input": x, "output_dtype": element == .int8 ? "int8" : "uint8"]) { $1 })
    return Value(operand: try int(codes).operand(), element: element, codes: codes)
  }

  /// The values of codes.
  func dequantized(_ x: Value, _ scale: Value, _ zeroPoint: Value?, axis: Int) throws -> Value {
    if let codes = x.codes, let shared = try parameters(x, scale, zeroPoint, x.element, axis) {
      return try emit("dequantize", shared.merging(["input": codes]) { $1 })
    }
    var value = try float(x)
    if let zeroPoint { value = try sub(value, float(aligned(zeroPoint, x.rank, axis))) }
    return try mul(value, float(aligned(scale, x.rank, axis)))
  }

  /// A constant of codes, which stays compressed in the program; `nil` if it is small or has no compressed form.
  func storedWeight(_ x: Value, _ scale: Value, _ zeroPoint: Value?, axis: Int, block: Int) throws -> Value? {
    guard let codes = x.stored, let scales = try scale.tensor(), codes.rank > 0, codes.count > 64, x.element.bits <= 8 else { return nil }
    let points = zeroPoint?.stored
    guard zeroPoint == nil || points != nil else { return nil }
    guard codes.dtype.isInteger else { return nil }
    let label = x.label
    if block == 0, codes.dtype == .int8 || codes.dtype == .uint8, opset >= .iOS16, scales.rank <= 1 {
      let point = points ?? Tensor(integers: Array(repeating: 0, count: scales.count), dtype: codes.dtype, shape: scales.shape)
      guard point.dtype == codes.dtype, point.count == scales.count else { return nil }
      let shape = scales.count == 1 ? [] : [scales.count]
      guard scales.count == 1 || scales.count == codes.shape[axis] else {
        throw Refusal("\(scales.count) scales for \(codes.shape[axis]) channels")
      }
      let made = try decoder(
        "constexpr_affine_dequantize",
        [
          "quantized_data": codes, "zero_point": point.reshaped(shape), "scale": scales.reshaped(shape), "axis": axis,
        ], attributes: true, label: label)
      let source = QuantizedConstant(codes: codes, scale: scales, zeroPoint: points, axis: axis)
      return Value(operand: try made.operand(), element: scale.element, label: label, quantized: source)
    }
    guard opset >= .iOS18, codes.dtype == .int4 || codes.dtype == .uint4 || codes.dtype == .int8 || codes.dtype == .uint8 else {
      return nil
    }
    var shape = Array(repeating: 1, count: codes.rank)
    if scales.rank == codes.rank {
      shape = scales.shape
    } else if scales.count > 1 {
      shape[axis] = scales.count
    }
    guard zip(codes.shape, shape).allSatisfy({ $0 % $1 == 0 }) else { return nil }
    let made = try decoder(
      "constexpr_blockwise_shift_scale", ["data": codes, "scale": scales.reshaped(shape), "offset": points.map { $0.reshaped(shape) }],
      attributes: false, label: label)
    return Value(operand: try made.operand(), element: scale.element, label: label, isStoredForm: true)
  }
}
