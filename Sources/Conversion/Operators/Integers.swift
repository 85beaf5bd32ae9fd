// SPDX-License-Identifier: Apache-2.0
// Operations on the bits of integers.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Integers {
  static let rules: [Rule] = [
    .one("BitShift") { n in try n.shift() },
    .one("BitwiseNot") { n in
      let x = try n.x()
      if x.isBool { return try n.b.not(x) }
      guard !x.element.isSigned else { return try n.b.sub(-1, x) }
      guard x.element.bits < 32 else { throw Refusal("the complement of \(x.element) does not fit 32 bits") }
      return try n.b.sub(Double(1 << x.element.bits - 1), x)
    },
    .one("BitwiseAnd") { n in try n.bits { n, x, y in try n.b.mul(x, y) } },
    .one("BitwiseOr") { n in try n.bits { n, x, y in try n.b.maximum(x, y) } },
    .one("BitwiseXor") { n in try n.bits { n, x, y in try n.b.compareAsInteger("not_equal", x, y) } },
  ]
}

extension Builder {
  func compareAsInteger(_ type: String, _ x: Value, _ y: Value) throws -> Value { try int(compare(type, x, y)) }
}

extension Node {
  /// Combines the bits of two integers, one bit at a time, with the sign bit last.
  fileprivate func bits(_ combine: (Node, Value, Value) throws -> Value) throws -> Value {
    let (x, y) = (try x(0), try x(1))
    if x.isBool { return try b.bool(combine(self, b.int(x), b.int(y))) }
    // Values of 64 bits have been narrowed: bits beyond 32 equal the sign.
    let width = Swift.min(x.element.bits, 32)
    let isSigned = x.element.isSigned || width == 32
    var (restX, restY) = (x, y)
    var sum: Value?
    for bit in 0..<width {
      let (halfX, halfY) = (try b.floorDiv(restX, b.number(2, like: x)), try b.floorDiv(restY, b.number(2, like: y)))
      let (bitX, bitY) = (try b.sub(restX, b.mul(halfX, 2)), try b.sub(restY, b.mul(halfY, 2)))
      let weight = bit == width - 1 && isSigned ? -Double(1 << bit) : Double(1 << bit)
      let term = try b.mul(combine(self, bitX, bitY), weight)
      sum = try sum.map { try b.add($0, term) } ?? term
      (restX, restY) = (halfX, halfY)
    }
    guard let sum else { throw Refusal("\(x.element) has no bits") }
    return sum.typed(x.element)
  }

  fileprivate func shift() throws -> Value {
    let (x, y) = (try x(0), try x(1))
    let isLeft = try string("direction", "LEFT") == "LEFT"
    let bits = x.element.bits
    guard bits <= 32 || !isLeft || y.isConstant || x.element == .uint64 || x.element == .int64 else {
      throw Refusal("a shift of \(x.element)")
    }
    // Shifts by the width of the type or more are well defined: 0, or -1 for negative values to the right.
    let most = Swift.min(bits, 31)
    let amount = try b.minimum(y, Double(most - 1))
    let power = try b.int(b.apply("round", b.emit("pow", ["x": b.constant(2), "y": b.float(amount)])))
    // Amounts are unsigned: a negative one is beyond every width.
    let isWide = try b.or(b.compare("greater", y, Double(bits - 1)), b.compare("less", y, 0))
    if isLeft {
      // The last power of 32 bits does not fit the program's integers.
      let rest = bits > 31 ? try b.select(b.compare("greater", y, Double(most - 1)), b.number(2, like: x), b.number(1, like: x)) : nil
      let product = try b.mul(x, power)
      let shifted = try b.wrapped(rest.map { try b.mul(product, $0) } ?? product, x.element)
      return try b.select(isWide, b.number(0, like: x), shifted).typed(x.element)
    }
    let shifted = try b.floorDiv(x, power)
    // Beyond 30 the power is not representable: nothing is left but the sign.
    let beyond = try b.compare("greater", y, Double(most - 1))
    let sign = try b.select(b.compare("less", x, 0), b.number(-1, like: x), b.number(0, like: x))
    let last = bits <= 31 ? try b.floorDiv(x, b.number(Double(1 << (bits - 1)), like: x)) : sign
    return try b.select(isWide, sign, b.select(beyond, last, shifted)).typed(x.element)
  }
}
