// SPDX-License-Identifier: Apache-2.0
// Tensors of PyTorch's files: a strided window of stored bytes.

import Files
import Tensors

/// A tensor in a file. Elements are read when they are asked for.
package struct TorchTensor: Sendable {
  /// The element type by PyTorch's name, such as `float32` or `complex64`.
  package let type: String
  package let sizes: [Int]
  /// Distances between neighbors along each axis, in elements.
  package let strides: [Int]
  /// The position of the first element in the storage, in elements.
  package let offset: Int
  package let isParameter: Bool
  let storage: FileBytes

  init(type: String, sizes: [Int], strides: [Int], offset: Int, isParameter: Bool, storage: FileBytes) {
    self.type = type
    self.sizes = sizes
    self.strides = strides
    self.offset = offset
    self.isParameter = isParameter
    self.storage = storage
  }

  func asParameter() -> TorchTensor {
    TorchTensor(type: type, sizes: sizes, strides: strides, offset: offset, isParameter: true, storage: storage)
  }

  /// The dtype with the same values; `nil` if there is none.
  package var dtype: DType? { Self.dtypes[type] }

  static let dtypes: [String: DType] = [
    "float32": .float32, "float64": .float64, "float16": .float16, "bfloat16": .bfloat16, "uint8": .uint8, "int8": .int8, "int16": .int16,
    "int32": .int32, "int64": .int64, "bool": .bool, "uint16": .uint16, "uint32": .uint32, "uint64": .uint64,
    "float8_e4m3fn": .float8E4M3FN, "float8_e5m2": .float8E5M2,
  ]

  private static let halvesOfComplex: [String: DType] = ["complex64": .float32, "complex128": .float64, "complex32": .float16]

  /// The elements in row-major order. Contiguous, aligned elements are not copied. A complex tensor has real and imaginary
  /// parts along a last axis of 2.
  ///
  /// - Throws: `TorchFileError`.
  package func tensor(file: String, name: String) throws -> Tensor {
    func fault(_ detail: String) -> TorchFileError { .malformed(file: file, place: "tensor '\(name)'", detail: detail) }
    let isComplex = Self.halvesOfComplex[type] != nil
    guard let dtype = dtype ?? Self.halvesOfComplex[type] else {
      throw TorchFileError.unsupported(
        file: file, detail: "tensor '\(name)' has elements of type \(type), which have no counterpart", hint: nil)
    }
    guard sizes.count == strides.count, sizes.count <= 64, sizes.allSatisfy({ $0 >= 0 }), let count = sizes.checkedElementCount else {
      throw fault("the sizes \(sizes) with strides \(strides) are not valid")
    }
    let width = dtype.bits / 8 * (isComplex ? 2 : 1)
    let shape = isComplex ? sizes + [2] : sizes
    if count == 0 { return Tensor(zeros: dtype, shape) }
    // The position of the last element that the window reaches.
    var last = offset
    for (size, stride) in zip(sizes, strides) {
      let (step, over) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overSum) = last.addingReportingOverflow(step)
      guard !over, !overSum, stride >= 0 else { throw fault("the strides \(strides) are not valid") }
      last = sum
    }
    guard offset >= 0, last < storage.count / width else {
      throw fault("its elements reach position \(last), but \(storage.count / width) are stored")
    }
    // A window may repeat elements, but not without limit.
    guard count <= max(storage.count / width, 1 << 24) else { throw fault("\(count) elements of \(storage.count / width) stored ones") }
    defer { withExtendedLifetime(storage.owner) {} }
    let start = offset * width
    if isContiguous {
      let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[start..<start + count * width])
      if dtype == .bool { return Tensor(bytes.map { $0 != 0 }, shape: shape) }
      if let base = bytes.baseAddress, Int(bitPattern: base) % (dtype.bits / 8) == 0 {
        return Tensor(dtype: dtype, shape: shape, storage: TensorStorage(borrowing: bytes, owner: storage.owner))
      }
      return Tensor(dtype: dtype, shape: shape, bytes: bytes)
    }
    var result = Tensor(uninitialized: dtype, shape)
    result.withMutableBytes { out in
      guard let to = out.baseAddress, let from = storage.bytes.baseAddress else { return }
      var index = [Int](repeating: 0, count: sizes.count)
      var position = offset
      for i in 0..<count {
        (to + i * width).copyMemory(from: from + position * width, byteCount: width)
        for axis in sizes.indices.reversed() {
          index[axis] += 1
          position += strides[axis]
          if index[axis] < sizes[axis] { break }
          position -= strides[axis] * sizes[axis]
          index[axis] = 0
        }
      }
    }
    if dtype == .bool { return Tensor(result.withBytes { $0.map { $0 != 0 } }, shape: shape) }
    return result
  }

  private var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(sizes, strides).reversed() {
      if size != 1, stride != expected { return false }
      expected *= size
    }
    return true
  }
}
