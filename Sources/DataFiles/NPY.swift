// SPDX-License-Identifier: Apache-2.0
// Reading and writing `.npy` files.

import Files
import Tensors

/// NumPy's file format for one array.
package enum NPY {
  /// Loads the array. Little-endian row-major elements stay in the mapped file; others are converted.
  ///
  /// Elements: float16, float32, float64, bool, integers of 8 to 64 bits, in either byte order and either
  /// axis order. Bytes after the array are ignored, as NumPy does.
  ///
  /// - Throws: `DataFileError` with file and offset.
  package static func read(_ path: String, limits: DataLimits = DataLimits()) throws -> Tensor {
    let file = try DataFileError.wrapping { try MappedFile(path) }
    let header = try NPYHeader(parsing: file.bytes, file: path)
    let available = file.bytes.count - header.dataOffset
    guard header.byteCount <= available else {
      throw DataFileError.damaged(
        file: path, offset: file.bytes.count,
        problem: "the array \(header.dtype)\(header.shape) takes \(header.byteCount) bytes, only \(available) follow the header")
    }
    let data = UnsafeRawBufferPointer(rebasing: file.bytes[header.dataOffset...].prefix(header.byteCount))
    if isPlain(header), header.dataOffset % max(header.dtype.bits / 8, 1) == 0 {
      return Tensor(dtype: header.dtype, shape: header.shape, storage: TensorStorage(borrowing: data, owner: file))
    }
    guard header.byteCount <= limits.arrayBytes else {
      throw DataFileError.tooLarge(file: path, bytes: header.byteCount, limit: limits.arrayBytes)
    }
    return rowMajor(Tensor(dtype: header.dtype, shape: header.shape, bytes: data), header)
  }

  /// Writes the array as version 1, little-endian, row-major; an existing file is replaced only by a complete new one.
  ///
  /// - Throws: `DataFileError.cannotStore` for sub-byte, bfloat16 and 8-bit float elements, `cannotWrite`.
  package static func write(_ tensor: Tensor, to path: String) throws {
    let header = try NPYHeader(dtype: tensor.dtype, shape: tensor.shape).encoded()
    try header.withUnsafeBytes { header in
      try tensor.withBytes { elements in
        try DataFileError.wrapping { try FileReplacement.replace(path, with: [header, elements]) }
      }
    }
  }

  /// Whether the bytes can be used unchanged. A `bool` cannot: a file may contain bytes other than 0 and 1.
  private static func isPlain(_ header: NPYHeader) -> Bool {
    !header.isBigEndian && header.dtype != .bool && (!header.isFortranOrder || header.shape.count < 2)
  }

  /// Converts elements laid out as the header describes to native byte order and row-major order.
  static func rowMajor(_ stored: Tensor, _ header: NPYHeader) -> Tensor {
    var tensor = stored
    if header.dtype == .bool { tensor.withMutableBytes { for i in $0.indices where $0[i] > 1 { $0[i] = 1 } } }
    if header.isBigEndian { swapBytes(&tensor) }
    if header.isFortranOrder, header.shape.count >= 2 { tensor = transposed(tensor) }
    return tensor
  }

  private static func swapBytes(_ tensor: inout Tensor) {
    func swap<T: FixedWidthInteger>(_ type: T.Type, _ raw: UnsafeMutableRawBufferPointer) {
      let elements = raw.bindMemory(to: T.self)
      for i in elements.indices { elements[i] = elements[i].byteSwapped }
    }
    let bits = tensor.dtype.bits
    tensor.withMutableBytes { raw in
      switch bits {
      case 16: swap(UInt16.self, raw)
      case 32: swap(UInt32.self, raw)
      case 64: swap(UInt64.self, raw)
      default: break
      }
    }
  }

  /// Converts column-major to row-major; the shape is unchanged.
  private static func transposed(_ source: Tensor) -> Tensor {
    func copy<T: BitwiseCopyable>(_ type: T.Type) -> Tensor {
      let shape = source.shape
      var strides = Shape(repeating: 1, count: shape.count)
      for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
      var out = Tensor(uninitialized: source.dtype, shape)
      out.withMutableBytes { to in
        source.withBytes { from in
          let to = to.bindMemory(to: T.self)
          let from = from.bindMemory(to: T.self)
          var index = Shape(repeating: 0, count: shape.count)
          var at = 0
          for i in to.indices {
            to[i] = from[at]
            var axis = shape.count - 1
            while axis >= 0 {
              index[axis] += 1
              at += strides[axis]
              if index[axis] < shape[axis] { break }
              at -= strides[axis] * shape[axis]
              index[axis] = 0
              axis -= 1
            }
          }
        }
      }
      return out
    }
    switch source.dtype.bits {
    case 8: return copy(UInt8.self)
    case 16: return copy(UInt16.self)
    case 32: return copy(UInt32.self)
    default: return copy(UInt64.self)
    }
  }
}
