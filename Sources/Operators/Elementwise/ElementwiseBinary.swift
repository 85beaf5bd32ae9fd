// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of two tensors with NumPy broadcasting; select.

import Kernels
import MIL
import Tensors

/// A function of two numbers of the same dtype that returns a number of that dtype.
protocol BinaryOperator: Operator {
  static var function: BinaryFunction { get }
}

extension BinaryOperator {
  static var layout: LayoutPolicy { .follows }
  static var inPlace: Bool { true }

  static func infer(_ call: Call) throws -> [ValueType] {
    [.tensor(TensorType(try call.type("x").dtype, try call.broadcast("x", "y")))]
  }

  static func postOperation(_ call: Call, on parameter: String) -> PostOperation? {
    switch function {
    case .add, .subtract, .multiply, .divide, .maximum, .minimum: break
    case .floorDivide, .modulo, .power: return nil
    }
    guard parameter == "x" || function.isCommutative else { return nil }
    let other = parameter == "x" ? "y" : "x"
    guard let own = try? call.type(parameter), let operand = try? call.type(other), own.dtype.isFloat,
      own.canFuse(with: operand)
    else { return nil }
    return .binary(function, operand: other)
  }

  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    guard case .unary = post, let x = try? call.type("x") else { return false }
    return x.dtype.isFloat
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, y) = (try request.input("x"), try request.input("y"))
    guard request.output.dtype != .int32 else { return Kernel("loop", run: IntegerBinary.loop(function, x, y, to: request.output)) }
    if let rows = Binary.rowLoop(function, x, y, to: request.output, post: request.unaryPosts) {
      return Kernel("loop", rows: rows, request, work: 8)
    }
    return Kernel("loop", run: Binary.loop(function, x, y, to: request.output, post: request.unaryPosts))
  }
}

extension TensorType {
  /// Whether a fused post-op can have this value as its operand: of the same shape, a scalar, one value per channel,
  /// or one value per column.
  fileprivate func canFuse(with operand: TensorType) -> Bool {
    guard let own = shape, let other = operand.shape, other.count <= own.count else { return false }
    let aligned = Shape(repeating: 1, count: own.count - other.count) + other
    let present = aligned.indices.filter { aligned[$0] != 1 }
    guard present.allSatisfy({ aligned[$0] == own[$0] }) else { return false }
    return aligned == own || present.isEmpty || present == [1] || present == [own.count - 1]
  }
}

/// A function of two numbers of the same dtype that returns a boolean.
protocol ComparisonOperator: Operator {
  static var comparison: ComparisonFunction { get }
}

extension ComparisonOperator {
  static var layout: LayoutPolicy { .follows }

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(TensorType(.bool, try call.broadcast("x", "y")))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    Kernel(
      "loop", run: Comparing.loop(comparison, try request.input("x"), try request.input("y"), to: request.output))
  }
}

/// A function of two booleans that returns a boolean.
protocol LogicalOperator: Operator {
  static var function: LogicalFunction { get }
}

extension LogicalOperator {
  static var layout: LayoutPolicy { .follows }
  static var inPlace: Bool { true }

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(TensorType(.bool, try call.broadcast("x", "y")))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    Kernel("loop", run: Logical.loop(function, try request.input("x"), try request.input("y"), to: request.output))
  }
}

extension Signature {
  /// `x` and `y` of the same dtype.
  fileprivate static func pair(_ name: String, _ domain: Domain = .number) -> Signature {
    Signature(name, [Parameter("x", domain.tied("T")), Parameter("y", domain.tied("T"))])
  }
}

/// `x + y`
enum Add: BinaryOperator {
  static let signature = Signature.pair("add")
  static let weights = WeightTraits(parameters: [WeightParameter("x", .learnedUnlessScalar), WeightParameter("y", .learnedUnlessScalar)])
  static let activations = ActivationTraits(quantized: ["x", "y"], needsAllQuantized: true)
  static let foreignNames = ForeignNames(onnx: ["Add"])
  static let function = BinaryFunction.add
}

/// `x - y`
enum Sub: BinaryOperator {
  static let signature = Signature.pair("sub")
  static let weights = WeightTraits(parameters: [WeightParameter("x", .learnedUnlessScalar), WeightParameter("y", .learnedUnlessScalar)])
  static let foreignNames = ForeignNames(onnx: ["Sub"])
  static let function = BinaryFunction.subtract
}

