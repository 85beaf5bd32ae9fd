// SPDX-License-Identifier: Apache-2.0
// Shared by the operators that apply a unary function to each element of `x`.

import Kernels
import MIL
import Tensors

/// An operator that applies one or more unary functions, in sequence, to each element of `x`.
protocol PointwiseOperator: Operator {
  /// The functions for floats, in order.
  static func functions(_ call: Call) throws -> [UnaryFunction]
  /// The function for 32-bit integers; `nil` if the signature does not allow integers.
  static func integerFunction(_ call: Call) throws -> IntegerUnaryFunction?
}

extension PointwiseOperator {
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("x"))] }
  static func integerFunction(_ call: Call) throws -> IntegerUnaryFunction? { nil }
  static var layout: LayoutPolicy { .follows }
  static var inPlace: Bool { true }

  static func postOperation(_ call: Call, on parameter: String) -> PostOperation? {
    guard parameter == "x", let x = try? call.type("x"), x.dtype.isFloat, let functions = try? functions(call), functions.count == 1
    else { return nil }
    return .unary(functions[0])
  }

  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    guard case .unary = post, let x = try? call.type("x") else { return false }
    return x.dtype.isFloat
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let count = request.output.count
    if x.dtype == .int32, let function = try integerFunction(request.call) {
      let (x, y) = (x.int32s(), request.output.int32s())
      return Kernel("loop") { IntegerUnary.run(function, x, to: y, count: count) }
    }
    let functions = try functions(request.call) + request.unaryPosts
    let (from, y) = (x.floats(), request.output.floats())
    return Kernel("loop", rows: Unary.loop(functions, from, to: y, count: count), request, work: 8)
  }
}
