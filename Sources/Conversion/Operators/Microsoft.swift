// SPDX-License-Identifier: Apache-2.0
// Operators of the domain com.microsoft, which optimizers and quantizers write.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Microsoft {
  private static let domain = "com.microsoft"

  static let rules: [Rule] = [
    .one("FusedMatMul", domain: domain) { n in
      func side(_ i: Int, _ flag: String, _ batch: String) throws -> Value {
        var x = try n.x(i).weight()
        if try n.flag(batch), x.rank > 2 { x = try n.b.moveAxis(x, from: 0, to: x.rank - 2) }
        return try n.flag(flag) && x.rank > 1 ? n.b.transpose(x, Array(0..<x.rank - 2) + [x.rank - 1, x.rank - 2]) : x
      }
      let product = try n.b.product(side(0, "transA", "transBatchA"), side(1, "transB", "transBatchB"))
      return try n.b.mul(product, n.float("alpha", 1))
    },
    .one("Gelu", domain: domain) { n in try n.b.emit("gelu", ["x": n.x(), "mode": "EXACT"]) },
    .one("BiasGelu", domain: domain) { n in try n.b.emit("gelu", ["x": n.b.add(n.x(), n.x(1)), "mode": "EXACT"]) },
    .one("FastGelu", domain: domain) { n in
      let x = try n.optional(1).map { try n.b.add(n.x(), $0) } ?? n.x()
      return try n.b.emit("gelu", ["x": x, "mode": "TANH_APPROXIMATION"])
    },
    .one("QuickGelu", domain: domain) { n in try n.b.swish(n.x(), alpha: n.float("alpha", 1.702)) },
    .one("BiasAdd", domain: domain) { n in try n.b.add(n.b.add(n.x(), n.x(1)), n.x(2)) },
    .one("BiasSplitGelu", domain: domain) { n in
      let x = try n.b.add(n.x(), n.x(1))
      let half = try x.extent(x.rank - 1) / 2
      let parts = try n.b.split(x, [half, half], axis: x.rank - 1)
      return try n.b.mul(parts[0], n.b.emit("gelu", ["x": parts[1], "mode": "EXACT"]))
    },
    .one("SimplifiedLayerNormalization") { n in
      let x = try n.x()
      return try n.b.rmsNorm(x, axis: x.axis(n.int("axis", -1)), scale: n.x(1), epsilon: n.float("epsilon", 1e-5))
    },
    Rule("SkipLayerNormalization", domain: domain) { n in
      let sum = try n.skipSum(bias: 4)
      let y = try n.layerNorm(
        sum, axis: sum.rank - 1, scale: n.x(2), shift: n.optional(3), epsilon: n.float("epsilon", 1e-12), statistics: false)
      return [y[0], y[0], y[0], sum]
    },
    Rule("SkipSimplifiedLayerNormalization", domain: domain) { n in
      let sum = try n.skipSum(bias: 3)
      let y = try n.b.rmsNorm(sum, axis: sum.rank - 1, scale: n.x(2), epsilon: n.float("epsilon", 1e-12))
      return [y, y, y, sum]
    },
    .one("RotaryEmbedding", domain: domain) { n in
      let (x, positions) = (try n.x(), try n.x(1))
      let shape = try x.shape()
      guard positions.rank == 2 else { throw Refusal("position_ids of one offset") }
      let dimensions = try n.int("rotary_embedding_dim", 0)
      let heads = try n.int("num_heads", 0)
      let size = try 2 * n.x(2).extent(1)
      return try n.b.rotated(
        x, cosines: n.x(2), sines: n.x(3), positions: positions, heads: shape.count == 4 ? nil : heads > 0 ? heads : shape[2] / size,
        dimensions: dimensions, isInterleaved: n.flag("interleaved"))
    },
    .one("MatMulNBits", domain: domain) { n in try n.packedProduct() },
    .one("FusedConv", domain: domain) { n in
      var y = try n.convolution(n.x(), n.x(1).weight(), bias: n.optional(2)?.weight())
      if let other = n.optional(3) { y = try n.b.add(y, other) }
      return try n.fusedActivation(y)
    },
    .one("QLinearAdd", domain: domain) { n in try n.quantizedPair { try n.b.add($0, $1) } },
    .one("QLinearMul", domain: domain) { n in try n.quantizedPair { try n.b.mul($0, $1) } },
    .one("QLinearSigmoid", domain: domain) { n in try n.quantizedSingle { try n.b.sigmoid($0) } },
    .one("QLinearLeakyRelu", domain: domain) { n in
      try n.quantizedSingle { try n.b.emit("leaky_relu", ["x": $0, "alpha": Float(n.float("alpha", 0.01))]) }
    },
    .one("QLinearGlobalAveragePool", domain: domain) { n in
      let isLast = try n.flag("channels_last")
      return try n.quantizedSingle { x in try n.b.mean(x, isLast ? Array(1..<x.rank - 1) : Array(2..<x.rank)) }
    },
    .one("QLinearSoftmax", domain: domain) { n in
      try n.quantizedSingle { x in try n.b.softmax(x, axis: x.axis(n.int("axis", -1))) }
    },
    .one("QLinearConcat", domain: domain) { n in
      let parts = try stride(from: 2, to: n.inputs.count, by: 3).map { i in
        try n.b.dequantized(n.x(i), n.x(i + 1), n.x(i + 2), axis: 0)
      }
      guard let first = parts.first else { throw Refusal("it has no operands") }
      return try n.b.quantized(n.b.concat(parts, axis: first.axis(n.int("axis", 0))), n.x(0), n.x(1), element: n.x(1).element, axis: 0)
    },
    .one("QGemm", domain: domain) { n in
      func side(_ i: Int, _ flag: String) throws -> Value {
        let x = try n.b.dequantized(n.x(i), n.x(i + 1), n.optional(i + 2), axis: try n.flag(flag) == (i == 0) ? 1 : 0)
        return try n.flag(flag) ? n.b.transpose(x, [1, 0]) : x
      }
      var y = try n.b.mul(n.b.product(side(0, "transA"), side(3, "transB")), n.float("alpha", 1))
      if let bias = n.optional(6) {
        // The bias is in units of the product of both scales.
        let unit = try n.b.mul(n.b.scalarOrVector(n.x(1)), n.b.scalarOrVector(n.x(4)))
        y = try n.b.add(y, n.b.mul(n.b.mul(n.b.float(bias), unit), n.float("alpha", 1)))
      }
      guard n.has(7) else { return y }
      return try n.b.quantized(y, n.x(7), n.optional(8), element: n.optional(8)?.element ?? n.x().element, axis: 0)
    },
    .one("QLinearAveragePool", domain: domain) { n in
      let isLast = try n.flag("channels_last")
      return try n.quantizedSingle { x in
        let moved = isLast ? try n.b.moveAxis(x, from: x.rank - 1, to: 1) : x
        let y = try n.averagePool(moved)
        return isLast ? try n.b.moveAxis(y, from: 1, to: y.rank - 1) : y
      }
    },
    .one("DynamicQuantizeMatMul", domain: domain) { n in
      let (codes, scale, zeroPoint) = try n.b.dynamicCodes(n.x())
      let weight = try n.b.dequantized(n.x(1), n.x(2), n.optional(3), axis: n.x(1).rank - 1)
      let y = try n.b.mul(n.b.product(n.b.sub(codes, zeroPoint), weight), scale)
      return try n.optional(4).map { try n.b.add(y, $0) } ?? y
    },
    .one("MatMulIntegerToFloat", domain: domain) { n in
      let a = try n.b.dequantized(n.x(0), n.x(2), n.optional(4), axis: n.x(0).rank - 2)
      let c = try n.b.dequantized(n.x(1), n.x(3), n.optional(5), axis: n.x(1).rank - 1)
      let y = try n.b.product(a, c)
      return try n.optional(6).map { try n.b.add(y, $0) } ?? y
    },
  ]
}

