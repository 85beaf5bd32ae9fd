// SPDX-License-Identifier: Apache-2.0
// Quantization of activations to 8-bit codes, and dequantization.

import Kernels
import MIL
import Tensors

/// `clamp(round(input / scale) + zero_point)`, half to even.
enum Quantize: Operator {
  static let signature = Signature(
    "quantize", since: .iOS17,
    [
      Parameter("input", Domain.float.tied("S")), Parameter("zero_point", .only(.int8, .uint8), .optional),
      Parameter("scale", Domain.float.tied("S")), Parameter("axis", .int32, .optional),
      Parameter("output_dtype", .string),
    ])
  static let activations = ActivationTraits(codes: .makes)
  static let foreignNames = ForeignNames(onnx: ["QuantizeLinear"])
  static let layout = LayoutPolicy.follows

  static func infer(_ call: Call) throws -> [ValueType] {
    let input = try call.type("input")
    let name = try call.known(call.string("output_dtype"), "output_dtype")
    guard let dtype = DType(name: name), dtype == .int8 || dtype == .uint8 else {
      throw call.error("output_dtype must be int8 or uint8, found \(name)")
    }
    if let zeroPoint = try call.optionalType("zero_point"), zeroPoint.dtype != dtype {
      throw call.error("output_dtype is \(name) but zero_point is \(zeroPoint.dtype.name); they must agree")
    }
    if let scale = call.tensor("scale"), scale.doubles().contains(0) { throw call.error("scale must not be 0") }
    _ = try call.quantizedAxis(of: input)
    return [.tensor(TensorType(dtype, input.dimensions))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let quantization = try request.quantization(codes: request.output)
    let x = try request.input("input").floats()
    let y = request.output.pointer
    return Kernel("loop") { quantization.quantize(x, to: y) }
  }
}

/// `scale (input - zero_point)`
enum Dequantize: Operator {
  static let signature = Signature(
    "dequantize", since: .iOS17,
    [
      Parameter("input", Domain.only(.int8, .uint8).tied("S")),
      Parameter("zero_point", Domain.only(.int8, .uint8).tied("S"), .optional), Parameter("scale", .float),
      Parameter("axis", .int32, .optional),
    ])
  static let activations = ActivationTraits(codes: .reads)
  static let foreignNames = ForeignNames(onnx: ["DequantizeLinear"])
  static let layout = LayoutPolicy.follows

  static func infer(_ call: Call) throws -> [ValueType] {
    let input = try call.type("input")
    _ = try call.quantizedAxis(of: input)
    return [.tensor(TensorType(try call.type("scale").dtype, input.dimensions))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let quantization = try request.quantization(codes: request.input("input"))
    let x = UnsafeRawPointer(try request.input("input").pointer)
    let y = request.output.floats()
    return Kernel("loop") { quantization.dequantize(x, to: y) }
  }
}

extension Call {
  /// The axis of the scales; `nil` for a single scale.
  ///
  /// - Throws: `OperatorError` if scale, zero point, axis and `input` are inconsistent.
  fileprivate func quantizedAxis(of input: TensorType) throws -> Int? {
    let scale = try type("scale")
    let zeroPoint = try optionalType("zero_point")
    guard scale.rank <= 1 else { throw error("scale must be one number or a vector, found \(scale)") }
    if let zeroPoint, zeroPoint.rank != scale.rank {
      throw error("zero_point must have the shape of scale: \(scale) and \(zeroPoint)")
    }
    if scale.isScalar {
      guard !has("axis") else { throw error("axis requires a vector of scales, found a single scale") }
      return nil
    }
    guard has("axis") else { throw error("a vector of scales needs an axis") }
    guard input.hasKnownRank else { return nil }
    let axis = try knownAxis("axis", rank: input.rank)
    for (name, type) in [("scale", scale), ("zero_point", zeroPoint ?? scale)] {
      guard let found = type.dimensions[0].size, let expected = input.dimensions[axis].size, found != expected
      else { continue }
      throw error("\(name) must have \(expected) values, one for each index of axis \(axis) of input, found \(found)")
    }
    return axis
  }
}

extension KernelRequest {
  fileprivate func quantization(codes: Buffer) throws -> Quantization {
    let axis = try call.quantizedAxis(of: call.type("input"))
    let split = axis.map { AxisSplit(codes, axis: $0) } ?? AxisSplit(outer: 1, count: 1, inner: codes.count)
    return Quantization(
      split, codesAreSigned: codes.dtype == .int8, scale: try input("scale"), zeroPoint: optionalInput("zero_point"))
  }
}

enum QuantizationOperators {
  static let operators: [any Operator.Type] = [Dequantize.self, Quantize.self]
}
