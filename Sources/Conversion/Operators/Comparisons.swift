// SPDX-License-Identifier: Apache-2.0
// Casts, comparisons, logic.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Comparisons {
  static let rules: [Rule] = [
    .one("Cast") { n in
      guard let target = try n.elementType("to") else { throw Refusal("the attribute to is missing") }
      return try n.b.cast(n.x(), to: target)
    },
    .one("CastLike") { n in try n.b.cast(n.x(), to: n.x(1).element) },
    .one("Equal") { n in
      let (x, y) = try n.operands()
      if x.isBool, y.isBool { return try n.b.not(n.b.xor(x, y)) }
      return try n.compare("equal", x, y)
    },
    comparison("Greater", "greater"), comparison("Less", "less"), comparison("GreaterOrEqual", "greater_equal"),
    comparison("LessOrEqual", "less_equal"),
    logic("And", "logical_and"), logic("Or", "logical_or"), logic("Xor", "logical_xor"),
    .one("Not") { n in try n.b.not(n.x()) },
    .one("Where") { n in
      let condition = try n.b.bool(n.x())
      let (a, b) = (try n.x(1), try n.x(2))
      let (p, q) = try n.b.matched(a, b)
      return try n.b.select(condition, p, q).typed(a.element)
    },
    .one("IsNaN") { n in
      let x = try n.x()
      return try n.b.compare("not_equal", x, x)
    },
    .one("IsInf") { n in
      let x = try n.x()
      let (isPositive, isNegative) = (try n.flag("detect_positive", true), try n.flag("detect_negative", true))
      switch (isPositive, isNegative) {
      case (true, true): return try n.b.compare("equal", n.b.apply("abs", x), .infinity)
      case (true, false): return try n.b.compare("equal", x, .infinity)
      case (false, true): return try n.b.compare("equal", x, -.infinity)
      case (false, false): return try n.b.compare("less", n.b.apply("abs", x), -1)
      }
    },
  ]

  private static func comparison(_ name: String, _ type: String) -> Rule {
    .one(name) { n in
      let (x, y) = try n.operands()
      return try n.compare(type, x, y)
    }
  }

  private static func logic(_ name: String, _ type: String) -> Rule {
    .one(name) { n in
      let (x, y) = try n.operands()
      return try n.b.emit(type, ["x": n.b.bool(x), "y": n.b.bool(y)])
    }
  }
}

extension Node {
  fileprivate func compare(_ type: String, _ x: Value, _ y: Value) throws -> Value {
    let (a, c) = x.isBool && y.isBool ? (try b.int(x), try b.int(y)) : try b.matched(x, y)
    return try b.compare(type, a, c)
  }
}

extension Builder {
  /// Converts to a type of the source: floats are truncated, integers wrap around, anything but 0 is true.
  func cast(_ x: Value, to element: ElementType) throws -> Value {
    if element == x.element { return x }
    switch element {
    case .bool:
      if x.isBool { return x.typed(.bool) }
      return try compare("not_equal", x, 0).typed(.bool)
    case .float, .double: return try float(x).typed(element)
    case .float16, .bfloat16:
      if let constant = x.stored, constant.count <= 1 << 16 {
        return Value(
          constant: constant.cast(to: element == .float16 ? .float16 : .bfloat16).cast(to: .float32), element: element, label: x.label)
      }
      return try float(x).typed(element)
    case .int64, .int32, .uint32, .uint64: return try int(x).knowing(x.partial).typed(element)
    case .int8, .uint8, .int16, .uint16, .int4, .uint4, .int2, .uint2:
      if x.isBool { return try int(x).typed(element) }
      return try wrapped(int(x), element)
    default: throw Refusal("a program has no type for \(element)")
    }
  }
}
