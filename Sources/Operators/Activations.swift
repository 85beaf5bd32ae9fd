// SPDX-License-Identifier: Apache-2.0
// MIL's activations: functions of one float, element by element.

import Kernels
import MIL
import Tensors

/// `y = max(x, 0)`
enum Relu: PointwiseOperator {
  static let signature = Signature("relu", [Parameter("x", .float)])
  static func function(_ call: Call) throws -> UnaryFunction { .relu }
}

/// An operator that applies one function to each element of `x`.
protocol PointwiseOperator: Operator {
  static func function(_ call: Call) throws -> UnaryFunction
}

extension PointwiseOperator {
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("x"))] }
  static var layout: LayoutPolicy { .follows }
  static var inPlace: Bool { true }
  static func postOperation(_ call: Call, on parameter: String) -> PostOperation? {
    (try? function(call)).map { .unary($0) }
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let function = try function(request.call)
    let x = try request.input("x").floats()
    let y = request.output.floats()
    let count = request.output.count
    return Kernel("loop") { Unary.apply(function, x, to: y, count: count) }
  }
}

enum Activations {
  static let operators: [any Operator.Type] = [Relu.self]
}
