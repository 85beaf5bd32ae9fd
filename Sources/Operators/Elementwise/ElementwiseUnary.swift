// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of one number; casts.

import Kernels
import MIL
import Tensors

/// The absolute value.
enum Abs: PointwiseOperator {
  static let signature = Signature("abs", [.numericX])
  static let activations = ActivationTraits(isNonNegative: true)
  static func functions(_ call: Call) -> [UnaryFunction] { [.abs] }
  static func integerFunction(_ call: Call) -> IntegerUnaryFunction? { .abs }
}

/// The inverse cosine, in 0...π.
enum Acos: PointwiseOperator {
  static let signature = Signature("acos", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.acos] }
}

/// The inverse sine, in -π/2...π/2.
enum Asin: PointwiseOperator {
  static let signature = Signature("asin", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.asin] }
}

/// The inverse tangent, in -π/2...π/2.
enum Atan: PointwiseOperator {
  static let signature = Signature("atan", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.atan] }
}

/// The inverse hyperbolic tangent.
enum Atanh: PointwiseOperator {
  static let signature = Signature("atanh", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.atanh] }
}

/// The smallest integer that is not less than `x`.
enum Ceil: PointwiseOperator {
  static let signature = Signature("ceil", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.ceil] }
}

/// The cosine of `x` radians.
enum Cos: PointwiseOperator {
  static let signature = Signature("cos", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.cos] }
}

/// The hyperbolic cosine.
enum Cosh: PointwiseOperator {
  static let signature = Signature("cosh", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.cosh] }
}

/// The Gauss error function.
enum Erf: PointwiseOperator {
  static let signature = Signature("erf", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.erf] }
}

/// e to the power `x`.
enum Exp: PointwiseOperator {
  static let signature = Signature("exp", [.x])
  static let activations = ActivationTraits(isNonNegative: true)
  static func functions(_ call: Call) -> [UnaryFunction] { [.exp] }
}

/// The largest integer that is not greater than `x`.
enum Floor: PointwiseOperator {
  static let signature = Signature("floor", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.floor] }
}

/// The nearest integer, with ties rounded to even.
enum Round: PointwiseOperator {
  static let signature = Signature("round", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.round] }
}

/// The sine of `x` radians.
enum Sin: PointwiseOperator {
  static let signature = Signature("sin", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.sin] }
}

/// The hyperbolic sine.
enum Sinh: PointwiseOperator {
  static let signature = Signature("sinh", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.sinh] }
}

/// The square root.
enum Sqrt: PointwiseOperator {
  static let signature = Signature("sqrt", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.sqrt] }
}

/// The tangent of `x` radians.
enum Tan: PointwiseOperator {
  static let signature = Signature("tan", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.tan] }
}

/// The hyperbolic tangent.
enum Tanh: PointwiseOperator {
  static let signature = Signature("tanh", [.x])
  static let foreignNames = ForeignNames(torch: ["Tanh"], onnx: ["Tanh"])
  static func functions(_ call: Call) -> [UnaryFunction] { [.tanh] }
}

/// 2 to the power `x`; truncated for integers.
enum Exp2: PointwiseOperator {
  static let signature = Signature("exp2", [.numericX])
  static func functions(_ call: Call) -> [UnaryFunction] { [.exp2] }
  static func integerFunction(_ call: Call) -> IntegerUnaryFunction? { .exp2 }
}

/// 1 for positive numbers, -1 for negative ones, 0 for zero.
enum Sign: PointwiseOperator {
  static let signature = Signature("sign", [.numericX])
  static func functions(_ call: Call) -> [UnaryFunction] { [.sign] }
  static func integerFunction(_ call: Call) -> IntegerUnaryFunction? { .sign }
}

/// `x²`
enum Square: PointwiseOperator {
  static let signature = Signature("square", [.numericX])
  static let activations = ActivationTraits(isNonNegative: true)
  static func functions(_ call: Call) -> [UnaryFunction] { [.square] }
  static func integerFunction(_ call: Call) -> IntegerUnaryFunction? { .square }
}

/// `max(x, alpha)`
enum Threshold: PointwiseOperator {
  static let signature = Signature("threshold", [.numericX, Parameter("alpha", Domain.number.tied("T"))])
  static func functions(_ call: Call) throws -> [UnaryFunction] { [.threshold(alpha: try call.number("alpha"))] }
  static func integerFunction(_ call: Call) throws -> IntegerUnaryFunction? {
    .threshold(alpha: Int32(clamping: try call.known(call.integer("alpha"), "alpha")))
  }
}

