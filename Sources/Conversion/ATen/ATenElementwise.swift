// SPDX-License-Identifier: Apache-2.0
// Elementwise arithmetic of PyTorch.

import Foundation
import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenElementwise {
  static let rules: [ATenRule] =
    ATenRule.floats(
      ["cos", "cosh", "exp", "sin", "sinh", "tan", "tanh", "sqrt", "acos", "asin", "atan", "atanh", "erf"].map { ($0, $0) }
        + [("arccos", "acos"), ("arcsin", "asin"), ("arctan", "atan"), ("arctanh", "atanh"), ("special_erf", "erf")])
    + [("ceil", "ceil"), ("floor", "floor")].map { name, type in
      ATenRule.one(name) { c in
        let x = try c.x()
        return x.isFloat ? try c.b.apply(type, x) : x
      }
    } + [
      .one("log") { c in try c.b.log(c.float()) },
      .one("log2") { c in try c.b.mul(c.b.log(c.float()), 1 / Foundation.log(2)) },
      .one("log10") { c in try c.b.mul(c.b.log(c.float()), 1 / Foundation.log(10)) },
      .one("log1p", "special_log1p") { c in try c.b.log1p(c.float()) },
      .one("expm1", "special_expm1") { c in
        // tanh(x/2) · (eˣ + 1) loses no digits near 0.
        let x = try c.float()
        return try c.b.mul(c.b.apply("tanh", c.b.mul(x, 0.5)), c.b.add(c.b.apply("exp", x), 1))
      },
      .one("exp2", "special_exp2") { c in try c.b.apply("exp2", c.float()) },
      .one("rsqrt") { c in try c.b.emit("rsqrt", ["x": c.float(), "epsilon": Float(0)]) },
      .one("reciprocal") { c in
        let x = try c.float()
        return try c.b.div(c.b.number(1, like: x), x)
      },
      .one("square") { c in try c.b.square(c.matched()) },
      .one("abs", "absolute") { c in try c.b.apply("abs", c.matched()) },
      .one("neg", "negative") { c in try c.b.negated(c.matched()) },
      .one("sign", "sgn") { c in
        let x = try c.x()
        return x.isBool ? x : try c.b.apply("sign", x)
      },
      .one("positive") { c in try c.x() },
      .one("round") { c in
        let x = try c.x()
        guard x.isFloat else { return x }
        let decimals = try c.int("decimals", 0)
        if decimals == 0 { return try c.b.apply("round", x) }
        let scale = pow(10, Double(decimals))
        return try c.b.div(c.b.apply("round", c.b.mul(x, scale)), scale)
      },
      .one("trunc", "fix") { c in try c.b.truncated(c.x()) },
      .one("frac") { c in try c.b.sub(c.x(), c.b.truncated(c.x())) },
      .one("acosh", "arccosh") { c in try c.standard1("Acosh", [c.float()]) },
      .one("asinh", "arcsinh") { c in try c.standard1("Asinh", [c.float()]) },
      .one("erfc", "special_erfc") { c in try c.b.sub(1, c.b.apply("erf", c.float())) },
      .one("deg2rad") { c in try c.b.mul(c.float(), Double.pi / 180) },
      .one("rad2deg") { c in try c.b.mul(c.float(), 180 / Double.pi) },
      .one("logit", "special_logit") { c in
        var x = try c.float()
        if let eps = try c.number("eps") { x = try c.b.minimum(c.b.maximum(x, eps), 1 - eps) }
        return try c.b.log(c.b.div(x, c.b.sub(1, x)))
      },
      .one("sinc", "special_sinc") { c in
        let x = try c.b.mul(c.float(), Double.pi)
        let isZero = try c.b.compare("equal", x, 0)
        let one = c.b.number(1, like: x)
        return try c.b.select(isZero, one, c.b.div(c.b.apply("sin", x), c.b.select(isZero, one, x)))
      },
      .one("add") { c in
        let (x, y) = try c.operands()
        if c.category == .bool { return try c.b.or(x, y) }
        return try c.b.add(x, c.b.mul(y, c.number("alpha", 1)))
      },
      .one("sub", "subtract") { c in
        let (x, y) = try c.operands()
        return try c.b.sub(x, c.b.mul(y, c.number("alpha", 1)))
      },
      .one("rsub") { c in
        let (x, y) = try c.operands()
        return try c.b.sub(y, c.b.mul(x, c.number("alpha", 1)))
      },
      .one("mul", "multiply") { c in
        let (x, y) = try c.operands()
        return c.category == .bool ? try c.b.and(x, y) : try c.b.mul(x, y)
      },
      .one("div", "divide", "true_divide") { c in
        let mode = try c.string("rounding_mode", "")
        let (x, y) = try c.operands()
        switch mode {
        case "": return try c.b.quotient(c.b.float(x), c.b.float(y))
        case "floor": return try c.b.floorDiv(x, y)
        case "trunc": return x.isInteger ? try c.b.truncatedDiv(x, y) : try c.b.truncated(c.b.div(x, y))
        default: throw Refusal("rounding_mode = \(mode)")
        }
      },
      .one("floor_divide") { c in
        let (x, y) = try c.operands()
        return try c.b.floorDiv(x, y)
      },
      .one("remainder") { c in
        let (x, y) = try c.operands()
        return try c.standard1("Mod", [x, y])
      },
      .one("fmod") { c in
        let (x, y) = try c.operands()
        return try c.standard1("Mod", [x, y], ["fmod": .int(1)])
      },
      .one("pow", "float_power") { c in
        let (x, y) = (try c.matched("self"), try c.x("exponent"))
        if x.isFloat, let known = try y.tensor(), known.count == 1, known.rank == 0 {
          switch known.doubles()[0] {
          case 2: return try c.b.square(x)
          case 0.5: return try c.b.apply("sqrt", x)
          case -0.5: return try c.b.emit("rsqrt", ["x": x, "epsilon": Float(0)])
          case 1: return x
          default: break
          }
        }
        return try c.standard1("Pow", [x, c.b.converted(y, to: x.category)])
      },
      .one("maximum", "max.other", "fmax") { c in
        let (x, y) = try c.operands()
        return x.isBool ? try c.b.or(x, y) : try c.b.maximum(x, y)
      },
      .one("minimum", "min.other", "fmin") { c in
        let (x, y) = try c.operands()
        return x.isBool ? try c.b.and(x, y) : try c.b.minimum(x, y)
      },
      .one("clamp", "clip") { c in try c.clamped(c.optional("min"), c.optional("max")) },
      .one("clamp_min") { c in try c.clamped(c.optional("min"), nil) },
      .one("clamp_max") { c in try c.clamped(nil, c.optional("max")) },
      .one("lerp") { c in
        let (x, end) = (try c.matched(), try c.matched("end"))
        return try c.b.add(x, c.b.mul(c.b.sub(end, x), c.b.float(c.x("weight"))))
      },
      .one("addcmul") { c in
        let (x, p, q) = (try c.matched(), try c.matched("tensor1"), try c.matched("tensor2"))
        return try c.b.add(x, c.b.mul(c.b.mul(p, q), c.number("value", 1)))
      },
      .one("addcdiv") { c in
        let (x, p, q) = (try c.matched(), try c.matched("tensor1"), try c.matched("tensor2"))
        return try c.b.add(x, c.b.mul(c.b.div(p, q), c.number("value", 1)))
      },
      .one("logaddexp") { c in
        let (x, y) = try c.operands()
        let gap = try c.b.negated(c.b.apply("abs", c.b.sub(x, y)))
        return try c.b.add(c.b.maximum(x, y), c.b.log1p(c.b.apply("exp", gap)))
      },
      .one("logaddexp2") { c in
        let (x, y) = try c.operands()
        let gap = try c.b.mul(c.b.apply("abs", c.b.sub(x, y)), -Foundation.log(2))
        return try c.b.add(c.b.maximum(x, y), c.b.mul(c.b.log1p(c.b.apply("exp", gap)), 1 / Foundation.log(2)))
      },
      .one("xlogy", "special_xlogy") { c in
        let (x, y) = try c.operands()
        let isZero = try c.b.compare("equal", x, 0)
        return try c.b.select(isZero, c.b.number(0, like: x), c.b.mul(x, c.b.log(y)))
      },
      .one("copysign") { c in
        let (x, y) = try c.operands()
        let size = try c.b.apply("abs", x)
        return try c.b.select(c.b.compare("less", y, 0), c.b.negated(size), size)
      },
      .one("hypot") { c in
        let (x, y) = try c.operands()
        return try c.b.apply("sqrt", c.b.add(c.b.square(x), c.b.square(y)))
      },
      .one("atan2", "arctan2") { c in
        let (y, x) = try c.operands()
        return try c.b.atan2(y, x)
      },
      .one("cumsum") { c in
        let x = try c.matched()
        if x.rank == 0 { return x }
        return try c.b.emit("cumsum", ["x": x, "axis": c.axis(x), "exclusive": false, "reverse": false])
      },
      .one("cumprod") { c in
        let x = try c.matched()
        if x.rank == 0 { return x }
        return try c.standard1("CumProd", [x, c.b.number(Double(c.axis(x)), like: c.b.constant([0]))])
      },
      .one("logcumsumexp") { c in
        let x = try c.float()
        let axis = try c.axis(x)
        let peak = try c.b.max(x, [axis])
        let sums = try c.b.emit("cumsum", ["x": c.b.apply("exp", c.b.sub(x, peak)), "axis": axis, "exclusive": false, "reverse": false])
        return try c.b.add(c.b.log(sums), peak)
      },
      .one("nan_to_num") { c in
        let x = try c.x()
        guard x.isFloat else { return x }
        let (nan, high) = (try c.number("nan", 0), try c.number("posinf", Double(Float.greatestFiniteMagnitude)))
        let low = try c.number("neginf", -Double(Float.greatestFiniteMagnitude))
        func number(_ value: Double) -> Value { c.b.number(value, like: x) }
        var y = try c.b.select(c.b.compare("not_equal", x, x), number(nan), x)
        y = try c.b.select(c.b.compare("equal", y, .infinity), number(high), y)
        return try c.b.select(c.b.compare("equal", y, -.infinity), number(low), y)
      },
      .one("ldexp") { c in
        let (x, y) = try c.operands()
        return try c.b.mul(x, c.b.apply("exp2", y))
      },
    ]
}

