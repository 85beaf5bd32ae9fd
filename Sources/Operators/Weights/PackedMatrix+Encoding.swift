// SPDX-License-Identifier: Apache-2.0
// Converts encoded weights to the form that the product kernels read.

import CKernels
import Encodings
import Kernels
import Tensors

extension PackedMatrix {
  /// Packs a weight of shape `[rows, columns]`; `nil` for encodings that no kernel supports, which must be decoded.
  ///
  /// The kernels multiply by exactly the elements that decoding produces.
  ///
  /// - Throws: `EncodingError` if the parts are inconsistent.
  init?(_ weight: EncodedWeight) throws(EncodingError) {
    guard Self.canHold(weight) else { return nil }
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    switch weight {
    case .affine(let encoding): self.init(bytes: try encoding.blockwise())
    case .blockwise(.dense(let data), let scale, let offset):
      let encoding = try BlockwiseEncoding(data: data, scale: scale, offset: offset)
      guard data.dtype.bits == 4, let blocks = try TiledBlocks(encoding) else {
        self.init(bytes: encoding)
        return
      }
      self.init(rows: rows, columns: columns, form: .tiles(blocks.tiles))
    case .palette(let indices, let lut, _):
      self.init(rows, columns, indices: indices, lut: try lut.decoded())
    case .sparse(let values):
      let decoded = try values.decoded()
      self.init(rows, columns, mask: decoded.mask, values: decoded.nonzero)
    case .blockwise, .dense, .widened: return nil
    }
  }

  /// Whether the kernels support a weight of this encoding and shape.
  static func canHold(_ weight: EncodedWeight) -> Bool {
    guard weight.shape.count == 2, weight.count > 0 else { return false }
    switch weight {
    case .affine(let encoding):
      return (encoding.axis == 0 || encoding.scale.count == 1 && encoding.zeroPoint.count == 1)
        && canRound(encoding.scale, encoding.zeroPoint)
    case .blockwise(.dense(let data), let scale, let offset):
      guard scale.rank == 2, scale.count > 0, scale.shape[1] == 1 || data.shape[1] / scale.shape[1] % 32 == 0 else { return false }
      switch data.dtype {
      case .int8, .uint8: return canRound(scale, offset)
      case .int4, .uint4: return scale.count <= Tiles.mostTables || canRound(scale, offset)
      default: return false
      }
    case .palette(let indices, .dense(let lut), _):
      guard lut.rank == 4, lut.shape[1] == 1, lut.shape[3] == 1, lut.shape[0] > 0, lut.shape[0] <= Tiles.mostTables else { return false }
      return indices.dtype.bits <= 4 || lut.shape[0] == 1 && lut.isExactInHalf
    case .sparse(.plain(_, let nonzero)): return nonzero.dtype == .float16 || nonzero.dtype == .float32
    default: return false
    }
  }

  /// Whether the kernel for 8-bit codes rounds like the decoder. This requires that differences of codes and zero
  /// points are exact and, for half-precision weights, that no product overflows.
  private static func canRound(_ scale: Tensor, _ offset: Tensor?) -> Bool {
    let zeros = offset?.floats() ?? []
    guard zeros.allSatisfy({ $0 == $0.rounded() && abs($0) <= 1024 }) else { return false }
    let most = 255 + (zeros.map(abs).max() ?? 0)
    return scale.dtype == .float32 || scale.floats().allSatisfy { abs($0) * most <= Float(Float16.greatestFiniteMagnitude) }
  }

  /// Packs codes of 4 or 8 bits as bytes, with scales of shape `[1 or rows or a divisor of rows, blocks]`.
  private init(bytes encoding: BlockwiseEncoding) {
    let (data, scale) = (encoding.data, encoding.scale)
    let (rows, columns) = (data.shape[0], data.shape[1])
    let middle: UInt8 = data.dtype.isSigned ? 128 : 0
    let rowsPerScale = rows / scale.shape[0]
    let blocks = scale.shape[1]
    func spread(_ values: [Float]) -> [Float] {
      (0..<rows).flatMap { row -> ArraySlice<Float> in
        let first = row / rowsPerScale * blocks
        return values[first..<first + blocks]
      }
    }
    let zeros = (encoding.offset?.floats() ?? Array(repeating: 0, count: scale.count)).map { $0 + Float(middle) }
    self.init(
      rows: rows, columns: columns,
      form: .bytes(
        Bytes(
          rows: rows, columns: columns, codes: middle == 0 ? data.codes() : data.codes().map { $0 &+ middle },
          scales: spread(scale.floats()),
          zeroPoints: spread(zeros), block: columns / blocks, isHalf: scale.dtype == .float16)))
  }