/// `min(max(x, alpha), beta)`
enum Clip: PointwiseOperator {
  static let signature = Signature(
    "clip", [.x, Parameter("alpha", Domain.float.tied("T")), Parameter("beta", Domain.float.tied("T"))])

  static func infer(_ call: Call) throws -> [ValueType] {
    if call.opset >= .iOS17, let alpha = try call.float("alpha"), let beta = try call.float("beta"), alpha >= beta {
      throw call.error("alpha (\(alpha)) must be less than beta (\(beta))")
    }
    return [.tensor(try call.type("x"))]
  }

  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.clip(low: try call.number("alpha"), high: try call.number("beta"))]
  }
}

/// `1 / (x + epsilon)`
enum Inverse: PointwiseOperator {
  static let signature = Signature("inverse", [.x, .beside("epsilon", .defaultsTo(.float(1e-4)))])
  static func functions(_ call: Call) throws -> [UnaryFunction] { [.inverse(epsilon: try call.epsilon())] }
}

/// `log(x + epsilon)`
enum Log: PointwiseOperator {
  static let signature = Signature("log", [.x, .beside("epsilon", .defaultsTo(.float(1e-45)))])
  static func functions(_ call: Call) throws -> [UnaryFunction] { [.log(epsilon: try call.epsilon())] }
}

/// `1 / √(x + epsilon)`
enum Rsqrt: PointwiseOperator {
  static let signature = Signature("rsqrt", [.x, .beside("epsilon", .defaultsTo(.float(1e-12)))])
  static func functions(_ call: Call) throws -> [UnaryFunction] { [.rsqrt(epsilon: try call.epsilon())] }
}

/// Logical not.
enum LogicalNot: Operator {
  static let signature = Signature("logical_not", [Parameter("x", .bool)])
  static let layout = LayoutPolicy.follows
  static let inPlace = true
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("x"))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x").bytes()
    let y = request.output.bytes()
    let count = request.output.count
    return Kernel("loop") { IntegerUnary.not(x, to: y, count: count) }
  }
}

/// `x` converted to another dtype: float to integer truncates and clamps to the integer's range, integers wrap,
/// anything except zero is true.
enum Cast: MovementOperator {
  private static let domain = Domain.numberOrBool.adding(.int8, .uint8, .int16, .uint16, since: .iOS17)
  static let signature = Signature("cast", [Parameter("x", domain), Parameter("dtype", .string)])
  static let activations = ActivationTraits(isCopy: true)
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let name = try call.known(call.string("dtype"), "dtype")
    guard let dtype = DType(name: name), let since = domain.dtypes[dtype], call.opset >= since else {
      let allowed = domain.dtypes.filter { $0.value <= call.opset }.keys.map(\.name).sorted()
      throw call.error("dtype must be \(allowed.joined(separator: ", ")), found \(name)")
    }
    return [.tensor(TensorType(dtype, try call.type("x").dimensions))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let y = request.output
    // A conversion to the same dtype in place needs no work.
    if x.dtype == y.dtype, x.pointer == y.pointer { return Kernel("in place") {} }
    return Kernel("loop") { Conversion.run(x.pointer, x.dtype, to: y.pointer, y.dtype, count: y.count) }
  }
}

extension Parameter {
  /// A tensor of floats or 32-bit integers.
  fileprivate static let numericX = Parameter("x", Domain.number.tied("T"))
}

extension Call {
  /// The number that is added to avoid a singularity; the default is rounded to the dtype of `x`.
  fileprivate func epsilon() throws -> Float {
    let epsilon = try number("epsilon")
    return has("epsilon") ? epsilon : Tensor(scalar: epsilon).cast(to: try type("x").dtype).floats()[0]
  }
}

enum ElementwiseUnary {
  static let operators: [any Operator.Type] = [
    Abs.self, Acos.self, Asin.self, Atan.self, Atanh.self, Cast.self, Ceil.self, Clip.self, Cos.self,
    Cosh.self, Erf.self, Exp.self, Exp2.self, Floor.self, Inverse.self, Log.self, LogicalNot.self,
    Round.self, Rsqrt.self, Sign.self, Sin.self, Sinh.self, Sqrt.self, Square.self, Tan.self, Tanh.self,
    Threshold.self,
  ]
}