extension Node {
  fileprivate func skipSum(bias: Int) throws -> Value {
    if wants(1) || wants(2) { throw Refusal("its statistics are used") }
    let sum = try b.add(x(0), x(1))
    return try optional(bias).map { try b.add(sum, $0) } ?? sum
  }

  fileprivate func quantizedSingle(_ body: (Value) throws -> Value) throws -> Value {
    let x = try b.dequantized(self.x(0), self.x(1), optional(2), axis: 0)
    return try b.quantized(body(x), self.x(3), optional(4), element: self.x(0).element, axis: 0)
  }

  fileprivate func quantizedPair(_ body: (Value, Value) throws -> Value) throws -> Value {
    let a = try b.dequantized(x(0), x(1), optional(2), axis: 0)
    let c = try b.dequantized(x(3), x(4), optional(5), axis: 0)
    return try b.quantized(body(a, c), x(6), optional(7), element: x(0).element, axis: 0)
  }

  fileprivate func fusedActivation(_ y: Value) throws -> Value {
    let parameters = try floats("activation_params") ?? []
    switch try string("activation", "") {
    case "": return y
    case "Relu": return try b.apply("relu", y)
    case "Sigmoid": return try b.sigmoid(y)
    case "Tanh": return try b.apply("tanh", y)
    case "LeakyRelu": return try b.emit("leaky_relu", ["x": y, "alpha": Float(parameters.first ?? 0.01)])
    case "Clip" where parameters.count == 2:
      return try b.emit("clip", ["x": y, "alpha": Float(parameters[0]), "beta": Float(parameters[1])])
    case "HardSigmoid" where parameters.count == 2:
      return try b.emit("sigmoid_hard", ["x": y, "alpha": Float(parameters[0]), "beta": Float(parameters[1])])
    case let other: throw Refusal("the activation \(other)")
    }
  }

