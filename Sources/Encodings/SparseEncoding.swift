// SPDX-License-Identifier: Apache-2.0
// Sparsity: a bit mask and the nonzero values, `constexpr_sparse_to_dense` of iOS16 and iOS18.

import CKernels
import Tensors

/// The values at the ones of a mask, in row-major order; all other elements are zero.
package struct SparseEncoding: Sendable, Equatable {
  /// Rank 1, one element per one in the mask: int4, uint4, int8, uint8, fp16 or fp32.
  package let nonzero: Tensor
  /// uint1, with the weight's shape.
  package let mask: Tensor

  package static let valueTypes: [DType] = [.int4, .uint4, .int8, .uint8, .float16, .float32]

  /// - Throws: `EncodingError` if types or counts are inconsistent.
  package init(nonzero: Tensor, mask: Tensor) throws(EncodingError) {
    try EncodingError.check("nonzero_data", nonzero.dtype, in: Self.valueTypes)
    try Self.check(mask: mask, part: "mask", values: nonzero, part: "nonzero_data")
    self.nonzero = nonzero
    self.mask = mask
  }

  /// iOS16's form: the mask packed in bytes, and a separate shape.
  ///
  /// - Throws: `EncodingError`; also if padding bits after the last element are set.
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

  /// Keeps the nonzero elements; −0 counts as zero, NaN does not.
  ///
  /// - Precondition: the dense tensor has one of `valueTypes`.
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
  /// iOS16's form of the mask: the packed bytes as a vector of uint8, padding bits zero.
  package var packedMask: Tensor { Tensor(mask.cleanBytes()) }

  package func decoded() -> Tensor { nonzero.scattered(under: mask) }
}

extension Tensor {
  /// A `uint1` mask of the elements that are neither 0 nor −0.
  package func nonzeroMask() -> Tensor {
    switch dtype {
    case .float16, .bfloat16: mask { ck_mask_bits16($0, $1.assumingMemoryBound(to: UInt16.self), 0x7FFF, count) }
    case .float32: mask { ck_mask_bits32($0, $1.assumingMemoryBound(to: UInt32.self), 0x7FFF_FFFF, count) }
    default: Tensor(codes: doubles().map { $0 != 0 ? 1 : 0 }, dtype: .uint1, shape: shape)
    }
  }

  private func mask(_ fill: (UnsafeMutablePointer<UInt8>, UnsafeRawPointer) -> Void) -> Tensor {
    var mask = Tensor(uninitialized: .uint1, shape)
    mask.withMutableBytes { bits in
      withBytes { bytes in
        guard let bits = bits.baseAddress, let bytes = bytes.baseAddress else { return }
        fill(bits.assumingMemoryBound(to: UInt8.self), bytes)
      }
    }
    return mask
  }

  /// The elements at the ones of a mask of the same shape, as a vector.
  package func elements(under mask: Tensor) -> Tensor {
    precondition(mask.dtype == .uint1 && mask.shape == shape, "mask \(mask.shape) over \(shape)")
    guard dtype.bits >= 8 else {
      let kept = Tensor(codes(), shape: shape).elements(under: mask)
      return Tensor(codes: kept.codes(), dtype: dtype, shape: [kept.count])
    }
    var out = Tensor(uninitialized: dtype, [mask.onesCount])
    out.move(from: self, mask, count: count, ck_take8, ck_take16, ck_take32)
    return out
  }

  /// The inverse: a tensor of the mask's shape with these elements at its ones and zero elsewhere.
  ///
  /// - Precondition: the mask has as many ones as there are elements.
  package func scattered(under mask: Tensor) -> Tensor {
    precondition(mask.onesCount <= count, "more ones than values")
    guard dtype.bits >= 8 else {
      let spread = Tensor(codes(), shape: [count]).scattered(under: mask)
      return Tensor(codes: spread.codes(), dtype: dtype, shape: mask.shape)
    }
    var out = Tensor(uninitialized: dtype, mask.shape)
    out.move(from: self, mask, count: mask.count, ck_put8, ck_put16, ck_put32)
    return out
  }

  private typealias Move<Bits> = (UnsafeMutablePointer<Bits>?, UnsafePointer<Bits>?, UnsafePointer<UInt8>?, Int) -> Int

  /// Fills this tensor with the loop for the element width.
  private mutating func move(
    from source: Tensor, _ mask: Tensor, count: Int, _ bytes: Move<UInt8>, _ halves: Move<UInt16>, _ words: Move<UInt32>
  ) {
    let bits = dtype.bits
    precondition(bits <= 32, "\(dtype) has no sparse form")
    withMutableBytes { to in
      source.withBytes { from in
        mask.withBytes { mask in
          let mask = mask.bindMemory(to: UInt8.self).baseAddress
          func run<Bits>(_ loop: Move<Bits>) {
            _ = loop(to.bindMemory(to: Bits.self).baseAddress, from.bindMemory(to: Bits.self).baseAddress, mask, count)
          }
          switch bits {
          case 8: run(bytes)
          case 16: run(halves)
          default: run(words)
          }
        }
      }
    }
  }
}
