// SPDX-License-Identifier: Apache-2.0
// Random numbers.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Random {
  static let rules: [Rule] = [
    .one("RandomNormal") { n in try n.normal(n.ints("shape") ?? []) },
    .one("RandomNormalLike") { n in try n.normal(n.x().shape()) },
    .one("RandomUniform") { n in try n.uniform(n.ints("shape") ?? []) },
    .one("RandomUniformLike") { n in try n.uniform(n.x().shape()) },
    .one("Bernoulli") { n in
      let x = try n.x()
      let draws = try n.b.emit("random_uniform", ["shape": x.shape(), "low": Float(0), "high": Float(1), "seed": n.seed()])
      let element = try n.elementType("dtype") ?? x.element
      return try n.b.cast(n.b.compare("less", draws, x), to: element)
    },
    .one("Multinomial") { n in
      let size = try n.int("sample_size", 1)
      return try n.b.emit("random_categorical", ["x": n.x(), "mode": "logits", "size": size, "seed": n.seed()]).typed(.int32)
    },
  ]
}

extension Node {
  /// The seed of the source. The numbers differ from those of other runtimes.
  fileprivate func seed() throws -> Int {
    b.note(source.label, "\(type) gives other random numbers than the source")
    return try float("seed").map { Int(saturating: $0) & 0x7FFF_FFFF } ?? -1
  }

  fileprivate func normal(_ shape: [Int]) throws -> Value {
    try b.emit(
      "random_normal", ["shape": shape, "mean": Float(float("mean", 0)), "stddev": Float(float("scale", 1)), "seed": seed()])
  }

  fileprivate func uniform(_ shape: [Int]) throws -> Value {
    try b.emit("random_uniform", ["shape": shape, "low": Float(float("low", 0)), "high": Float(float("high", 1)), "seed": seed()])
  }
}
