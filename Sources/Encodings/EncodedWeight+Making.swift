// SPDX-License-Identifier: Apache-2.0
// Encodings from parts as a script computes them: codes of any integer type, scales of any compatible shape.

import Tensors

extension EncodedWeight {
  /// `scale · (codes − offset)`.
  ///
  /// - Parameters:
  ///   - codes: whole numbers with the weight's shape, or an encoding that decodes to codes or to floats.
  ///   - scale: one number, one for each block (a tensor of the rank of the codes), or one for each index of `axis`.
  ///   - offset: as `scale`; `nil` for none.
  ///   - axis: the axis of a scale with one axis; 0 by default.
  ///   - dtype: the element type of the codes; by default that of `codes`, or the narrowest that holds them.
  ///   - keepsFloats: whether codes that are floats stay floats, as in tables with a scale, instead of becoming integers.
  /// - Throws: `EncodingError` for codes that no type holds, and for parts that do not fit each other.
  package static func quantized(
    codes: EncodedWeight, scale: Tensor, offset: Tensor? = nil, axis: Int? = nil, dtype: DType? = nil, keepsFloats: Bool = false
  ) throws(EncodingError) -> EncodedWeight {
    let shape = codes.shape
    let codes = keepsFloats && codes.dtype.isFloat ? codes : try codes.storedAsCodes(dtype)
    let scale = try scale.asFloats("scale").blocks("scale", over: shape, axis: axis)
    let offset = try offset.map { (given) throws(EncodingError) in
      try given.blocks("offset", over: shape, axis: axis).repeated("offset", to: scale.shape).asOffset(of: codes.dtype, scale.dtype)
    }
    return try EncodedWeight.blockwise(data: codes, scale: scale, offset: offset).checked()
  }

  /// `lut[indices]`.
  ///
  /// - Parameters:
  ///   - indices: whole numbers from 0; one for each element, or for each vector.
  ///   - lut: `[entries]` or `[entries, vector size]` for one table, `[tables, entries]` or `[tables, entries, vector
  ///     size]` for tables along `axis`, or the form of files: the number of tables along each axis, then entries and
  ///     vector size. A table of a length between those of the format is filled up with zeros.
  ///   - vectorAxis: the axis along which vectors lie.
  ///   - axis: the axis along which there are several tables.
  /// - Throws: `EncodingError` for parts that do not fit each other.
  package static func palettized(
    indices: Tensor, lut: EncodedWeight, vectorAxis: Int? = nil, axis: Int? = nil
  ) throws(EncodingError) -> EncodedWeight {
    let lut = try lut.tables("lut", over: indices.shape, vectorAxis: vectorAxis, axis: axis)
    let bits = DType.indexWidths.first { 1 << $0 >= lut.shape[lut.shape.count - 2] }
    guard let bits, let type = DType(indexBits: bits) else {
      throw .shape(part: "lut", found: lut.shape, expected: "1 to 256 entries")
    }
    let axis = vectorAxis.flatMap { indices.shape.normalizedAxis($0) }
    if let vectorAxis, axis == nil { throw .axis(part: "vector_axis", found: vectorAxis, rank: indices.rank) }
    return try EncodedWeight.palette(
      indices: indices.asIntegers("indices", type, below: lut.shape[lut.shape.count - 2]), lut: try lut.filledUp(to: 1 << bits),
      vectorAxis: axis
    ).checked()
  }

  /// The values at the ones of a mask.
  ///
  /// - Parameters:
  ///   - mask: ones and zeros with the weight's shape; `nil` for the elements that are not zero.
  ///   - values: a vector with an element for each one of the mask, or a tensor of the weight's shape.
  /// - Throws: `EncodingError` for parts that do not fit each other.
  package static func sparse(mask: Tensor?, values: Tensor) throws(EncodingError) -> EncodedWeight {
    let values = values.dtype.isInteger && SparseEncoding.valueTypes.contains(values.dtype) ? values : try values.asFloats("values")
    let mask = try mask?.asMask() ?? values.nonzeroMask()
    let isVector = values.rank == 1 && (mask.rank != 1 || values.count != mask.count || values.count == mask.onesCount)
    guard isVector || values.shape == mask.shape else {
      throw .shape(part: "values", found: values.shape, expected: "[\(mask.onesCount)], one for each one of mask, or \(mask.shape)")
    }
    return try EncodedWeight.sparse(.plain(mask: mask, nonzero: isVector ? values : values.elements(under: mask))).checked()
  }

  /// 16-bit floats that the model casts to 32 bits (`constexpr_cast`).
  package static func cast(values: Tensor) throws(EncodingError) -> EncodedWeight {
    try EncodingError.check("values", values.dtype, in: [.float16])
    return .cast(values)
  }

