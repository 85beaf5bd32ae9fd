// SPDX-License-Identifier: Apache-2.0
// Elementwise arithmetic.

import Foundation
import MIL
import ONNXFiles
import Operators
import Tensors

enum Elementwise {
  static let rules: [Rule] =
    [
      ("Acos", "acos"), ("Asin", "asin"), ("Atan", "atan"), ("Atanh", "atanh"), ("Cos", "cos"), ("Cosh", "cosh"), ("Erf", "erf"),
      ("Exp", "exp"), ("Sin", "sin"), ("Sinh", "sinh"), ("Tan", "tan"), ("Sqrt", "sqrt"),
    ].map { name, type in Rule.one(name) { n in try n.b.asFloat(n.x()) { try n.b.apply(type, $0) } } }
    + [("Ceil", "ceil"), ("Floor", "floor"), ("Round", "round")].map { name, type in
      Rule.one(name) { n in
        let x = try n.x()
        return x.isFloat ? try n.b.apply(type, x) : x
      }
    } + [
      .one("Log") { n in try n.b.log(n.x()) },
      .one("Abs") { n in try n.b.apply("abs", n.x()) },
      .one("Sign") { n in try n.b.apply("sign", n.x()) },
      .one("Neg") { n in try n.b.wrapped(n.b.negated(n.x()), n.x().element) },
      .one("Reciprocal") { n in
        let x = try n.x()
        return try n.b.div(n.b.number(1, like: x), x)
      },
      .one("Acosh") { n in
        let x = try n.x()
        return try n.b.log(n.b.add(x, n.b.apply("sqrt", n.b.sub(n.b.square(x), 1))))
      },
      .one("Asinh") { n in
        let x = try n.x()
        let size = try n.b.apply("abs", x)
        return try n.b.mul(n.b.apply("sign", x), n.b.log(n.b.add(size, n.b.apply("sqrt", n.b.add(n.b.square(x), 1)))))
      },
      .one("Add") { n in try n.arithmetic { try n.b.add($0, $1) } },
      .one("Sub") { n in try n.arithmetic { try n.b.sub($0, $1) } },
      .one("Mul") { n in try n.arithmetic { try n.b.mul($0, $1) } },
      .one("Div") { n in try n.arithmetic { x, y in x.isInteger ? try n.b.truncatedDiv(x, y) : try n.b.quotient(x, y) } },
      .one("Pow") { n in
        let base = try n.x()
        let exponent = try n.x(1)
        let isSmall = try exponent.tensor().map { $0.count == 1 && $0.doubles()[0] == 2 } ?? false
        if isSmall { return try n.b.wrapped(n.b.square(base), base.element) }
        let (x, y) = try n.operands()
        if x.isFloat, let half = try y.tensor(), half.count == 1, half.rank == 0, half.doubles()[0] == 0.5 {
          return try n.b.apply("sqrt", x)
        }
        if base.isInteger, exponent.isFloat {
          return try n.b.int(n.b.emit("pow", ["x": n.b.float(x), "y": y])).typed(base.element)
        }
        let (a, b) = try n.b.matched(x, y)
        return try n.b.emit("pow", ["x": a, "y": b]).typed(base.element)
      },
      .one("Mod") { n in
        let (x, y) = try n.operands()
        guard try n.flag("fmod") else { return try n.b.modulo(x, y) }
        if x.isInteger { return try n.b.sub(x, n.b.mul(y, n.b.truncatedDiv(x, y))) }
        // The remainder of the magnitudes, with the sign of the dividend, loses no digits where x / y is rounded up.
        let (size, step) = (try n.b.apply("abs", x), try n.b.apply("abs", y))
        return try n.b.mul(n.b.apply("sign", x), n.b.emit("mod", ["x": size, "y": step]))
      },
      variadic("Max") { n, x, y in try n.b.maximum(x, y) },
      variadic("Min") { n, x, y in try n.b.minimum(x, y) },
      variadic("Sum") { n, x, y in try n.b.add(x, y) },
      .one("Mean") { n in
        let all = try n.all()
        let sum = try all.dropFirst().reduce(all[0]) { try n.b.add($0, $1) }
        return try n.b.div(sum, Double(all.count))
      },
      .one("CumSum") { n in
        let x = try n.x()
        let axis = try x.axis(n.constantInts(1, "the axis")?.first ?? 0)
        return try n.b.emit("cumsum", ["x": x, "axis": axis, "exclusive": n.flag("exclusive"), "reverse": n.flag("reverse")])
      },
      .one("CumProd") { n in try n.cumulativeProduct() },
    ]

  private static func variadic(_ name: String, _ body: @escaping @Sendable (Node, Value, Value) throws -> Value) -> Rule {
    .one(name) { n in
      let all = try n.all()
      guard let first = all.first else { throw Refusal("it has no operands") }
      return try all.dropFirst().reduce(first) { try body(n, $0, $1) }.typed(first.element)
    }
  }
}

