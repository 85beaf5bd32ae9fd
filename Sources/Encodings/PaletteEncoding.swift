// SPDX-License-Identifier: Apache-2.0
// Palettization: indices into lookup tables, `constexpr_lut_to_dense` of iOS16 and iOS18.

import Tensors

/// Indices into lookup tables, one table for the tensor or one per block of it.
///
/// `lut` has shape `counts + [2^bits, vectorSize]`, `counts` being the number of tables along each axis. With
/// `vectorSize` 1 the value is `lut[table][index]`. Larger vectors lie along `vectorAxis`: the value's extent there is
/// `vectorSize` times that of the indices.
package struct PaletteEncoding: Sendable, Equatable {
  /// uint1, 2, 3, 4, 6 or 8.
  package let indices: Tensor
  /// int8, uint8, fp16 or fp32.
  package let lut: Tensor
  /// Counted from the front; `nil` for scalars.
  package let vectorAxis: Int?

  package static let tableTypes: [DType] = [.uint8, .int8, .float16, .float32]
  package static let indexTypes: [DType] = [.uint1, .uint2, .uint3, .uint4, .uint6, .uint8]

  /// - Throws: `EncodingError` if types, ranks or sizes are inconsistent; `vectorAxis` may be negative.
  package init(indices: Tensor, lut: Tensor, vectorAxis: Int? = nil) throws(EncodingError) {
    try Self.check(
      indexType: indices.dtype, indexShape: indices.shape, lut: lut, vectorAxis: vectorAxis,
      part: "indices")
    self.indices = indices
    self.lut = lut
    self.vectorAxis = vectorAxis.flatMap { indices.shape.normalizedAxis($0) }
  }

  /// Decodes iOS16's form: indices packed in bytes, one table of rank 1, and a separate shape.
  ///
  /// - Throws: `EncodingError`. iOS16 supports 1, 2, 4, 6 and 8 bits.
  package init(packed: Tensor, lut: Tensor, shape: Shape) throws(EncodingError) {
    try EncodingError.check("indices", packed.dtype, in: [.uint8])
    guard packed.rank == 1 else { throw .rank(part: "indices", found: packed.rank, expected: "1") }
    guard lut.rank == 1 else { throw .rank(part: "lut", found: lut.rank, expected: "1") }
    let bits = lut.count.trailingZeroBitCount
    guard [2, 4, 16, 64, 256].contains(lut.count), let dtype = DType(indexBits: bits) else {
      throw .shape(part: "lut", found: lut.shape, expected: "2, 4, 16, 64 or 256 entries")
    }
    let expected = try packedByteCount(of: shape, bits: bits)
    guard packed.count == expected else {
      throw .count(
        part: "indices", found: packed.count, expected: expected,
        because: "shape \(shape) at \(bits) bits takes that many bytes")
    }
    try self.init(
      indices: packed.reinterpreted(as: dtype, shape),
      lut: lut.reshaped(Shape(repeating: 1, count: shape.count) + [lut.count, 1]))
  }

  /// iOS16's form of the indices: the packed bytes as a vector of uint8.
  package var packedIndices: Tensor { indices.reinterpreted(as: .uint8, [indices.byteCount]) }

  /// Whether there is a single table of scalars, which is all that iOS16 supports.
  package var isSingleTable: Bool { lut.count == lut.shape[lut.rank - 2] }

  /// The weight's shape.
  package var shape: Shape {
    Self.shape(of: indices.shape, vectorSize: vectorSize, vectorAxis: vectorAxis)
  }
  package var bits: Int { indices.dtype.bits }
  package var vectorSize: Int { lut.shape[lut.rank - 1] }
  /// Number of tables along each axis of the indices.
  package var tableCounts: Shape { Shape(lut.shape.dropLast(2)) }
  package var byteCount: Int { indices.byteCount + lut.byteCount }

  static func shape(of indices: Shape, vectorSize: Int, vectorAxis: Int?) -> Shape {
    var shape = indices
    if let vectorAxis { shape[vectorAxis] *= vectorSize }
    return shape
  }

  static func check(
    indexType: DType, indexShape: Shape, lut: Tensor, vectorAxis: Int?, part: String
  ) throws(EncodingError) {
    try EncodingError.check(part, indexType, in: indexTypes)
    try EncodingError.check("lut", lut.dtype, in: tableTypes)
    guard !indexShape.isEmpty else { throw .rank(part: part, found: 0, expected: "1 or more") }
    guard lut.rank == indexShape.count + 2 else {
      throw .rank(
        part: "lut", found: lut.rank, expected: "\(indexShape.count + 2), two more than \(part)")
    }
    _ = try BlockGrid(indexShape, into: Shape(lut.shape.dropLast(2)), part: part)
    let entries = lut.shape[lut.rank - 2]
    guard entries == 1 << indexType.bits else {
      throw .shape(
        part: "lut", found: lut.shape,
        expected: "\(1 << indexType.bits) entries, as \(part) is \(indexType.name)")
    }
    guard lut.shape[lut.rank - 1] > 0 else {
      throw .shape(part: "lut", found: lut.shape, expected: "a vector size of 1 or more")
    }
    if let vectorAxis {
      guard let axis = indexShape.normalizedAxis(vectorAxis) else {
        throw .axis(part: "vector_axis", found: vectorAxis, rank: indexShape.count)
      }
      guard !indexShape[axis].multipliedReportingOverflow(by: lut.shape[lut.rank - 1]).overflow
      else {
        throw .extent(part: "vector axis", found: indexShape)
      }
    } else if lut.shape[lut.rank - 1] > 1 {
      throw .vectorAxisMissing(vectorSize: lut.shape[lut.rank - 1])
    }
  }

  /// The decoded weight, in the dtype of the table.
  package func decoded() throws(EncodingError) -> Tensor {
    switch lut.dtype.bits {
    case 8: try lookUp(UInt8.self)
    case 16: try lookUp(UInt16.self)
    default: try lookUp(UInt32.self)
    }
  }

  private func lookUp<Bits: ElementBits>(_ type: Bits.Type) throws(EncodingError) -> Tensor {
    let grid = try BlockGrid(indices.shape, into: tableCounts, part: "indices")
    var out = Tensor(uninitialized: lut.dtype, shape)
    out.withMutableBytes { bytes in
      let out = bytes.bindMemory(to: Bits.self)
      lut.withBytes { table in
        let table = table.bindMemory(to: Bits.self)
        guard let to = out.baseAddress, let table = table.baseAddress else { return }
        if vectorSize > 1 {
          gatherVectors(grid, table, to)
        } else if bits == 4 && grid.blockCount == 1 {
          gatherNibbles(table, to)
        } else {
          gatherScalars(grid, table, to)
        }
      }
    }
    return out
  }

  private func gatherScalars<Bits: ElementBits>(
    _ grid: BlockGrid, _ table: UnsafePointer<Bits>, _ out: UnsafeMutablePointer<Bits>
  ) {
    let entries = 1 << bits
    indices.codes().withUnsafeBufferPointer { codes in
      guard let codes = codes.baseAddress else { return }
      grid.forEachRow { row in
        var j = 0
        var table = table + row.block * entries
        while j < row.count {
          for i in row.start + j..<row.start + j + row.blockSize { out[i] = table[Int(codes[i])] }
          j += row.blockSize
          table += entries
        }
      }
    }
  }

  /// One table of sixteen: two elements per byte, without unpacking first.
  private func gatherNibbles<Bits: ElementBits>(
    _ table: UnsafePointer<Bits>, _ out: UnsafeMutablePointer<Bits>
  ) {
    let count = indices.count
    let pairs = (0..<256).map { (table[$0 & 15], table[$0 >> 4]) }
    indices.withBytes { packed in
      pairs.withUnsafeBufferPointer { pairs in
        out.withMemoryRebound(to: (Bits, Bits).self, capacity: count / 2) { out in
          for i in 0..<count / 2 { out[i] = pairs[Int(packed[i])] }
        }
      }
      if count % 2 == 1 { out[count - 1] = table[Int(packed[count / 2] & 15)] }
    }
  }

  private func gatherVectors<Bits: ElementBits>(
    _ grid: BlockGrid, _ table: UnsafePointer<Bits>, _ out: UnsafeMutablePointer<Bits>
  ) {
    let size = vectorSize
    let axis = vectorAxis ?? 0
    let inner = Shape(indices.shape.dropFirst(axis + 1)).elementCount
    let entries = 1 << bits
    indices.codes().withUnsafeBufferPointer { codes in
      grid.forEachRun { start, count, block in
        let table = table + block * entries * size
        for i in start..<start + count {
          let vector = table + Int(codes[i]) * size
          // The position of index i is (before, i % inner) around the vector axis. Its vector starts at `size` times
          // the outer offset.
          let first = (i / inner) * size * inner + i % inner
          for v in 0..<size { out[first + v * inner] = vector[v] }
        }
      }
    }
  }
}

/// The size in bytes of a tensor of `shape` with the given number of bits per element.
func packedByteCount(of shape: Shape, bits: Int) throws(EncodingError) -> Int {
  guard let count = shape.checkedElementCount, count <= Int.max / 16 else {
    throw EncodingError.extent(part: "shape", found: shape)
  }
  return (count * bits + 7) / 8
}
