// SPDX-License-Identifier: Apache-2.0
// Tensors of ONNX files: the places where the elements may be, and the conversion to `Tensor`.

import Files
import Tensors

/// A constant tensor. Elements are converted when they are asked for.
package struct ONNXTensor: Sendable {
  package internal(set) var name = ""
  package internal(set) var dims: [Int] = []
  package internal(set) var element = ElementType.undefined
  var raw: Bytes?
  var floats: [Float] = []
  var int32s: [Int] = []
  var int64s: [Int] = []
  var uint64s: [UInt64] = []
  var doubles: [Double] = []
  var strings: [[UInt8]] = []
  var external: [String: String]?
  var indices: SparseIndices?
  /// The byte offset of the tensor's message in the file.
  var offset = 0

  init() {}

  /// Bytes of a mapped file.
  struct Bytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    let owner: MappedFile
  }

  /// The positions of a sparse tensor's elements.
  final class SparseIndices: Sendable {
    let tensor: ONNXTensor
    /// The shape of the dense tensor.
    let shape: [Int]

    init(_ tensor: ONNXTensor, shape: [Int]) {
      self.tensor = tensor
      self.shape = shape
    }
  }

  /// The shape; that of the dense tensor for a sparse one.
  package var shape: [Int] { indices?.shape ?? dims }

  /// The most elements that a tensor written out from fewer stored elements may have.
  private static let largestDense = 1 << 28

  /// The elements. Aligned bytes of the file, or of an external file, are not copied.
  ///
  /// - Throws: `ONNXError`.
  package func tensor(in model: ONNXModel) throws -> Tensor {
    if let indices { return try dense(indices, in: model) }
    func malformed(_ detail: String) -> ONNXError { .malformed(file: model.path, offset: offset, detail: "tensor '\(name)': \(detail)") }
    guard let count = dims.checkedElementCount else { throw malformed("the extents \(dims) are not valid") }
    guard element.bits > 0, let size = ElementType.count(element.bits, count) else {
      throw ONNXError.unsupported(file: model.path, detail: "tensor '\(name)' has elements of type \(element), which have no counterpart")
    }
    if let external {
      let data = try ExternalData(external, tensor: name, model: model, byteCount: size)
      return try converted(data.bytes, owner: data.file, model)
    }
    if let raw {
      guard raw.bytes.count == size else { throw malformed("\(raw.bytes.count) bytes, expected \(size) for \(element)\(dims)") }
      return try converted(raw.bytes, owner: raw.owner, model)
    }
    return try fromLists(count, malformed, model)
  }

  /// A tensor from little-endian bytes.
  private func converted(_ bytes: UnsafeRawBufferPointer, owner: MappedFile, _ model: ONNXModel) throws -> Tensor {
    if element == .int2 {
      let codes = (0..<dims.elementCount).map { i in Int(Int8(bitPattern: (bytes[i / 4] >> UInt8(2 * (i % 4))) << 6) >> 6) }
      return Tensor(integers: codes, dtype: .int8, shape: dims)
    }
    guard let dtype = element.dtype else {
      throw ONNXError.unsupported(file: model.path, detail: "tensor '\(name)' has elements of type \(element), which have no counterpart")
    }
    let alignment = max(dtype.bits / 8, 1)
    if let base = bytes.baseAddress, Int(bitPattern: base) % alignment == 0, dtype != .bool {
      return Tensor(dtype: dtype, shape: dims, storage: TensorStorage(borrowing: bytes, owner: owner))
    }
    defer { withExtendedLifetime(owner) {} }
    if dtype == .bool { return Tensor(bytes.map { $0 != 0 }, shape: dims) }
    return Tensor(dtype: dtype, shape: dims, bytes: bytes)
  }

  private func fromLists(_ count: Int, _ malformed: (String) -> ONNXError, _ model: ONNXModel) throws -> Tensor {
    func check(_ found: Int, _ field: String) throws {
      guard found == count else { throw malformed("\(field) has \(found) elements, expected \(count) for \(element)\(dims)") }
    }
    switch element {
    case .float:
      try check(floats.count, "float_data")
      return Tensor(floats, shape: dims)
    case .double:
      try check(doubles.count, "double_data")
      return Tensor(doubles, shape: dims)
    case .int64:
      try check(int64s.count, "int64_data")
      return Tensor(integers: int64s, dtype: .int64, shape: dims)
    case .uint64, .uint32:
      try check(uint64s.count, "uint64_data")
      return element == .uint64
        ? Tensor(uint64s, shape: dims) : Tensor(uint64s.map { UInt32(truncatingIfNeeded: $0) }, shape: dims)
    case .int32, .int16, .int8, .uint16, .uint8, .bool:
      try check(int32s.count, "int32_data")
      return Tensor(integers: int32s, dtype: element.dtype ?? .int32, shape: dims)
    case .float16, .bfloat16:
      try check(int32s.count, "int32_data")
      let bits = Tensor(integers: int32s, dtype: .uint16, shape: dims)
      return bits.reinterpreted(as: element == .float16 ? .float16 : .bfloat16, dims)
    case .float8e4m3fn, .float8e5m2:
      try check(int32s.count, "int32_data")
      return Tensor(integers: int32s, dtype: .uint8, shape: dims).reinterpreted(as: element.dtype ?? .uint8, dims)
    case .uint4, .int4, .uint2, .int2:
      let perEntry = 8 / element.bits
      guard int32s.count == (count + perEntry - 1) / perEntry else {
        throw malformed("int32_data has \(int32s.count) elements, expected \((count + perEntry - 1) / perEntry)")
      }
      let mask = (1 << element.bits) - 1
      let values = (0..<count).map { i -> Int in
        let code = (int32s[i / perEntry] >> (element.bits * (i % perEntry))) & mask
        return element.isSigned && code > mask / 2 ? code - mask - 1 : code
      }
      return Tensor(integers: values, dtype: element == .int2 ? .int8 : element.dtype ?? .int8, shape: dims)
    default:
      throw ONNXError.unsupported(file: model.path, detail: "tensor '\(name)' has elements of type \(element), which have no counterpart")
    }
  }

  /// The dense form of a sparse tensor.
  private func dense(_ sparse: SparseIndices, in model: ONNXModel) throws -> Tensor {
    func malformed(_ detail: String) -> ONNXError { .malformed(file: model.path, offset: offset, detail: "tensor '\(name)': \(detail)") }
    var own = self
    own.indices = nil
    let values = try own.tensor(in: model)
    let positions = try sparse.tensor.tensor(in: model)
    guard let count = sparse.shape.checkedElementCount, count <= Self.largestDense else {
      throw malformed("the extents \(sparse.shape) are too large for a sparse tensor")
    }
    let rank = sparse.shape.count
    let expected = positions.rank == 2 ? [values.count, rank] : [values.count]
    guard values.rank == 1, positions.shape == expected, positions.dtype == .int64 else {
      throw malformed("the indices have shape \(positions.shape), expected \(expected)")
    }
    let all = positions.integers()
    let strides = sparse.shape.rowMajorStrides
    func position(_ i: Int) throws -> Int {
      var linear = all.isEmpty ? 0 : positions.rank == 2 ? 0 : all[i]
      if positions.rank == 2 {
        for axis in 0..<rank {
          let index = all[i * rank + axis]
          guard (0..<sparse.shape[axis]).contains(index) else { throw malformed("an index is out of range") }
          linear += index * strides[axis]
        }
      }
      guard (0..<count).contains(linear) else { throw malformed("an index is out of range") }
      return linear
    }
    if values.dtype.isFloat {
      var out = [Double](repeating: 0, count: count)
      for (i, value) in values.doubles().enumerated() { out[try position(i)] = value }
      return Tensor(out, shape: sparse.shape).cast(to: values.dtype == .float64 ? .float64 : .float32)
    }
    var out = [Int](repeating: 0, count: count)
    for (i, value) in values.integers().enumerated() { out[try position(i)] = value }
    return Tensor(integers: out, dtype: values.dtype, shape: sparse.shape)
  }
}
