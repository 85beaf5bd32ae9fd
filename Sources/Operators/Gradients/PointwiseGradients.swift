// SPDX-License-Identifier: Apache-2.0
// Gradients of functions of one number, where one pass is worth an operator.

import CKernels
import Kernels
import MIL
import Tensors

/// `gradient` where `y` is above zero, else 0.
enum ReluGradient: Operator {
  static let signature = Signature("training_relu_gradient", [Parameter("y", .float.tied("T")), Parameter("gradient", .float.tied("T"))])
  static let layout = LayoutPolicy.follows
  static let inPlace = true
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("y"))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (y, gradient, out) = (try request.input("y").floats(), try request.input("gradient").floats(), request.output.floats())
    let count = request.output.count
    return Kernel("loop") {
      Chunks.forEach(of: count) { ck_relu_gradient(out + $0.lowerBound, gradient + $0.lowerBound, y + $0.lowerBound, $0.count) }
    }
  }
}

/// The family of gradients of functions of one number.
enum PointwiseGradients {
  static let operators: [any Operator.Type] = [ReluGradient.self]
}
