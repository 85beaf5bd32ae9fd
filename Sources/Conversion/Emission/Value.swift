// SPDX-License-Identifier: Apache-2.0
// A value of the source graph and its counterpart in the program.

import MIL
import ONNXFiles
import Operators
import Tensors

/// A value of the source graph.
///
/// Its type in the program is 32-bit: floats are fp32, integers are int32, booleans are bool. The source's type is kept
/// beside it, because casts and integer arithmetic need it.
final class Value {
  let element: ElementType
  /// The constant as it is stored; `nil` for other values.
  let stored: Tensor?
  /// A name for a constant.
  let label: String?
  private var made: Operand?
  /// The elements of a vector of extents, as far as they are known.
  let partial: [Int?]?
  /// The elements of a sequence.
  let items: [Value]?
  /// The same codes in the 8 bits that `quantize` gives.
  let codes: Value?
  /// The codes and parameters of a dequantized constant.
  let quantized: QuantizedConstant?
  /// Whether the value is a weight in a stored form without simple parameters, such as blocks.
  let isStoredForm: Bool
  /// The element and the shape of a large tensor of equal elements, which an operation makes.
  let uniform: (element: Tensor, shape: Shape)?
  /// The extents that the program's own type has, if fewer of them are known there.
  private let written: [Int?]?

  init(
    operand: Operand, element: ElementType = .undefined, partial: [Int?]? = nil, label: String? = nil, quantized: QuantizedConstant? = nil,
    uniform: (element: Tensor, shape: Shape)? = nil, codes: Value? = nil,
    isStoredForm: Bool = false, written: [Int?]? = nil
  ) {
    self.isStoredForm = isStoredForm
    self.written = written
    self.codes = codes
    self.uniform = uniform
    made = operand
    self.element = element
    stored = operand.constant?.tensor
    self.label = label
    self.partial = partial
    items = nil
    self.quantized = quantized
  }

  /// A constant. It is converted to the program's type when it is first used.
  init(constant: Tensor, element: ElementType = .undefined, label: String? = nil) {
    stored = constant
    self.element = element
    self.label = label
    partial = nil
    items = nil
    quantized = nil
    uniform = nil
    codes = nil
    written = nil
    isStoredForm = false
  }

  init(items: [Value]) {
    self.items = items
    element = .undefined
    stored = nil
    label = nil
    partial = nil
    quantized = nil
    uniform = nil
    codes = nil
    written = nil
    isStoredForm = false
  }

  /// The value in the program.
  ///
  /// - Throws: `Refusal` for an integer beyond 32 bits, and for a sequence.
  func operand() throws -> Operand {
    if let made { return made }
    guard let stored else { throw Refusal("a sequence is used as a tensor") }
    let operand = Operand(try stored.narrowed(label ?? "constant"))
    made = operand
    return operand
  }

  /// The dtype in the program.
  var dtype: DType {
    if let made { return made.type.tensorType?.dtype ?? .float32 }
    guard let stored else { return .float32 }
    return stored.dtype == .bool ? .bool : stored.dtype.isFloat ? .float32 : .int32
  }

  var isFloat: Bool { dtype.isFloat }
  var isInteger: Bool { dtype.isInteger }
  var isBool: Bool { dtype == .bool }
  var isConstant: Bool { stored != nil }

  /// The extents; `nil` where they are not known.
  var dims: [Int?] {
    if let made { return made.type.tensorType?.dimensions.map(\.size) ?? [] }
    return stored?.shape ?? []
  }

  var rank: Int { dims.count }

  /// The shape.
  ///
  /// - Throws: `Refusal` if it is not known.
  func shape() throws -> Shape {
    try dims.enumerated().map { axis, extent in
      guard let extent else { throw Refusal("the extent of axis \(axis) must be fixed: give it in dims or inputs") }
      return extent
    }
  }

  /// The shape, if it is known.
  var knownShape: Shape? { try? shape() }

  /// A known extent.
  func extent(_ axis: Int) throws -> Int {
    guard dims.indices.contains(axis) else { throw Refusal("axis \(axis) does not exist in a tensor of rank \(rank)") }
    guard let extent = dims[axis] else { throw Refusal("the extent of axis \(axis) must be fixed: give it in dims or inputs") }
    return extent
  }

  /// The axis counted from the front.
  func axis(_ axis: Int) throws -> Int {
    let counted = axis < 0 ? axis + rank : axis
    guard counted >= 0, counted < rank else { throw Refusal("axis \(axis) does not exist in a tensor of rank \(rank)") }
    return counted
  }

  /// Whether an operation decodes the value from stored data.
  var isDecoded: Bool { quantized != nil || isStoredForm }

