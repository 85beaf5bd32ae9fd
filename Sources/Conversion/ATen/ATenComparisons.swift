// SPDX-License-Identifier: Apache-2.0
// Comparisons, conditions and operations on bits.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenComparisons {
  static let rules: [ATenRule] =
    [
      ("eq", "equal"), ("ne", "not_equal"), ("not_equal", "not_equal"), ("lt", "less"), ("less", "less"), ("le", "less_equal"),
      ("less_equal", "less_equal"), ("gt", "greater"), ("greater", "greater"), ("ge", "greater_equal"), ("greater_equal", "greater_equal"),
    ].map { name, type in
      ATenRule.one(name) { c in
        var (x, y) = try c.b.promoted(c.x(), c.x("other"))
        if x.isBool { (x, y) = (try c.b.int(x), try c.b.int(y)) }
        return try c.b.compare(type, x, y)
      }
    }
    + [("logical_and", "logical_and"), ("logical_or", "logical_or"), ("logical_xor", "logical_xor")].map { name, type in
      ATenRule.one(name) { c in try c.b.compare(type, c.b.truth(c.x()), c.b.truth(c.x("other"))) }
    }
    + [
      ("bitwise_and", "BitwiseAnd"), ("bitwise_or", "BitwiseOr"), ("bitwise_xor", "BitwiseXor"), ("__and__", "BitwiseAnd"),
      ("__or__", "BitwiseOr"), ("__xor__", "BitwiseXor"),
    ].map { name, type in
      ATenRule.one(name) { c in
        let (x, y) = try c.operands()
        if x.isBool {
          return try type == "BitwiseAnd" ? c.b.and(x, y) : type == "BitwiseOr" ? c.b.or(x, y) : c.b.xor(x, y)
        }
        let element = c.declared() ?? .int32
        return try c.standard1(type, [x.typed(element), y.typed(element)])
      }
    }
    + [("bitwise_left_shift", "LEFT"), ("__lshift__", "LEFT"), ("bitwise_right_shift", "RIGHT"), ("__rshift__", "RIGHT")].map {
      name, direction in
      ATenRule.one(name) { c in
        let (x, y) = try c.operands()
        if direction == "RIGHT" {
          // Shifts of signed integers keep the sign: a division that rounds down.
          guard let by = y.integers(), by.allSatisfy({ (0..<31).contains($0) }) else {
            throw Refusal("the number of bits must be constant")
          }
          return try c.b.floorDiv(x, Value(constant: Tensor(integers: by.map { 1 << $0 }, dtype: .int32, shape: y.shape())))
        }
        guard let by = y.integers(), by.allSatisfy({ (0..<31).contains($0) }) else { throw Refusal("the number of bits must be constant") }
        return try c.b.mul(x, Value(constant: Tensor(integers: by.map { 1 << $0 }, dtype: .int32, shape: y.shape())))
      }
    } + [
      .one("logical_not") { c in try c.b.not(c.b.truth(c.x())) },
      .one("bitwise_not") { c in
        let x = try c.x()
        return x.isBool ? try c.b.not(x) : try c.b.sub(c.b.negated(x), 1)
      },
      .one("isnan") { c in try c.standard1("IsNaN", [c.float()]) },
      .one("isinf") { c in try c.standard1("IsInf", [c.float()]) },
      .one("isposinf") { c in try c.b.compare("equal", c.float(), .infinity) },
      .one("isneginf") { c in try c.b.compare("equal", c.float(), -.infinity) },
      .one("isfinite") { c in try c.b.compare("less", c.b.apply("abs", c.float()), .infinity) },
      .one("isclose") { c in
        let (x, y) = (try c.float(), try c.float("other"))
        let limit = try c.b.add(c.b.mul(c.b.apply("abs", y), c.number("rtol", 1e-5)), c.number("atol", 1e-8))
        let close = try c.b.compare("less_equal", c.b.apply("abs", c.b.sub(x, y)), limit)
        return try c.b.or(c.b.compare("equal", x, y), close)
      },
      ATenRule("where.default", "nonzero_numpy") { c in
        let x = try c.x(c.has("condition") ? "condition" : "self")
        let rows = try c.b.emit("non_zero", ["x": x.isBool ? c.b.int(x) : x])
        return try (0..<x.rank).map { try c.b.squeeze(c.b.slice(rows, [1: ($0, $0 + 1, 1)]), [1]) }
      },
      .one("where") { c in
        let (x, y) = (try c.matched("self"), try c.matched("other"))
        return try c.b.select(c.b.truth(c.x("condition")), x, y)
      },
      .one("masked_fill") { c in
        let x = try c.x()
        let value = try c.b.converted(c.x("value"), to: x.category)
        return try c.b.select(c.b.truth(c.x("mask")), value, x)
      },
      .one("isin") { c in
        let (x, y) = try c.b.promoted(
          c.x(c.has("elements") ? "elements" : "element"), c.x(c.has("test_elements") ? "test_elements" : "test_element"))
        let count = try y.shape().elementCount
        let same = try c.b.compare("equal", c.b.expandDims(x, [x.rank]), c.b.reshape(y, [count]))
        let found = try c.b.truth(c.b.reduce("reduce_max", c.b.int(same), [x.rank], keep: false))
        return try c.flag("invert") ? c.b.not(found) : found
      },
      .one("heaviside") { c in
        let (x, y) = (try c.matched(), try c.matched("values"))
        let sign = try c.b.converted(c.b.compare("greater", x, 0), to: x.category)
        return try c.b.select(c.b.compare("equal", x, 0), y, sign)
      },
    ]
}
