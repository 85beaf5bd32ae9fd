// SPDX-License-Identifier: Apache-2.0
// Compressed weights: constants that are decoded during planning. In iOS16 their parts are attributes.

import Encodings
import MIL
import Tensors
import WeightStorage

/// `scale (data - zero_point)`, with one scale for the tensor or one for each index of an axis.
enum ConstexprAffineDequantize: ConstexprOperator {
  static let signature = Signature(
    "constexpr_affine_dequantize", since: .iOS16,
    [
      Parameter("quantized_data", .only(.uint8, .int8)), Parameter("zero_point", .only(.uint8, .int8, .float32)),
      Parameter("scale", .float), Parameter("axis", .int32),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let data = try call.type("quantized_data")
    let axis = try call.knownAxis("axis", rank: data.rank)
    for parameter in ["scale", "zero_point"] {
      let type = try call.type(parameter)
      guard type.rank == 0 || (type.rank == 1 && type.dimensions[0].agrees(with: data.dimensions[axis])) else {
        throw call.error("\(parameter) is \(type), expected one value, or \(data.dimensions[axis]) for axis \(axis)")
      }
    }
    return [.tensor(TensorType(try call.type("scale").dtype, data.dimensions))]
  }
}

/// `scale (data - offset)`, with one scale for each block; the extents of `scale` are the numbers of blocks along the
/// axes.
enum ConstexprBlockwiseShiftScale: ConstexprOperator {
  static let signature = Signature(
    "constexpr_blockwise_shift_scale", since: .iOS18,
    [
      Parameter("data", Constexpr.quantized), Parameter("scale", .float), Parameter("offset", Constexpr.quantized, .optional),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let data = try call.type("data")
    try Constexpr.checkBlocks(call, of: data)
    return [.tensor(TensorType(try call.type("scale").dtype, data.dimensions))]
  }
}

/// Elements, or vectors of them, looked up in tables: one table (iOS16, indices packed in bytes), or one for each
/// block (iOS18).
enum ConstexprLutToDense: ConstexprOperator {
  static let signature = Signature(
    "constexpr_lut_to_dense", since: .iOS16,
    [
      Parameter("indices", Constexpr.tableIndex), Parameter("lut", Constexpr.tableEntry),
      Parameter("shape", .uint32, .optional), Parameter("vector_axis", .int32, .optional, since: .iOS18),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let lut = try call.type("lut")
    guard call.has("shape") else {
      let indices = try call.type("indices")
      let (axis, size) = try Constexpr.checkTables(call, indices.dimensions, indices.dtype)
      var dimensions = indices.dimensions
      if size > 1 { dimensions[axis] = dimensions[axis] * size }
      return [try call.result(lut.dtype, dimensions)]
    }
    let shape = try call.known(call.integers("shape"), "shape")
    let result = try call.result(lut.dtype, shape.map { .fixed($0) })
    guard let entries = lut.dimensions.knownProduct, lut.rank == 1, [2, 4, 16, 64, 256].contains(entries) else {
      throw call.error("lut is \(lut), expected a vector of 2, 4, 16, 64 or 256 values")
    }
    let bytes = (shape.elementCount * entries.trailingZeroBitCount + 7) / 8
    try Constexpr.checkLength(call, "indices", bytes)
    return [result]
  }
}

/// A sparse tensor with the given values at the set bits of the mask: packed in bytes (iOS16), or as a tensor of bits
/// (iOS18).
enum ConstexprSparseToDense: ConstexprOperator {
  static let signature = Signature(
    "constexpr_sparse_to_dense", since: .iOS16,
    [
      Parameter("nonzero_data", Constexpr.quantized), Parameter("mask", Domain([.uint8: .iOS16, .uint1: .iOS18])),
      Parameter("shape", .uint32, .optional),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let values = try call.type("nonzero_data", rank: 1)
    guard call.has("shape") else { return [.tensor(TensorType(values.dtype, try call.type("mask").dimensions))] }
    let shape = try call.known(call.integers("shape"), "shape")
    let result = try call.result(values.dtype, shape.map { .fixed($0) })
    try Constexpr.checkLength(call, "mask", (shape.elementCount + 7) / 8)
    return [result]
  }
}

/// Lookup of sparse indices: returns the mask (expanded if entries are vectors) and the nonzero values.
enum ConstexprLutToSparse: ConstexprOperator {
  static let signature = Signature(
    "constexpr_lut_to_sparse", since: .iOS18,
    [
      Parameter("indices_mask", .only(.uint1)), Parameter("indices_nonzero_data", Constexpr.tableIndex),
      Parameter("lut", Constexpr.tableEntry), Parameter("vector_axis", .int32, .optional),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let indices = try call.type("indices_nonzero_data", rank: 1)
    let mask = try call.type("indices_mask")
    let (axis, size) = try Constexpr.checkTables(call, mask.dimensions, indices.dtype)
    var dimensions = mask.dimensions
    if size > 1 { dimensions[axis] = dimensions[axis] * size }
    return [
      try call.result(mask.dtype, dimensions),
      try call.result(try call.type("lut").dtype, [indices.dimensions[0] * size]),
    ]
  }
}

/// Dequantization of sparse values: returns the mask unchanged and the nonzero values.
enum ConstexprSparseBlockwiseShiftScale: ConstexprOperator {
  static let signature = Signature(
    "constexpr_sparse_blockwise_shift_scale", since: .iOS18,
    [
      Parameter("data_mask", .only(.uint1)), Parameter("nonzero_data", Constexpr.quantized), Parameter("scale", .float),
      Parameter("offset", Constexpr.quantized, .optional),
    ])
  static func infer(_ call: Call) throws -> [ValueType] {
    let values = try call.type("nonzero_data", rank: 1)
    let mask = try call.type("data_mask")
    try Constexpr.checkBlocks(call, of: TensorType(values.dtype, mask.dimensions))
    return [.tensor(mask), .tensor(TensorType(try call.type("scale").dtype, values.dimensions))]
  }
}

/// fp16 converted to fp32.
enum ConstexprCast: ConstexprOperator {
  static let signature = Signature(
    "constexpr_cast", since: .iOS16, [Parameter("source_val", .only(.float16)), Parameter("output_dtype", .string)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let target = try call.known(call.string("output_dtype"), "output_dtype")
    guard target == DType.float32.name else { throw call.error("output_dtype is \"\(target)\", expected \"fp32\"") }
    return [.tensor(TensorType(.float32, try call.type("source_val").dimensions))]
  }
}

/// An operator with constant operands, which the codec of stored weights evaluates.
protocol ConstexprOperator: MovementOperator {}

extension ConstexprOperator {
  static func fold(_ call: Call) throws -> [Tensor]? {
    guard call.isConstant else { return nil }
    return try call.reading { (form) throws(EncodingError) in try form?.decoded() }
  }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    throw request.call.error("its inputs must be constants")
  }
}

/// The operands of a call, all of which are constants.
private struct OperandParts: StoredParts {
  let call: Call