  /// A product with a matrix of 4-bit or 8-bit codes in blocks of columns.
  fileprivate func packedProduct() throws -> Value {
    let (rows, columns) = (try int("N", 0), try int("K", 0))
    let (bits, block) = (try int("bits", 4), try int("block_size", 32))
    guard rows > 0, columns > 0, block > 0, rows < 1 << 31, columns < 1 << 31, block < 1 << 20, bits == 4 || bits == 8 else {
      throw Refusal("codes of \(bits) bits in blocks of \(block)")
    }
    if has(4) { throw Refusal("groups in another order (g_idx)") }
    let blocks = (columns + block - 1) / block
    let codes = try constant(1, "the codes")
    let scales = try constant(2, "the scales").cast(to: .float32)
    guard codes.count * 8 == rows * blocks * block * bits, scales.count == rows * blocks else {
      throw Refusal("codes and scales do not fit N and K")
    }
    func unpack(_ tensor: Tensor, _ perRow: Int, _ count: Int) -> [UInt8] {
      let bytes = tensor.dtype == .uint8 ? tensor.codes() : tensor.integers().map { UInt8(truncatingIfNeeded: $0) }
      guard bits == 4 else { return (0..<rows).flatMap { bytes[$0 * perRow..<$0 * perRow + count] } }
      return (0..<rows).flatMap { row in (0..<count).map { i in (bytes[row * perRow + i / 2] >> UInt8(4 * (i % 2))) & 15 } }
    }
    let values = unpack(codes, blocks * block * bits / 8, columns)
    var points = [UInt8](repeating: bits == 4 ? 8 : 128, count: rows * blocks)
    var floats: [Float]?
    if has(3) {
      let given = try constant(3, "the zero points")
      if try self.x(3).element.isFloat {
        floats = given.floats()
      } else {
        points = unpack(given, (blocks * bits + 7) / 8, blocks)
      }
    }
    let dtype: DType = bits == 4 ? .uint4 : .uint8
    let label = try self.x(1).label
    let weight: Value
    if b.opset >= .iOS18, columns % block == 0, floats == nil {
      weight = try b.decoder(
        "constexpr_blockwise_shift_scale",
        [
          "data": Tensor(codes: values, dtype: dtype, shape: [rows, columns]), "scale": scales.reshaped([rows, blocks]),
          "offset": Tensor(codes: points, dtype: dtype, shape: [rows, blocks]),
        ], attributes: false, label: label)
    } else {
      let scale = scales.floats()
      let dense = values.indices.map { i -> Float in
        let cell = i / columns * blocks + i % columns / block
        return (Float(values[i]) - (floats?[cell] ?? Float(points[cell]))) * scale[cell]
      }
      weight = Value(constant: Tensor(dense, shape: [rows, columns]), label: label)
    }
    let y = try b.linear(self.x(0), weight: weight, bias: optional(5)?.isConstant ?? true ? optional(5) : nil)
    guard let bias = optional(5), !bias.isConstant else { return y }
    return try b.add(y, bias)
  }
}