  private init(_ rows: Int, _ columns: Int, indices: Tensor, lut: Tensor) {
    let (tables, entries) = (lut.shape[0], lut.shape[2])
    let codes = indices.codes()
    guard entries <= 16 else {
      let table = Tensor(lut.floats() + Array(repeating: 0, count: 256 - entries)).cast(to: .float16)
      self.init(
        rows: rows, columns: columns,
        form: .bytePalette(
          codes: codes, table: Array(UnsafeBufferPointer(start: table.halves, count: 256)), entries: entries))
      return
    }
    let values = lut.floats()
    let padding = [Float](repeating: 0, count: 16 - entries)
    let padded = (0..<tables).flatMap { table -> [Float] in
      let first = table * entries
      return values[first..<first + entries] + padding
    }
    self.init(
      rows: rows, columns: columns,
      form: .tiles(
        Tiles(
          "table4", rows: rows, columns: columns, codes: codes, tables: padded,
          places: (0..<rows).map { UInt16($0 / (rows / tables)) }, block: columns)))
  }

  private init(_ rows: Int, _ columns: Int, mask: Tensor, values: Tensor) {
    let flags = mask.codes()
    let bytes = ck_mask_row_bytes(columns)
    var bits = [UInt8](repeating: 0, count: rows * bytes)
    var starts = [UInt64](repeating: 0, count: rows)
    var count = 0
    for r in 0..<rows {
      starts[r] = UInt64(count)
      for k in 0..<columns where flags[r * columns + k] != 0 {
        bits[r * bytes + k / 8] |= 1 << UInt8(k % 8)
        count += 1
      }
    }
    let floats = values.floats()
    if let table = Self.table(of: floats) {
      // An unused table entry represents masked elements, so no mask is needed.
      let spare = table.entries.count < 16
      let entries = table.entries + Array(repeating: 0, count: 16 - table.entries.count)
      var codes = [UInt8](repeating: spare ? 15 : 0, count: rows * columns)
      var next = 0
      for i in flags.indices where flags[i] != 0 {
        codes[i] = table.codes[next]
        next += 1
      }
      self.init(
        rows: rows, columns: columns,
        form: .tiles(
          Tiles(
            "sparse+table4", rows: rows, columns: columns, codes: codes, mask: spare ? [] : flags, tables: entries,
            places: Array(repeating: 0, count: rows), block: columns)))
    } else if values.dtype == .float16 {
      let halves = Array(UnsafeBufferPointer(start: values.halves, count: values.count))
      self.init(
        rows: rows, columns: columns,
        form: .sparseHalf(mask: bits, values: halves + Array(repeating: 0, count: 16), starts: starts))
    } else {
      self.init(
        rows: rows, columns: columns,
        form: .sparse(mask: bits, values: floats + Array(repeating: 0, count: 16), starts: starts))
    }
  }

  /// The values as indices into a table; `nil` if there are more than 16 distinct values.
  private static func table(of values: [Float]) -> (entries: [Float], codes: [UInt8])? {
    var known: [UInt32: UInt8] = [:]
    var entries: [Float] = []
    var codes: [UInt8] = []
    codes.reserveCapacity(values.count)
    for value in values {
      if let code = known[value.bitPattern] {
        codes.append(code)
        continue
      }
      guard entries.count < 16 else { return nil }
      known[value.bitPattern] = UInt8(entries.count)
      codes.append(UInt8(entries.count))
      entries.append(value)
    }
    return (entries, codes)
  }
}

extension Tensor {
  /// Whether every element can be represented exactly in half precision.
  fileprivate var isExactInHalf: Bool {
    dtype == .float16 || cast(to: .float16).floats() == floats()
  }
}
