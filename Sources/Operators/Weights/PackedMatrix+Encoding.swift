// SPDX-License-Identifier: Apache-2.0
// From a weight as the program stores it to the form that the loops of products read.

import CKernels
import Encodings
import Kernels
import Tensors

extension PackedMatrix {
  /// Packs a weight `[rows, columns]`; `nil` for encodings that no loop reads, which are to be decoded.
  ///
  /// - Throws: `EncodingError` when the parts do not fit.
  init?(_ weight: EncodedWeight) throws(EncodingError) {
    guard Self.canHold(weight) else { return nil }
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    switch weight {
    case .affine(let encoding):
      let blockwise = try encoding.blockwise()
      self.init(blockwise.data, scale: blockwise.scale, offset: blockwise.offset)
    case .blockwise(let data, let scale, let offset):
      self.init(try data.decoded(), scale: scale, offset: offset)
    case .palette(let indices, let lut, _):
      self.init(rows, columns, indices: indices, lut: try lut.decoded())
    case .sparse(let values):
      let decoded = try values.decoded()
      self.init(rows, columns, mask: decoded.mask, values: decoded.nonzero)
    case .dense, .widened: return nil
    }
  }

  /// Whether the loops read a weight of this encoding and shape.
  static func canHold(_ weight: EncodedWeight) -> Bool {
    guard weight.shape.count == 2, weight.count > 0 else { return false }
    switch weight {
    case .affine(let encoding): return encoding.axis == 0 || encoding.scale.count == 1 && encoding.zeroPoint.count == 1
    case .blockwise(.dense(let data), let scale, _):
      guard [.int4, .uint4, .int8, .uint8].contains(data.dtype), scale.rank == 2, scale.count > 0 else { return false }
      return scale.shape[1] == 1 || data.shape[1] / scale.shape[1] % 32 == 0
    case .palette(let indices, .dense(let lut), _):
      guard lut.rank == 4, lut.shape[1] == 1, lut.shape[3] == 1, lut.shape[0] > 0 else { return false }
      return indices.dtype.bits <= 4 || lut.shape[0] == 1 && lut.isExactInHalf
    case .sparse(.plain(_, let nonzero)): return nonzero.dtype == .float16 || nonzero.dtype == .float32
    default: return false
    }
  }

  /// Codes with scales `[1 or rows or a divisor of it, blocks]`.
  private init(_ data: Tensor, scale: Tensor, offset: Tensor?) {
    let (rows, columns) = (data.shape[0], data.shape[1])
    let middle: UInt8 = data.dtype.isSigned ? (data.dtype.bits == 4 ? 8 : 128) : 0
    let mask: UInt8 = data.dtype.bits == 4 ? 15 : 255
    let codes = middle == 0 ? data.codes() : data.codes().map { ($0 &+ middle) & mask }
    // Blocks of a size that the loops are fast with; a row of a single block may end within it.
    let stored = scale.shape[1] == 1 ? columns : columns / scale.shape[1]
    let block = scale.shape[1] == 1 ? (columns + 127) / 128 * 128 : stored % 128 == 0 ? stored : 32
    let blocks = (columns + block - 1) / block
    let rowsPerScale = rows / scale.shape[0]
    func spread(_ values: [Float]) -> [Float] {
      (0..<rows).flatMap { r in
        (0..<blocks).map { b in values[r / rowsPerScale * scale.shape[1] + b * block / stored] }
      }
    }
    let zeros = (offset?.floats() ?? Array(repeating: 0, count: scale.count)).map { $0 + Float(middle) }
    self.init(
      rows: rows, columns: columns,
      form: .blocks(
        bits: data.dtype.bits, codes: data.dtype.bits == 4 ? Self.nibbles(codes, rows, columns) : codes,
        scales: spread(scale.floats()), zeroPoints: spread(zeros), block: block))
  }

  private init(_ rows: Int, _ columns: Int, indices: Tensor, lut: Tensor) {
    let (tables, entries) = (lut.shape[0], lut.shape[2])
    let codes = indices.codes()
    guard entries <= 16 else {
      let table = Tensor(lut.floats() + Array(repeating: 0, count: 256 - entries)).cast(to: .float16)
      self.init(
        rows: rows, columns: columns,
        form: .bytePalette(codes: codes, table: Array(UnsafeBufferPointer(start: table.halves, count: 256))))
      return
    }
    let values = lut.floats()
    let padded = (0..<tables).flatMap { t in
      values[t * entries..<(t + 1) * entries] + Array(repeating: 0, count: 16 - entries)
    }
    self.init(
      rows: rows, columns: columns,
      form: .palette(codes: Self.nibbles(codes, rows, columns), tables: padded, rowsPerTable: rows / tables))
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
      var codes = [UInt8](repeating: 0, count: rows * columns)
      var next = 0
      for i in flags.indices where flags[i] != 0 {
        codes[i] = table.codes[next]
        next += 1
      }
      self.init(
        rows: rows, columns: columns,
        form: .maskedPalette(codes: Self.nibbles(codes, rows, columns), mask: bits, table: table.entries))
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

  /// The values as indices into a table of 16, where they are no more different ones.
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
    return (entries + Array(repeating: 0, count: 16 - entries.count), codes)
  }

  private static func nibbles(_ codes: [UInt8], _ rows: Int, _ columns: Int) -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: rows * ck_nibble_row_bytes(columns))
    ck_pack_nibbles(&packed, codes, rows, columns)
    return packed
  }
}

extension Tensor {
  /// Whether half precision holds every element.
  fileprivate var isExactInHalf: Bool {
    dtype == .float16 || cast(to: .float16).floats() == floats()
  }
}
