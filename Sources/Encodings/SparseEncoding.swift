// SPDX-License-Identifier: Apache-2.0
// Sparsity: a bit mask and the values under its ones, `constexpr_sparse_to_dense` of iOS16 and iOS18.

import Tensors

/// The values at the ones of a mask, in row-major order; the rest is zero.
package struct SparseEncoding: Sendable, Equatable {
  /// Rank 1, one element per one of the mask: int4, uint4, int8, uint8, fp16 or fp32.
  package let nonzero: Tensor
  /// uint1, of the weight's shape.
  package let mask: Tensor

  package static let valueTypes: [DType] = [.int4, .uint4, .int8, .uint8, .float16, .float32]

  /// - Throws: `EncodingError` when types or counts do not fit.
  package init(nonzero: Tensor, mask: Tensor) throws(EncodingError) {
    try EncodingError.check("nonzero_data", nonzero.dtype, in: Self.valueTypes)
    try Self.check(mask: mask, part: "mask", values: nonzero, part: "nonzero_data")
    self.nonzero = nonzero
    self.mask = mask
  }

  /// iOS16's form: the mask packed in bytes, and the shape beside it.
  ///
  /// - Throws: `EncodingError`; also when bits behind the last element are set.
  package init(nonzero: Tensor, packedMask: Tensor, shape: Shape) throws(EncodingError) {
    try EncodingError.check("mask", packedMask.dtype, in: [.uint8])
    try EncodingError.check("nonzero_data", nonzero.dtype, in: [.int8, .uint8, .float16, .float32])
    guard packedMask.rank == 1 else {
      throw .rank(part: "mask", found: packedMask.rank, expected: "1")
    }
    let expected = try packedByteCount(of: shape, bits: 1)
    guard packedMask.count == expected else {
      throw .count(
        part: "mask", found: packedMask.count, expected: expected,
        because: "shape \(shape) takes that many bytes of bits")
    }
    let mask = packedMask.reinterpreted(as: .uint1, shape)
    guard mask.cleanBytes() == packedMask.withBytes({ Array($0) }) else {
      throw .padding(part: "mask", unused: mask.unusedBits)
    }
    try self.init(nonzero: nonzero, mask: mask)
  }

  /// Keeps the elements that are not zero; −0 counts as zero, NaN does not.
  ///
  /// - Precondition: the dense tensor is of one of `valueTypes`.
  package init(keepingNonzeroOf dense: Tensor) {
    let mask = dense.nonzeroMask()
    self.init(unchecked: dense.elements(under: mask), mask: mask)
  }

  private init(unchecked nonzero: Tensor, mask: Tensor) {
    self.nonzero = nonzero
    self.mask = mask
  }

  static func check(
    mask: Tensor, part maskPart: String, values: Tensor, part valuePart: String
  ) throws(EncodingError) {
    try EncodingError.check(maskPart, mask.dtype, in: [.uint1])
    guard values.rank == 1 else { throw .rank(part: valuePart, found: values.rank, expected: "1") }
    let ones = mask.onesCount
    guard values.count == ones else {
      throw .count(
        part: valuePart, found: values.count, expected: ones,
        because: "\(maskPart) has that many ones")
    }
  }

  package var shape: Shape { mask.shape }
  package var byteCount: Int { nonzero.byteCount + mask.byteCount }
  /// iOS16's form of the mask: the packed bytes as a vector of uint8, unused bits zero.
  package var packedMask: Tensor { Tensor(mask.cleanBytes()) }

  package func decoded() -> Tensor { nonzero.scattered(under: mask) }
}

extension Tensor {
  /// A `uint1` tensor that is one where this one is neither 0 nor −0.
  package func nonzeroMask() -> Tensor {
    var flags = [UInt8](repeating: 0, count: count)
    switch dtype {
    case .float16, .bfloat16:
      withBytes { mark(&flags, $0.bindMemory(to: UInt16.self), ignoring: 0x8000) }
    case .float32: withBytes { mark(&flags, $0.bindMemory(to: UInt32.self), ignoring: 0x8000_0000) }
    case .float64:
      withBytes { mark(&flags, $0.bindMemory(to: UInt64.self), ignoring: 0x8000_0000_0000_0000) }
    default: for (i, v) in integers().enumerated() where v != 0 { flags[i] = 1 }
    }
    return Tensor(codes: flags, dtype: .uint1, shape: shape)
  }

  private func mark<Bits: ElementBits>(
    _ flags: inout [UInt8], _ bits: UnsafeBufferPointer<Bits>, ignoring sign: Bits
  ) {
    for i in flags.indices where bits[i] & ~sign != 0 { flags[i] = 1 }
  }

  /// The elements under the ones of a mask of the same shape, as a vector.
  package func elements(under mask: Tensor) -> Tensor {
    precondition(mask.dtype == .uint1 && mask.shape == shape, "mask \(mask.shape) over \(shape)")
    guard dtype.bits >= 8 else {
      let kept = Tensor(codes(), shape: shape).elements(under: mask)
      return Tensor(codes: kept.codes(), dtype: dtype, shape: [kept.count])
    }
    switch dtype.bits {
    case 8: return gather(mask, UInt8.self)
    case 16: return gather(mask, UInt16.self)
    case 32: return gather(mask, UInt32.self)
    default: return gather(mask, UInt64.self)
    }
  }

  private func gather<Bits: ElementBits>(_ mask: Tensor, _ type: Bits.Type) -> Tensor {
    let bytes = mask.cleanBytes()
    var out = Tensor(uninitialized: dtype, [mask.onesCount])
    out.withMutableBytes { to in
      let to = to.bindMemory(to: Bits.self)
      withBytes { from in
        let from = from.bindMemory(to: Bits.self)
        var next = 0
        forEachOne(bytes) { i in
          to[next] = from[i]
          next += 1
        }
      }
    }
    return out
  }

  /// The inverse: a tensor of the mask's shape with these elements under its ones and zero elsewhere.
  ///
  /// - Precondition: as many elements as the mask has ones.
  package func scattered(under mask: Tensor) -> Tensor {
    guard dtype.bits >= 8 else {
      let spread = Tensor(codes(), shape: [count]).scattered(under: mask)
      return Tensor(codes: spread.codes(), dtype: dtype, shape: mask.shape)
    }
    switch dtype.bits {
    case 8: return scatter(mask, UInt8.self)
    case 16: return scatter(mask, UInt16.self)
    case 32: return scatter(mask, UInt32.self)
    default: return scatter(mask, UInt64.self)
    }
  }

  private func scatter<Bits: ElementBits>(_ mask: Tensor, _ type: Bits.Type) -> Tensor {
    let bytes = mask.cleanBytes()
    var out = Tensor(zeros: dtype, mask.shape)
    out.withMutableBytes { to in
      let to = to.bindMemory(to: Bits.self)
      withBytes { from in
        let from = from.bindMemory(to: Bits.self)
        precondition(
          bytes.reduce(0) { $0 + $1.nonzeroBitCount } <= from.count, "more ones than values")
        var next = 0
        forEachOne(bytes) { i in
          to[i] = from[next]
          next += 1
        }
      }
    }
    return out
  }
}
