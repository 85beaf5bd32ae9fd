// SPDX-License-Identifier: Apache-2.0
// Integers that a program of PyTorch computes from sizes.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenNumbers {
  static let rules: [ATenRule] = [
    .one("sym_size", "size") { c in
      let x = try c.x()
      return try c.b.extent(x, c.axis(x))
    },
    .one("sym_numel", "numel") { c in
      let sizes = try c.b.sizes(c.x())
      return try sizes.reduce(c.b.integer(1)) { try c.b.mul($0, $1) }
    },
    .one("item", "_local_scalar_dense") { c in try c.b.scalar(c.x()) },
    .one("sym_stride") { c in
      let x = try c.x()
      let sizes = try c.b.sizes(x)
      return try sizes[(c.axis(x) + 1)...].reduce(c.b.integer(1)) { try c.b.mul($0, $1) }
    },
    .one("sym_storage_offset") { c in c.b.integer(0) },
    .one("_operator.add") { c in try c.number2 { try c.b.add($0, $1) } },
    .one("_operator.sub") { c in try c.number2 { try c.b.sub($0, $1) } },
    .one("_operator.mul") { c in try c.number2 { try c.b.mul($0, $1) } },
    .one("_operator.floordiv") { c in try c.number2 { try c.b.floorDiv($0, $1) } },
    .one("_operator.truediv", "torch.sym_int_truediv") { c in try c.number2 { try c.b.div(c.b.float($0), c.b.float($1)) } },
    .one("_operator.mod") { c in try c.number2 { try c.b.sub($0, c.b.mul($1, c.b.floorDiv($0, $1))) } },
    .one("_operator.pow") { c in try c.number2 { try c.standard1("Pow", [$0, $1]) } },
    .one("_operator.neg") { c in try c.b.negated(c.first()) },
    .one("_operator.eq") { c in try c.number2 { try c.b.compare("equal", $0, $1) } },
    .one("_operator.ne") { c in try c.number2 { try c.b.compare("not_equal", $0, $1) } },
    .one("_operator.lt") { c in try c.number2 { try c.b.compare("less", $0, $1) } },
    .one("_operator.le") { c in try c.number2 { try c.b.compare("less_equal", $0, $1) } },
    .one("_operator.gt") { c in try c.number2 { try c.b.compare("greater", $0, $1) } },
    .one("_operator.ge") { c in try c.number2 { try c.b.compare("greater_equal", $0, $1) } },
    .one("_operator.and_") { c in try c.number2 { try c.b.and(c.b.truth($0), c.b.truth($1)) } },
    .one("_operator.or_") { c in try c.number2 { try c.b.or(c.b.truth($0), c.b.truth($1)) } },
    .one("_operator.not_", "torch.sym_not") { c in try c.b.not(c.b.truth(c.first())) },
    .one("torch.sym_max", "torch._C.sym_max") { c in try c.number2 { try c.b.maximum($0, $1) } },
    .one("torch.sym_min", "torch._C.sym_min") { c in try c.number2 { try c.b.minimum($0, $1) } },
    .one("torch.sym_float") { c in try c.b.float(c.first()) },
    .one("torch.sym_int", "math.trunc") { c in try c.b.int(c.b.truncated(c.first())) },
    .one("math.ceil") { c in
      let x = try c.first()
      return x.isFloat ? try c.b.int(c.b.apply("ceil", x)) : x
    },
    .one("math.floor") { c in
      let x = try c.first()
      return x.isFloat ? try c.b.int(c.b.apply("floor", x)) : x
    },
    .one("builtins.round") { c in
      let x = try c.first()
      return x.isFloat ? try c.b.int(c.b.apply("round", x)) : x
    },
    .one("math.sqrt", "torch._sym_sqrt") { c in try c.b.apply("sqrt", c.b.float(c.first())) },
    .one("torch.sym_ite") { c in
      let all = try c.node.inputs.map { try c.value($0.value) }.compactMap { $0 }
      guard all.count == 3 else { throw Refusal("\(all.count) operands, expected 3") }
      let (x, y) = try c.b.promoted(all[1], all[2])
      return try c.b.select(c.b.truth(all[0]), x, y)
    },
  ]
}

extension ATenCall {
  fileprivate func first() throws -> Value {
    guard let argument = node.inputs.first, let value = try value(argument.value) else { throw Refusal("an operand is missing") }
    return value
  }

  /// A function of two numbers.
  fileprivate func number2(_ body: (Value, Value) throws -> Value) throws -> Value {
    guard node.inputs.count == 2, let x = try value(node.inputs[0].value), let y = try value(node.inputs[1].value) else {
      throw Refusal("\(node.inputs.count) operands, expected 2")
    }
    let (p, q) = try b.promoted(x.isBool ? b.int(x) : x, y.isBool ? b.int(y) : y)
    return try body(p, q)
  }
}