/// `x y`
enum Mul: BinaryOperator {
  static let signature = Signature.pair("mul")
  static let weights = WeightTraits(parameters: [WeightParameter("x", .learnedUnlessScalar), WeightParameter("y", .learnedUnlessScalar)])
  static let activations = ActivationTraits(quantized: ["x", "y"], needsAllQuantized: true)
  static let foreignNames = ForeignNames(onnx: ["Mul"])
  static let function = BinaryFunction.multiply
}

/// `x / y`; truncated for integers.
enum RealDiv: BinaryOperator {
  static let signature = Signature.pair("real_div")
  static let function = BinaryFunction.divide
}

/// `x / y`, rounded down.
enum FloorDiv: BinaryOperator {
  static let signature = Signature.pair("floor_div")
  static let function = BinaryFunction.floorDivide
}

/// The remainder of `floor_div`, with the sign of `y`.
enum Mod: BinaryOperator {
  static let signature = Signature.pair("mod")
  static let function = BinaryFunction.modulo
}

/// `x` to the power `y`.
enum Pow: BinaryOperator {
  static let signature = Signature.pair("pow")
  static let function = BinaryFunction.power
}

/// The larger of two.
enum Maximum: BinaryOperator {
  static let signature = Signature.pair("maximum")
  static let function = BinaryFunction.maximum
}

/// The smaller of two.
enum Minimum: BinaryOperator {
  static let signature = Signature.pair("minimum")
  static let function = BinaryFunction.minimum
}

/// `x = y`
enum Equal: ComparisonOperator {
  static let signature = Signature.pair("equal")
  static let comparison = ComparisonFunction.equal
}

/// `x ≠ y`
enum NotEqual: ComparisonOperator {
  static let signature = Signature.pair("not_equal")
  static let comparison = ComparisonFunction.notEqual
}

/// `x < y`
enum Less: ComparisonOperator {
  static let signature = Signature.pair("less")
  static let comparison = ComparisonFunction.less
}

/// `x ≤ y`
enum LessEqual: ComparisonOperator {
  static let signature = Signature.pair("less_equal")
  static let comparison = ComparisonFunction.lessEqual
}

/// `x > y`
enum Greater: ComparisonOperator {
  static let signature = Signature.pair("greater")
  static let comparison = ComparisonFunction.greater
}

/// `x ≥ y`
enum GreaterEqual: ComparisonOperator {
  static let signature = Signature.pair("greater_equal")
  static let comparison = ComparisonFunction.greaterEqual
}

/// Logical and.
enum LogicalAnd: LogicalOperator {
  static let signature = Signature.pair("logical_and", .bool)
  static let function = LogicalFunction.and
}

/// Logical or.
enum LogicalOr: LogicalOperator {
  static let signature = Signature.pair("logical_or", .bool)
  static let function = LogicalFunction.or
}

/// Logical exclusive or.
enum LogicalXor: LogicalOperator {
  static let signature = Signature.pair("logical_xor", .bool)
  static let function = LogicalFunction.xor
}

/// `a` where `cond` is true, `b` elsewhere; all three broadcast.
enum Select: MovementOperator {
  static let signature = Signature(
    "select",
    [
      Parameter("cond", .bool), Parameter("a", Domain.numberOrBool.tied("T")),
      Parameter("b", Domain.numberOrBool.tied("T")),
    ])
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    [.tensor(TensorType(try call.type("a").dtype, try call.broadcast("cond", "a", "b")))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    Kernel(
      "loop",
      run: ElementChoice.loop(
        try request.input("cond"), try request.input("a"), try request.input("b"), to: request.output))
  }
}

enum ElementwiseBinary {
  static let operators: [any Operator.Type] = [
    Add.self, Equal.self, FloorDiv.self, Greater.self, GreaterEqual.self, Less.self, LessEqual.self,
    LogicalAnd.self, LogicalOr.self, LogicalXor.self, Maximum.self, Minimum.self, Mod.self, Mul.self,
    NotEqual.self, Pow.self, RealDiv.self, Select.self, Sub.self,
  ]
}
