// SPDX-License-Identifier: Apache-2.0
// Random numbers of PyTorch. The program's numbers are others than PyTorch's.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenRandom {
  static let rules: [ATenRule] = [
    .one("rand", "rand_like") { c in try c.random("random_uniform", ["low": Float(0), "high": Float(1)]) },
    .one("randn", "randn_like") { c in try c.random("random_normal", ["mean": Float(0), "stddev": Float(1)]) },
    .one("randint", "randint_like") { c in
      let (low, high) = (try c.number("low", 0), try c.number("high", 1))
      return try c.b.apply("floor", c.random("random_uniform", ["low": Float(low), "high": Float(high)]))
    },
    .one("bernoulli") { c in
      let x = try c.float()
      let p = try c.number("p")
      let uniform = try c.random("random_uniform", ["low": Float(0), "high": Float(1)])
      return try c.b.compare("less", uniform, p.map { c.b.number($0, like: x) } ?? x)
    },
    .one("normal_functional") { c in
      try c.random("random_normal", ["mean": Float(c.number("mean", 0)), "stddev": Float(c.number("std", 1))])
    },
    .one("uniform") { c in
      try c.random("random_uniform", ["low": Float(c.number("from", 0)), "high": Float(c.number("to", 1))])
    },
    .one("multinomial") { c in
      let x = try c.float()
      guard try c.flag("replacement") || c.int("num_samples", 1) == 1 else { throw Refusal("samples without replacement") }
      c.b.note(c.node.label, "the random numbers are others than PyTorch's")
      return try c.b.emit("random_categorical", ["x": x, "mode": "probs", "size": c.int("num_samples", 1)])
    },
  ]
}

extension ATenCall {
  fileprivate func random(_ type: String, _ parameters: [String: (any Argumentable)?]) throws -> Value {
    guard let shape = try declaredShape ?? ints("size") else { throw Refusal("its size must be fixed") }
    b.note(node.label, "the random numbers are others than PyTorch's")
    return try b.reshape(b.emit(type, parameters.merging(["shape": shape.isEmpty ? [1] : shape]) { $1 }), shape)
  }
}