  func weight(_ parameter: String) throws(EncodingError) -> EncodedWeight? {
    guard let operand = call.operands[parameter]?.first else { return nil }
    if let tensor = operand.constant?.tensor { return .dense(tensor) }
    guard let encoded = operand.encoded else { throw .missing(part: parameter) }
    return encoded
  }

  /// Preceding sparse operators have already been decoded.
  func values(mask: String, nonzero: String) throws(EncodingError) -> EncodedValues? { nil }
}

extension Call {
  /// The encoded weight of an operation on constants; `nil` for operations that do not produce a weight by themselves
  /// (parts of others, casts).
  ///
  /// - Throws: `OperatorError` if the parts are inconsistent.
  package func encodedWeight() throws -> EncodedWeight? {
    guard isConstant else { return nil }
    return try reading { form in
      switch form {
      case .weight(.cast), .values, nil: nil
      case .weight(let weight): weight
      }
    }
  }

  fileprivate func reading<Result>(_ body: (StoredForm?) throws(EncodingError) -> Result) throws -> Result {
    do { return try body(StorageFormats.read(operation.type, OperandParts(call: self))) } catch {
      throw self.error(error.description)
    }
  }
}

enum Constexpr {
  fileprivate static let quantized = Domain.only(.int4, .uint4, .int8, .uint8, .float16, .float32)
  fileprivate static let tableIndex = Domain([
    .uint8: .iOS16, .uint1: .iOS18, .uint2: .iOS18, .uint3: .iOS18, .uint4: .iOS18, .uint6: .iOS18,
  ])
  fileprivate static let tableEntry = Domain.only(.int8, .uint8, .float16, .float32)

