// SPDX-License-Identifier: Apache-2.0
// Gradients of unary functions that are worth a separate operator.

import CKernels
import Kernels
import MIL
import Tensors

/// The gradient of a unary function. The operand `operand` is the function's argument or its result.
protocol PointwiseGradient: Operator {
  static var operand: String { get }
  /// The function that computes dx from dy and the operand. dx and dy may be the same buffer.
  static func loop(_ call: Call) throws -> PointwiseGradientLoop
}

typealias PointwiseGradientLoop = @Sendable (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int) -> Void

extension PointwiseGradient {
  fileprivate static func described(_ name: String, _ more: [Parameter] = []) -> Signature {
    Signature(name, [Parameter(operand, .float.tied("T")), Parameter("gradient", .float.tied("T"))] + more)
  }
  static var layout: LayoutPolicy { .follows }
  static var inPlace: Bool { true }
  static var overwrites: String? { "gradient" }
  static var gradient: Gradient { .isGradient }

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type(operand))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (from, gradient) = (try request.input(operand).floats(), try request.input("gradient").floats())
    let (out, count, loop) = (request.output.floats(), request.output.count, try loop(request.call))
    return Kernel("loop") {
      Chunks.forEach(of: count) { loop(out + $0.lowerBound, gradient + $0.lowerBound, from + $0.lowerBound, $0.count) }
    }
  }
}

/// `gradient` where `y` is greater than zero, else 0.
enum ReluGradient: PointwiseGradient, GateGradient {
  static let operand = "y"
  static let signature = described("training_relu_gradient")
  static func loop(_ call: Call) -> PointwiseGradientLoop { { ck_relu_gradient($0, $1, $2, $3) } }
}

/// `gradient (1 - y²)`
enum TanhGradient: PointwiseGradient {
  static let operand = "y"
  static let signature = described("training_tanh_gradient")
  static func loop(_ call: Call) -> PointwiseGradientLoop { { ck_tanh_gradient($0, $1, $2, $3) } }
}

/// `gradient y (1 - y)`
enum SigmoidGradient: PointwiseGradient {
  static let operand = "y"
  static let signature = described("training_sigmoid_gradient")
  static func loop(_ call: Call) -> PointwiseGradientLoop { { ck_sigmoid_gradient($0, $1, $2, $3) } }
}

/// `gradient` times the derivative of `x sigmoid(x)`.
enum SiluGradient: PointwiseGradient {
  static let operand = "x"
  static let signature = described("training_silu_gradient")
  static func loop(_ call: Call) -> PointwiseGradientLoop { { ck_silu_gradient($0, $1, $2, $3) } }
}

/// `gradient` times the derivative of gelu, or of one of its approximations.
enum GeluGradient: PointwiseGradient {
  static let operand = "x"
  static let signature = described(
    "training_gelu_gradient", [Parameter("mode", .string, .defaultsTo(.string("EXACT")))])
  static func loop(_ call: Call) throws -> PointwiseGradientLoop {
    switch try call.known(call.string("mode"), "mode") {
    case "TANH_APPROXIMATION": return { ck_gelu_tanh_gradient($0, $1, $2, $3) }
    case "SIGMOID_APPROXIMATION": return { ck_gelu_sigmoid_gradient($0, $1, $2, $3) }
    default: return { ck_gelu_gradient($0, $1, $2, $3) }
    }
  }
}

/// `y (gradient - Σ gradient y)`, with the sum over the last axis.
enum SoftmaxGradient: Operator {
  static let signature = Signature(
    "training_softmax_gradient", [Parameter("y", .float.tied("T")), Parameter("gradient", .float.tied("T"))])
  static let inPlace = true
  static let overwrites: String? = "gradient"
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("y"))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (y, gradient, out) = (try request.input("y"), try request.input("gradient").floats(), request.output.floats())
    let (from, width) = (y.floats(), y.shape.last ?? 1)
    let rows = y.count / max(width, 1)
    return Kernel("loop") {
      Chunks.forEachRow(of: rows, width: width) { range in
        let at = range.lowerBound * width
        ck_softmax_gradient_rows(out + at, gradient + at, from + at, range.count, width)
      }
    }
  }
}

/// The family of gradients of activations.
enum PointwiseGradients {
  static let operators: [any Operator.Type] = [
    GeluGradient.self, ReluGradient.self, SigmoidGradient.self, SiluGradient.self, SoftmaxGradient.self, TanhGradient.self,
  ]
}
