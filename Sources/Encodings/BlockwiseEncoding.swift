// SPDX-License-Identifier: Apache-2.0
// Linear quantization in iOS18: `constexpr_blockwise_shift_scale`.

import CKernels
import Tensors

/// Codes with one scale and optionally one offset per block.
///
/// Value: `scale · (data − offset)`, computed in the scale's type. The scale has the data's rank; the block size
/// along an axis is the quotient of their extents.
package struct BlockwiseEncoding: Sendable, Equatable {
  /// int4, uint4, int8, uint8, fp16 or fp32; has the weight's shape.
  package let data: Tensor
  /// fp16 or fp32.
  package let scale: Tensor
  /// Has the scale's shape and the data's integer type, or a float type.
  package let offset: Tensor?

  package static let dataTypes: [DType] = [.int4, .uint4, .int8, .uint8, .float16, .float32]

  /// - Throws: `EncodingError` if types, ranks or sizes are inconsistent.
  package init(data: Tensor, scale: Tensor, offset: Tensor?) throws(EncodingError) {
    let own = data.dtype.isInteger ? [data.dtype] : []
    try self.init(
      data: data, scale: scale, offset: offset, offsetTypes: own + [.float16, .float32])
  }

  init(data: Tensor, scale: Tensor, offset: Tensor?, offsetTypes: [DType]) throws(EncodingError) {
    try EncodingError.check("data", data.dtype, in: Self.dataTypes)
    try Self.check(scale: scale, offset: offset, offsetTypes: offsetTypes)
    guard data.rank > 0 else { throw .rank(part: "data", found: 0, expected: "1 or more") }
    guard data.rank == scale.rank else {
      throw .rank(part: "scale", found: scale.rank, expected: "\(data.rank), as data")
    }
    _ = try BlockGrid(data.shape, into: scale.shape, part: "data")
    self.data = data
    self.scale = scale
    self.offset = offset
  }

  private static func check(scale: Tensor, offset: Tensor?, offsetTypes: [DType])
    throws(EncodingError)
  {
    try EncodingError.check("scale", scale.dtype, in: [.float16, .float32])
    guard let offset else { return }
    try EncodingError.check("offset", offset.dtype, in: offsetTypes)
    guard offset.shape == scale.shape else {
      throw .shape(part: "offset", found: offset.shape, expected: "\(scale.shape), as scale")
    }
  }

  package var byteCount: Int { data.byteCount + scale.byteCount + (offset?.byteCount ?? 0) }

  /// The decoded weight, in the scale's type.
  package func decoded() throws(EncodingError) -> Tensor { try decoded(subtractingInFloat: false) }

  /// - Parameter subtractingInFloat: whether `data − offset` keeps 32 bits if the scale has 16 (iOS16's rule).
  func decoded(subtractingInFloat: Bool) throws(EncodingError) -> Tensor {
    let grid = try BlockGrid(data.shape, into: scale.shape, part: "data")
    let scales = scale.floats()
    let isHalf = scale.dtype == .float16
    if data.dtype.isFloat || (isHalf && !subtractingInFloat && offset?.dtype.isFloat == true) {
      return decodedStepwise(grid, roundingDifference: isHalf && !subtractingInFloat)
    }
    // For integer codes and offsets the difference is exact, and one 32-bit product rounds like a 16-bit one.
    let offsets = offset?.floats()
    let codes = data.codes()
    return codes.withUnsafeBufferPointer { codes in
      assemble(grid, isHalf: isHalf) { row, out in
        if data.dtype.isSigned {
          let signed = UnsafeRawBufferPointer(codes).assumingMemoryBound(to: Int8.self)
          shiftScale(row, signed, scales, offsets, out)
        } else {
          shiftScale(row, codes, scales, offsets, out)
        }
      }
    }
  }

  /// The decoded weight with rounding after the difference, for codes that may be floats.
  private func decodedStepwise(_ grid: BlockGrid, roundingDifference: Bool) -> Tensor {
    var values = data.dtype.isFloat ? data.cast(to: scale.dtype).floats() : data.floats()
    if let offsets = offset?.floats() {
      grid.forEachRun { start, count, block in
        for i in start..<start + count { values[i] -= offsets[block] }
      }
      if roundingDifference { values = Tensor(values).cast(to: .float16).floats() }
    }
    let scales = scale.floats()
    return values.withUnsafeBufferPointer { values in
      assemble(grid, isHalf: scale.dtype == .float16) { row, out in
        shiftScale(row, values, scales, nil, out)
      }
    }
  }

  /// A tensor of the scale's type whose rows are written as floats by `fill`.
  private func assemble(
    _ grid: BlockGrid, isHalf: Bool, _ fill: (BlockGrid.Row, UnsafeMutablePointer<Float>) -> Void
  ) -> Tensor {
    var out = Tensor(uninitialized: scale.dtype, data.shape)
    var buffer: [Float] = []
    out.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      grid.forEachRow { row in
        guard isHalf else {
          fill(row, base.assumingMemoryBound(to: Float.self) + row.start)
          return
        }
        if buffer.count < row.count { buffer = [Float](repeating: 0, count: row.count) }
        buffer.withUnsafeMutableBufferPointer { floats in
          guard let floats = floats.baseAddress else { return }
          fill(row, floats)
          ck_float_to_half(base.assumingMemoryBound(to: UInt16.self) + row.start, floats, row.count)
        }
      }
    }
    return out
  }
}

/// An element type of codes.
protocol CodeNumber: Sendable { var float: Float { get } }
extension UInt8: CodeNumber { @inline(__always) var float: Float { Float(self) } }
extension Int8: CodeNumber { @inline(__always) var float: Float { Float(self) } }
extension Float: CodeNumber { @inline(__always) var float: Float { self } }

/// `out[j] = scale · (code − offset)` along one row.
private func shiftScale<Code: CodeNumber>(
  _ row: BlockGrid.Row, _ codes: UnsafeBufferPointer<Code>, _ scales: [Float], _ offsets: [Float]?,
  _ out: UnsafeMutablePointer<Float>
) {
  guard let codes = codes.baseAddress.map({ $0 + row.start }) else { return }
  scales.withUnsafeBufferPointer { scales in
    if row.blockSize == 1 {
      for j in 0..<row.count {
        out[j] = scales[row.block + j] * (codes[j].float - (offsets?[row.block + j] ?? 0))
      }
      return
    }
    var j = 0
    var block = row.block
    while j < row.count {
      let scale = scales[block]
      let offset = offsets?[block] ?? 0
      for i in j..<j + row.blockSize { out[i] = scale * (codes[i].float - offset) }
      j += row.blockSize
      block += 1
    }
  }
}