  /// This encoding, if its parts fit each other.
  package func checked() throws(EncodingError) -> EncodedWeight {
    _ = try decoded()
    return self
  }

  // MARK: Parts

  func storedAsCodes(_ dtype: DType?) throws(EncodingError) -> EncodedWeight {
    guard case .dense(let tensor) = self else {
      if let dtype, dtype != self.dtype { throw .dtype(part: "codes", found: self.dtype, allowed: [dtype]) }
      return self
    }
    let allowed: [DType] = [.int4, .uint4, .int8, .uint8]
    if let dtype {
      try EncodingError.check("dtype", dtype, in: allowed)
      return .dense(try tensor.asIntegers("codes", dtype))
    }
    if allowed.contains(tensor.dtype) { return self }
    if tensor.dtype.isSubByte { throw .tooNarrow(tensor.dtype) }
    for dtype in allowed where tensor.unfitElement(for: dtype) == nil { return .dense(tensor.cast(to: dtype)) }
    // The error names the first element that the widest type does not hold.
    return .dense(try tensor.asIntegers("codes", tensor.doubles().contains { $0 < 0 } ? .int8 : .uint8))
  }

  /// The tables in the form of files: a number of tables for each axis of the indices, entries, vector size.
  func tables(_ part: String, over indices: Shape, vectorAxis: Int?, axis: Int?) throws(EncodingError) -> EncodedWeight {
    var shape = self.shape
    let ones = Shape(repeating: 1, count: indices.count)
    guard !shape.contains(0) else { throw .shape(part: part, found: shape, expected: "1 to 256 entries") }
    if shape.count != indices.count + 2 {
      if let axis {
        guard let along = indices.normalizedAxis(axis) else { throw .axis(part: "axis", found: axis, rank: indices.count) }
        guard shape.count == 2 || shape.count == 3 else {
          throw .rank(part: part, found: shape.count, expected: "2 (tables, entries) or 3 (tables, entries, vector size) with axis")
        }
        var counts = ones
        counts[along] = shape[0]
        shape = counts + [shape[1], shape.count == 3 ? shape[2] : 1]
      } else if shape.count == 1 {
        shape = ones + [shape[0], 1]
      } else if shape.count == 2, vectorAxis != nil || shape[1] == 1 {
        shape = ones + shape
      } else {
        throw .rank(
          part: part, found: shape.count,
          expected: "1 (entries), 2 (entries, vector size) with vector_axis, 2 (tables, entries) with axis, or \(indices.count + 2)")
      }
    }
    return try reshapedTable(shape)
  }

  private func reshapedTable(_ shape: Shape) throws(EncodingError) -> EncodedWeight {
    if shape == self.shape, case .dense(let tensor) = self, PaletteEncoding.tableTypes.contains(tensor.dtype) { return self }
    switch self {
    case .dense(let tensor):
      let isStorable = PaletteEncoding.tableTypes.contains(tensor.dtype)
      return .dense((isStorable ? tensor : try tensor.asFloats("lut")).reshaped(shape))
    case .blockwise where shape == self.shape: return self
    case .blockwise(let data, let scale, let offset) where scale.count == 1:
      let one = Shape(repeating: 1, count: shape.count)
      return .blockwise(data: try data.reshapedTable(shape), scale: scale.reshaped(one), offset: offset?.reshaped(one))
    default:
      throw .shape(part: "lut", found: self.shape, expected: "\(shape), as a quantized table has the shape that it has in files")
    }
  }

  /// The tables with zeros behind their entries, up to a number of entries that the format has.
  func filledUp(to entries: Int) throws(EncodingError) -> EncodedWeight {
    let found = shape[shape.count - 2]
    guard found != entries else { return self }
    switch self {
    case .dense(let tensor):
      let row = shape[shape.count - 1] * tensor.dtype.bits / 8
      let target = Shape(shape.dropLast(2)) + [entries, shape[shape.count - 1]]
      var out = Tensor(zeros: tensor.dtype, target)
      tensor.withBytes { from in
        out.withMutableBytes { to in
          guard let from = from.baseAddress, let to = to.baseAddress else { return }
          for table in 0..<Shape(target.dropLast(2)).elementCount {
            (to + table * entries * row).copyMemory(from: from + table * found * row, byteCount: found * row)
          }
        }
      }
      return .dense(out)
    case .blockwise(let data, let scale, let offset) where scale.shape[shape.count - 2] == 1:
      return .blockwise(data: try data.filledUp(to: entries), scale: scale, offset: offset)
    default:
      throw .shape(part: "lut", found: shape, expected: "2, 4, 8, 16, 64 or 256 entries in a quantized table")
    }
  }
}