extension ATenCall {
  /// The operands of a binary operator, in the category of the result.
  func operands() throws -> (Value, Value) { (try matched("self"), try matched("other")) }

  fileprivate func clamped(_ low: Value?, _ high: Value?) throws -> Value {
    let x = try matched()
    let target = x.category
    let bounds = try (low.map { try b.converted($0, to: target) }, high.map { try b.converted($0, to: target) })
    if x.isFloat, let p = try bounds.0?.tensor(), let q = try bounds.1?.tensor(), p.count == 1, q.count == 1, p.floats()[0] <= q.floats()[0]
    {
      return try b.emit("clip", ["x": x, "alpha": p.floats()[0], "beta": q.floats()[0]])
    }
    var y = x
    if let low = bounds.0 { y = try b.maximum(y, low) }
    if let high = bounds.1 { y = try b.minimum(y, high) }
    return y
  }
}

extension Builder {
  /// log(1 + x), without a loss of digits near 0.
  func log1p(_ x: Value) throws -> Value {
    // log(1 + x) = 2 atanh(x / (2 + x))
    let near = try mul(apply("atanh", div(x, add(x, 2))), 2)
    let isNear = try compare("less", apply("abs", x), 0.5)
    return try select(isNear, near, log(add(x, 1)))
  }

  /// The angle of a point.
  func atan2(_ y: Value, _ x: Value) throws -> Value {
    let zero = number(0, like: x)
    let isXZero = try compare("equal", x, 0)
    let slope = try apply("atan", div(y, select(isXZero, number(1, like: x), x)))
    let isYNegative = try compare("less", y, 0)
    let half = try select(isYNegative, number(-Double.pi, like: x), number(Double.pi, like: x))
    let turned = try add(slope, select(compare("less", x, 0), half, zero))
    let upright = try mul(apply("sign", y), Double.pi / 2)
    return try select(isXZero, upright, turned)
  }
}