extension Node {
  /// The two operands of arithmetic. Before version 7, the second one may be aligned at an axis of the first.
  func operands() throws -> (Value, Value) {
    let x = try self.x(0)
    var y = try self.x(1)
    if version < 7, try flag("broadcast"), y.rank < x.rank {
      let axis = try int("axis").map { $0 < 0 ? $0 + x.rank : $0 } ?? x.rank - y.rank
      let trailing = x.rank - axis - y.rank
      if trailing > 0 { y = try b.reshape(y, y.shape() + Array(repeating: 1, count: trailing)) }
    }
    return (x, y)
  }

  /// Arithmetic on two operands, which wraps around as the source's integers do.
  fileprivate func arithmetic(_ body: (Value, Value) throws -> Value) throws -> Value {
    let (x, y) = try operands()
    let result = try body(x, y)
    let partial = Self.known(x, y, body)
    return try b.wrapped(result, x.element).knowing(partial)
  }

  /// Arithmetic of extents that are partly known.
  private static func known(_ x: Value, _ y: Value, _ body: (Value, Value) throws -> Value) -> [Int?]? {
    guard x.partial != nil || y.partial != nil, x.rank <= 1, y.rank <= 1 else { return nil }
    func elements(_ v: Value) -> [Int?]? { v.partial ?? v.integers() }
    guard let a = elements(x), let b = elements(y), a.count == b.count || a.count == 1 || b.count == 1 else { return nil }
    func scalar(_ value: Int) -> Value { Value(constant: Tensor(integers: [value], dtype: .int32, shape: [])) }
    return (0..<Swift.max(a.count, b.count)).map { i in
      guard let p = a[a.count == 1 ? 0 : i], let q = b[b.count == 1 ? 0 : i] else { return nil }
      return (try? body(scalar(p), scalar(q)))?.integers()?.first
    }
  }

  fileprivate func cumulativeProduct() throws -> Value {
    let x = try self.x(0)
    let axis = try x.axis(constantInts(1, "the axis")?.first ?? 0)
    let extent = try x.extent(axis)
    guard extent <= 256 else { throw Refusal("a cumulative product along \(extent) elements, more than 256") }
    var parts = try b.split(x, Array(repeating: 1, count: extent), axis: axis)
    let isReversed = try flag("reverse")
    if isReversed { parts.reverse() }
    var products: [Value] = []
    for part in parts { products.append(try products.last.map { try b.mul($0, part) } ?? part) }
    if try flag("exclusive") {
      products = [try b.add(b.mul(parts[0], 0), 1)] + products.dropLast()
    }
    return try b.concat(isReversed ? products.reversed() : products, axis: axis)
  }
}

extension Builder {
  /// The remainder with the sign of the divisor.
  fileprivate func modulo(_ x: Value, _ y: Value) throws -> Value {
    let remainder = try sub(x, mul(y, floorDiv(x, y)))
    let isFinite = try y.isInteger || (y.tensor()?.floats().allSatisfy(\.isFinite) ?? false)
    if isFinite { return remainder }
    // An infinite divisor leaves a dividend of its own sign as it is.
    let isInfinite = try compare("equal", apply("abs", y), .infinity)
    let agrees = try compare("greater_equal", mul(apply("sign", x), apply("sign", y)), 0)
    return try select(isInfinite, select(agrees, x, y), remainder)
  }

  /// The quotient of floats. A constant divisor becomes a factor if its reciprocal is exact.
  func quotient(_ x: Value, _ y: Value) throws -> Value {
    guard !x.isConstant, let divisor = try y.tensor() else { return try div(x, y) }
    let isExact = divisor.floats().allSatisfy { $0.isFinite && abs($0.significand) == 1 && abs($0) > 1e-30 && abs($0) < 1e30 }
    guard isExact else { return try div(x, y) }
    return try mul(x, Value(constant: Tensor(divisor.floats().map { 1 / $0 }, shape: divisor.shape), label: y.label))
  }

  /// The integer as the source's type holds it after an overflow.
  func wrapped(_ x: Value, _ element: ElementType) throws -> Value {
    guard x.isInteger else { return x.element == .undefined ? x.typed(element) : x }
    let bits = element.bits
    guard bits < 32, bits > 0, element.isInteger else { return x.typed(element) }
    let span = Double(1 << bits)
    func modulo(_ x: Value) throws -> Value { try sub(x, mul(floorDiv(x, number(span, like: x)), span)) }
    if element.isSigned { return try sub(modulo(add(x, span / 2)), span / 2).typed(element) }
    return try modulo(x).typed(element)
  }
}