  /// The constant that a weight needs: also codes and equal elements are decoded.
  func weight() throws -> Value {
    if stored != nil { return self }
    guard let uniform, uniform.shape.elementCount <= 1 << 29 else { return self }
    return Value(constant: uniform.element.repeated(uniform.shape), element: element, label: label)
  }

  /// The constant in the program's type.
  func tensor() throws -> Tensor? { stored == nil ? nil : try operand().constant?.tensor }

  /// The known integers of a constant, or of a vector of extents that are all known.
  func integers() -> [Int]? {
    if let stored { return stored.integers() }
    guard let partial else { return nil }
    let known = partial.compactMap { $0 }
    return known.count == partial.count ? known : nil
  }

  /// The same value with another source type.
  func typed(_ element: ElementType) -> Value {
    if element == self.element || items != nil { return self }
    if let made {
      return Value(
        operand: made, element: element, partial: partial, label: label, quantized: quantized, uniform: uniform, codes: codes,
        isStoredForm: isStoredForm, written: written)
    }
    guard let stored else { return self }
    return Value(constant: stored, element: element, label: label)
  }

  /// The same value with extents that are known from elsewhere.
  func refined(_ extents: [Int?]) -> Value {
    guard stored == nil, items == nil, let made, let type = made.type.tensorType, extents.count == type.rank else { return self }
    let dimensions = zip(type.dimensions, extents).map { own, extent in own.size == nil ? extent.map(Dimension.fixed) ?? own : own }
    guard dimensions != type.dimensions else { return self }
    return Value(
      operand: Operand(name: made.name, type: .tensor(TensorType(type.dtype, dimensions))), element: element, partial: partial,
      label: label, quantized: quantized, uniform: uniform, codes: codes, isStoredForm: isStoredForm, written: written ?? dims)
  }

  /// Whether an extent is known here, but not from the types of the program.
  func isUnwritten(_ axis: Int) -> Bool { dims[axis] != nil && written.map { $0[axis] == nil } ?? false }

  /// The same value with known elements.
  func knowing(_ partial: [Int?]?) throws -> Value {
    guard stored == nil, let partial else { return self }
    return Value(operand: try operand(), element: element, partial: partial, label: label, written: written)
  }
}

/// A constant that the source stores as codes.
struct QuantizedConstant {
  let codes: Tensor
  let scale: Tensor
  let zeroPoint: Tensor?
  let axis: Int

  /// The decoded elements.
  func decoded() throws -> Tensor {
    let shape = codes.shape
    let (values, scales) = (codes.integers(), scale.floats())
    let points = zeroPoint?.integers() ?? [0]
    let inner = scale.count > 1 ? shape[(axis + 1)...].reduce(1, *) : 1
    let out = values.indices.map { i -> Float in
      let channel = scale.count > 1 ? i / inner % shape[axis] : 0
      return Float(values[i] - points[points.count > 1 ? channel : 0]) * scales[channel]
    }
    return Tensor(out, shape: shape)
  }
}

extension Tensor {
  private static let largestSingle = Double(Float.greatestFiniteMagnitude)

  /// The tensor in the type that the program has for it.
  ///
  /// Integers near the limits of 64 bits, which mean "to the end", become those of 32 bits.
  /// Likewise, doubles near the limits of 64 bits, which mean "masked", become the limits of 32 bits.
  /// - Throws: `Refusal` for other numbers that do not fit.
  func narrowed(_ name: String) throws -> Tensor {
    switch dtype {
    case .float32, .int32, .bool: return self
    case .int64, .uint64, .uint32:
      let values = integers().map { value in
        value >= 1 << 62 ? Int(Int32.max) : value <= -(1 << 62) ? Int(Int32.min) : value
      }
      if let outside = values.first(where: { Int32(exactly: $0) == nil }) {
        throw Refusal("the integer \(outside) of '\(name)' does not fit 32 bits")
      }
      return Tensor(integers: values, dtype: .int32, shape: shape)
    case .float64:
      let values = doubles()
      guard values.contains(where: { $0.isFinite && $0.magnitude > Self.largestSingle }) else { return cast(to: .float32) }
      return Tensor(
        try values.map { value in
          guard value.isFinite, value.magnitude > Self.largestSingle else { return Float(value) }
          guard value.magnitude > 1e300 else { throw Refusal("the number \(value) of '\(name)' does not fit 32 bits") }
          return value < 0 ? -Float.greatestFiniteMagnitude : .greatestFiniteMagnitude
        }, shape: shape)
    default: return cast(to: dtype.isFloat ? .float32 : .int32)
    }
  }
}
