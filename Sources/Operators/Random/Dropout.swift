// SPDX-License-Identifier: Apache-2.0
// Dropout during training.

import Kernels
import MIL
import Tensors

/// `x / (1 - rate)`, with a fraction `rate` of the elements set to zero (Srivastava et al. 2014).
///
/// The mask depends on `seed`, `salt` and the element's index alone, so the gradient is the same operator.
enum Dropout: Operator {
  static let signature = Signature(
    "training_dropout", [Parameter("x", .float), Parameter("seed", .int32), Parameter("salt", .int32), Parameter("rate", .float)])
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("x"))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, y, count) = (try request.input("x").floats(), request.output.floats(), request.output.count)
    let seed = try request.input("seed").int32s()
    let salt = UInt32(truncatingIfNeeded: try request.call.known(request.call.integer("salt"), "salt"))
    let rate = try request.call.number("rate")
    let limit = UInt32(min(Double(rate) * 0x1p32, 0xffff_ffff))
    let scale = 1 / (1 - rate)
    return Kernel("loop") {
      let start = mixed(UInt32(bitPattern: seed[0]) ^ mixed(salt))
      Chunks.forEach(of: count) {
        for i in $0 { y[i] = mixed(UInt32(truncatingIfNeeded: i) &* 0x9E37_79B9 ^ start) < limit ? 0 : x[i] * scale }
      }
    }
  }

  /// A hash of a 32-bit integer (Murmur's finalizer).
  private static func mixed(_ value: UInt32) -> UInt32 {
    var h = value
    h ^= h >> 16
    h &*= 0x85EB_CA6B
    h ^= h >> 13
    h &*= 0xC2B2_AE35
    return h ^ h >> 16
  }

  static var gradient: Gradient {
    .rule { g in
      let (salt, rate) = (try g.call.known(g.call.integer("salt"), "salt"), try g.call.number("rate"))
      try g.give("x") {
        try g.emitter.emit(
          "training_dropout", ["x": g.gradient(), "seed": g.input("seed"), "salt": salt, "rate": rate])
      }
    }
  }
}

/// The family of training-only operators for dropout.
package enum Regularization {
  static let operators: [any Operator.Type] = [Dropout.self]

  /// The operation with the same output that drops elements of `x`.
  ///
  /// - Parameters:
  ///   - seed: the name of the value `[seed]`, int32.
  ///   - salt: distinguishes the operations of a program.
  package static func dropout(_ x: Argument, seed: String, salt: Int, rate: Double, replacing operation: Operation) -> Operation {
    var dropout = operation
    dropout.type = Dropout.signature.name
    dropout.inputs = [
      x, Argument("seed", seed), Argument("salt", Constant.int32(salt)), Argument("rate", Constant(Tensor(scalar: Float(rate)))),
    ]
    return dropout
  }
}