  /// Checks `scale` and `offset` against the data.
  fileprivate static func checkBlocks(_ call: Call, of data: TensorType) throws {
    let scale = try call.type("scale")
    guard data.rank > 0, scale.rank == data.rank, zip(data.dimensions, scale.dimensions).allSatisfy(divides) else {
      throw call.error("scale is \(scale), expected a divisor of each extent of data, \(data)")
    }
    guard let offset = try call.optionalType("offset") else { return }
    guard offset.rank == scale.rank, zip(offset.dimensions, scale.dimensions).allSatisfy({ $0.agrees(with: $1) }) else {
      throw call.error("offset is \(offset), expected the extents of scale, \(scale)")
    }
    guard offset.dtype.isFloat || offset.dtype == data.dtype else {
      throw call.error("offset is \(offset.dtype.name), expected a float type or that of the data, \(data.dtype.name)")
    }
  }

  /// Checks `lut` and `vector_axis` against the indices; returns the axis of the vectors and their length.
  fileprivate static func checkTables(
    _ call: Call, _ indices: [Dimension], _ dtype: DType
  ) throws -> (axis: Int, size: Int) {
    let lut = try call.type("lut")
    guard !indices.isEmpty, lut.rank == indices.count + 2, zip(indices, lut.dimensions).allSatisfy(divides) else {
      throw call.error(
        "lut is \(lut), expected \(indices.count) divisors of the extents of indices, the number of entries and the vector size")
    }
    guard let entries = lut.dimensions[lut.rank - 2].size, let size = lut.dimensions[lut.rank - 1].size else {
      throw call.error("the extents of lut are not known")
    }
    guard entries == 1 << dtype.bits else {
      throw call.error("lut has \(entries) entries, expected \(1 << dtype.bits) for \(dtype.name) indices")
    }
    if size > 1, !call.has("vector_axis") { throw call.error("the entries of lut are vectors: vector_axis is missing") }
    return (try call.has("vector_axis") ? call.knownAxis("vector_axis", rank: indices.count) : 0, size)
  }

  fileprivate static func checkLength(_ call: Call, _ parameter: String, _ bytes: Int) throws {
    let type = try call.type(parameter)
    guard type.rank == 1, type.dimensions[0].agrees(with: .fixed(bytes)) else {
      throw call.error("\(parameter) is \(type), expected \(bytes) bytes")
    }
  }

  private static func divides(_ extent: Dimension, _ count: Dimension) -> Bool {
    guard let extent = extent.size, let count = count.size else { return true }
    return count > 0 ? extent % count == 0 : extent == 0
  }

  static let operators: [any Operator.Type] = [
    ConstexprAffineDequantize.self, ConstexprBlockwiseShiftScale.self, ConstexprLutToDense.self, ConstexprSparseToDense.self,
    ConstexprLutToSparse.self, ConstexprSparseBlockwiseShiftScale.self, ConstexprCast.self,
  ]
}

extension ConstexprOperator { static var gradient: Gradient { .constant } }
