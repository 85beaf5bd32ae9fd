// SPDX-License-Identifier: Apache-2.0
// Matrix products.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Matrices {
  static let rules: [Rule] = [
    .one("MatMul") { n in try n.b.product(n.x(), n.x(1).weight()) },
    .one("Gemm") { n in try n.gemm() },
    .one("Det") { n in try n.determinant() },
    .one("MatMulInteger") { n in
      let a = try n.b.shifted(n.x(), n.optional(2), axis: n.x().rank - 2)
      let c = try n.b.shifted(n.x(1), n.optional(3), axis: n.x(1).rank - 1)
      return try n.b.exactProduct(a, c).typed(.int32)
    },
  ]
}

extension Builder {
  /// NumPy's matrix product.
  func product(_ x: Value, _ y: Value) throws -> Value {
    if x.isFloat, x.rank >= 2, !x.isConstant, let weight = try y.tensor(), weight.rank == 2 {
      return try linear(x, weight: labeled(transpose(y, [1, 0]), y.label), bias: nil)
    }
    let (p, q) = (x.rank == 1 ? try expandDims(x, [0]) : x, y.rank == 1 ? try expandDims(y, [1]) : y)
    let result = try matmul(p, q)
    var dropped: [Int] = []
    if x.rank == 1 { dropped.append(result.rank - 2) }
    if y.rank == 1 { dropped.append(result.rank - 1) }
    if dropped.count == 2, result.rank == 2 { return try reshape(result, []) }
    return try squeeze(result, dropped)
  }

  func linear(_ x: Value, weight: Value, bias: Value?) throws -> Value {
    try emit("linear", ["x": x, "weight": weight, "bias": bias])
  }

  /// A constant with a name.
  func labeled(_ x: Value, _ label: String?) -> Value {
    guard let stored = x.stored, let label else { return x }
    return Value(constant: stored, element: x.element, label: label)
  }

  /// Integers minus their zero point, as floats.
  func shifted(_ x: Value, _ zeroPoint: Value?, axis: Int) throws -> Value {
    let value = try float(x)
    guard let zeroPoint else { return value }
    if zeroPoint.rank == 1, zeroPoint.dims[0] != 1, x.rank > 1 {
      var shape = Array(repeating: 1, count: x.rank)
      shape[axis] = try zeroPoint.extent(0)
      return try sub(value, float(reshape(zeroPoint, shape)))
    }
    return try sub(value, float(zeroPoint.dims == [1] ? scalar(zeroPoint) : zeroPoint))
  }

  /// The product of two matrices of integers that are given as floats. Each partial product is exact in 32 bits.
  func exactProduct(_ x: Value, _ y: Value) throws -> Value {
    let depth = try x.extent(x.rank - 1)
    let step = 256
    guard depth > step else { return try int(matmul(x, y)) }
    let yAxis = Swift.max(y.rank - 2, 0)
    var sum: Value?
    for start in stride(from: 0, to: depth, by: step) {
      let end = Swift.min(start + step, depth)
      let part = try int(matmul(slice(x, axis: x.rank - 1, start, end), slice(y, axis: yAxis, start, end)))
      sum = try sum.map { try add($0, part) } ?? part
    }
    return sum ?? x
  }
}

extension Node {
  fileprivate func gemm() throws -> Value {
    let (a, c) = (try x(0), try x(1).weight())
    let (alpha, beta) = (try float("alpha", 1), try float("beta", 1))
    let (isATransposed, isBTransposed) = (try flag("transA"), try flag("transB"))
    let addend = try optional(2)?.weight()
    if a.isFloat, !c.isConstant, c.isDecoded, isBTransposed, alpha == 1, let outputs = c.dims[0] {
      // A weight that stays compressed already has the order that a linear layer wants.
      let left = isATransposed ? try b.transpose(a, [1, 0]) : a
      if beta == 1, let addend, let bias = try addend.tensor(), bias.shape == [outputs] {
        return try b.linear(left, weight: c, bias: addend)
      }
      let y = try b.linear(left, weight: c, bias: nil)
      return try addend.map { try b.add(y, b.mul($0, beta)) } ?? y
    }
    if a.isFloat, let weight = try c.tensor(), weight.rank == 2, !a.isConstant {
      var matrix = isBTransposed ? c : try b.transpose(c, [1, 0])
      if alpha != 1 { matrix = try b.mul(matrix, alpha) }
      let left = isATransposed ? try b.transpose(a, [1, 0]) : a
      let outputs = isBTransposed ? weight.shape[0] : weight.shape[1]
      if let addend {
        if let bias = try addend.tensor(), bias.count == 1 || (bias.count == outputs && bias.shape.last == outputs) {
          var values = try b.broadcast(b.reshape(addend, bias.count == 1 ? [1] : [outputs]), to: [outputs])
          if beta != 1 { values = try b.mul(values, beta) }
          return try b.linear(left, weight: b.labeled(matrix, c.label), bias: b.labeled(values, addend.label))
        }
        return try b.add(b.linear(left, weight: b.labeled(matrix, c.label), bias: nil), b.mul(addend, beta))
      }
      return try b.linear(left, weight: b.labeled(matrix, c.label), bias: nil)
    }
    if a.isInteger, alpha != alpha.rounded() || beta != beta.rounded() {
      throw Refusal("a product of integers with the factors \(alpha) and \(beta)")
    }
    let product = try b.mul(b.matmul(a, c, transpose: (isATransposed, isBTransposed)), alpha)
    return try addend.map { try b.add(product, b.mul($0, beta)) } ?? product
  }

  fileprivate func determinant() throws -> Value {
    let x = try self.x()
    let order = try x.extent(x.rank - 1)
    guard order <= 4 else { throw Refusal("the determinant of a matrix of order \(order), more than 4") }
    func element(_ row: Int, _ column: Int) throws -> Value {
      let single = try b.slice(b.slice(x, axis: x.rank - 2, row, row + 1), axis: x.rank - 1, column, column + 1)
      return x.rank == 2 ? try b.reshape(single, []) : try b.squeeze(single, [x.rank - 2, x.rank - 1])
    }
    func minor(_ rows: [Int], _ columns: [Int]) throws -> Value {
      guard let row = rows.first else { return b.number(1, like: x) }
      if rows.count == 1 { return try element(row, columns[0]) }
      var sum: Value?
      for (i, column) in columns.enumerated() {
        let term = try b.mul(element(row, column), minor(Array(rows.dropFirst()), columns.filter { $0 != column }))
        sum = try sum.map { i % 2 == 0 ? try b.add($0, term) : try b.sub($0, term) } ?? term
      }
      return sum ?? b.number(0, like: x)
    }
    return try minor(Array(0..<order), Array(0..<order))
  }
}
