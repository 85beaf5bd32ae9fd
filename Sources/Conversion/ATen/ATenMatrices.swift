// SPDX-License-Identifier: Apache-2.0
// Matrix products of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenMatrices {
  static let rules: [ATenRule] = [
    .one("mm") { c in try c.b.product(c.matched(), c.matched("mat2").weight()) },
    .one("bmm") { c in try c.b.product(c.matched(), c.matched("mat2")) },
    .one("matmul", "linalg_matmul") { c in try c.b.product(c.matched(), c.matched("other").weight()) },
    .one("mv") { c in try c.b.product(c.matched(), c.matched("vec")) },
    .one("dot", "vdot", "inner") { c in
      let (x, y) = (try c.matched(), try c.matched(c.has("tensor") ? "tensor" : "other"))
      if x.rank == 0 || y.rank == 0 { return try c.b.mul(x, y) }
      if x.rank == 1, y.rank == 1 { return try c.b.sum(c.b.mul(x, y), [0], keep: false) }
      return try c.standard1("Einsum", [x, y], ["equation": .string(Array(Self.inner(x.rank, y.rank).utf8))])
    },
    .one("outer", "ger") { c in
      let (x, y) = (try c.matched(), try c.matched("vec2"))
      return try c.b.mul(c.b.expandDims(x, [1]), c.b.expandDims(y, [0]))
    },
    .one("linear") { c in try c.b.layer(c.float("input"), c.float("weight"), c.optional("bias")) },
    .one("addmm") { c in try c.added(c.b.product(c.matched("mat1"), c.matched("mat2").weight())) },
    .one("baddbmm") { c in try c.added(c.b.product(c.matched("batch1"), c.matched("batch2"))) },
    .one("addbmm") { c in try c.added(c.b.sum(c.b.product(c.matched("batch1"), c.matched("batch2")), [0], keep: false)) },
    .one("addmv") { c in try c.added(c.b.product(c.matched("mat"), c.matched("vec"))) },
    .one("addr") { c in
      try c.added(c.b.mul(c.b.expandDims(c.matched("vec1"), [1]), c.b.expandDims(c.matched("vec2"), [0])))
    },
    .one("einsum") { c in
      let equation = try c.string("equation", "").filter { $0 != " " }
      let operands = try c.tensors("tensors").map { try c.b.converted($0, to: c.category ?? .float) }
      return try c.standard1("Einsum", operands, ["equation": .string(Array(equation.utf8))])
    },
    .one("chain_matmul", "linalg_multi_dot") { c in
      let all = try c.tensors(c.has("tensors") ? "tensors" : "matrices")
      guard let first = all.first else { throw Refusal("no matrices") }
      return try all.dropFirst().reduce(first) { try c.b.product($0, $1) }
    },
    .one("linalg_det", "det") { c in try c.standard1("Det", [c.float(c.has("A") ? "A" : "self")]) },
    .one("tensordot") { c in
      let (x, y) = (try c.matched(), try c.matched("other"))
      let (p, q) = (try (c.ints("dims_self") ?? []).map { try x.axis($0) }, try (c.ints("dims_other") ?? []).map { try y.axis($0) })
      let keptX = (0..<x.rank).filter { !p.contains($0) }
      let keptY = (0..<y.rank).filter { !q.contains($0) }
      let (shapeX, shapeY) = (try x.shape(), try y.shape())
      let depth = p.map { shapeX[$0] }.reduce(1, *)
      let left = try c.b.reshape(c.b.transpose(x, keptX + p), [keptX.map { shapeX[$0] }.reduce(1, *), depth])
      let right = try c.b.reshape(c.b.transpose(y, q + keptY), [depth, keptY.map { shapeY[$0] }.reduce(1, *)])
      return try c.b.reshape(c.b.product(left, right), keptX.map { shapeX[$0] } + keptY.map { shapeY[$0] })
    },
    .one("bilinear", "_trilinear") { c in
      guard c.has("input1") else { throw Refusal("this form is not known") }
      let (x, y, w) = (try c.float("input1"), try c.float("input2"), try c.float("weight"))
      // The sum over i, j of x_i · w_oij · y_j.
      let shape = try w.shape()
      let part = try c.b.layer(x, c.b.reshape(c.b.transpose(w, [0, 2, 1]), [shape[0] * shape[2], shape[1]]), nil)
      let batch = try Array(x.shape().dropLast())
      let grouped = try c.b.reshape(part, batch + [shape[0], shape[2]])
      let sum = try c.b.sum(c.b.mul(grouped, c.b.expandDims(y, [y.rank - 1])), [batch.count + 1], keep: false)
      return try c.optional("bias").map { try c.b.add(sum, $0) } ?? sum
    },
    .one("cross", "linalg_cross") { c in
      let (x, y) = try c.operands()
      var axis = x.rank - 1
      if c.has("dim") {
        axis = try c.axis(x)
      } else if c.node.target.contains("aten.cross") {
        axis = x.dims.firstIndex(of: 3) ?? axis
      }
      func rolled(_ v: Value, _ order: [Int]) throws -> Value { try c.b.gather(v, order, axis: axis) }
      return try c.b.sub(c.b.mul(rolled(x, [1, 2, 0]), rolled(y, [2, 0, 1])), c.b.mul(rolled(x, [2, 0, 1]), rolled(y, [1, 2, 0])))
    },
    .one("cdist", "_cdist_forward", "_euclidean_dist") { c in
      let (x, y) = (try c.float("x1"), try c.float("x2"))
      let gap = try c.b.sub(c.b.expandDims(x, [x.rank - 1]), c.b.expandDims(y, [y.rank - 2]))
      let p = try c.number("p", 2)
      let last = [gap.rank - 1]
      if p == 2 { return try c.b.emit("sqrt", ["x": c.b.mean2(gap, last)]) }
      if p == 1 { return try c.b.sum(c.b.apply("abs", gap), last, keep: false) }
      if p == 0 { return try c.b.sum(c.b.float(c.b.truth(gap)), last, keep: false) }
      if p == .infinity { return try c.b.reduce("reduce_max", c.b.apply("abs", gap), last, keep: false) }
      return try c.b.pow(c.b.sum(c.b.pow(c.b.apply("abs", gap), p), last, keep: false), 1 / p)
    },
    .one("kron") { c in
      var (x, y) = try c.operands()
      let rank = Swift.max(x.rank, y.rank)
      (x, y) = (try c.b.withRank(x, rank), try c.b.withRank(y, rank))
      let (p, q) = (try x.shape(), try y.shape())
      guard rank <= 2 else { throw Refusal("tensors of rank \(rank), expected at most 2") }
      let left = try c.b.reshape(x, p.flatMap { [$0, 1] })
      let right = try c.b.reshape(y, q.flatMap { [1, $0] })
      return try c.b.reshape(c.b.mul(left, right), zip(p, q).map(*))
    },
  ]

  private static func inner(_ p: Int, _ q: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxy").map(String.init)
    let (x, y) = (letters[..<(p - 1)], letters[(p - 1)..<(p + q - 2)])
    return "\(x.joined())z,\(y.joined())z->\(x.joined())\(y.joined())"
  }
}

extension ATenCall {
  /// `beta · self + alpha · product`.
  fileprivate func added(_ product: Value) throws -> Value {
    let (alpha, beta) = (try number("alpha", 1), try number("beta", 1))
    let scaled = try b.mul(product, alpha)
    return beta == 0 ? scaled : try b.add(scaled, b.mul(matched(), beta))
  }
}

extension Builder {
  /// The sum of squares.
  func mean2(_ x: Value, _ axes: [Int]) throws -> Value { try reduce("reduce_sum_square", x, axes, keep: false) }

  /// A linear layer, whose weight has a row for each output.
  func layer(_ x: Value, _ weight: Value, _ bias: Value?) throws -> Value {
    let isVector = x.rank == 1
    let input = isVector ? try expandDims(x, [0]) : x
    let isConstantBias = bias?.isConstant ?? true
    var y: Value
    if weight.isConstant || weight.isDecoded, weight.rank == 2, !input.isConstant {
      y = try linear(input, weight: weight, bias: isConstantBias ? bias : nil)
    } else if weight.rank == 1 {
      y = try sum(mul(input, weight), [input.rank - 1], keep: false)
      return try bias.map { try add(y, $0) } ?? y
    } else {
      y = try matmul(input, weight, transpose: (false, true))
      if isConstantBias, let bias { y = try add(y, bias) }
    }
    if let bias, !isConstantBias { y = try add(y, bias) }
    return isVector ? try squeeze(y, [0]) : y
  }
}
