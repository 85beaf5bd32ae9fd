// SPDX-License-Identifier: Apache-2.0
// Elements by their indices or by a mask.

import Kernels
import Platform
import Tensors

extension Tensor {
  /// The elements as indices: integers, or floats without fractions.
  ///
  /// - Throws: `AlgebraError` for fractions and other dtypes.
  package func indices(for function: String) throws -> [Int] {
    if let unfit = dtype == .bool ? nil : unfitElement(for: .int64) {
      throw AlgebraError.argument(function: function, problem: "indices must be whole numbers, found \(unfit.place)")
    }
    guard dtype != .bool else { throw AlgebraError.dtype(function: function, found: .bool, expected: "indices; t:take(mask) takes a mask") }
    return integers()
  }

  /// The positions `indices` of an axis, which is replaced by the axes of `shape`. Negative indices count from the end.
  package func taken(_ indices: [Int], shape indexShape: Shape, _ axis: Int, for function: String = "take") throws -> Tensor {
    let a = try self.axis(axis, for: function)
    let n = shape[a]
    let counted = try indices.map { index in
      let at = index < 0 ? index + n : index
      guard (0..<n).contains(at) else { throw AlgebraError.index(function: function, index: index, axis: a, extent: n) }
      return at
    }
    let source = unpacked
    let shape = Array(shape[..<a]) + indexShape + Array(shape[(a + 1)...])
    let out = try Tensor.result(source.dtype, shape, of: function)
    guard out.count > 0 else { return out.packed(as: dtype) }
    let outer = self.shape[..<a].reduce(1, *)
    let bytes = self.shape[(a + 1)...].reduce(1, *) * source.dtype.bits / 8
    withExtendedLifetime((source, out)) {
      let (from, to) = (source.buffer.pointer, out.buffer.pointer)
      Chunks.forEachRow(of: outer * counted.count, width: max(bytes / 4, 8)) { rows in
        for row in rows {
          let (o, j) = (row / counted.count, row % counted.count)
          memcpy(to + row * bytes, from + (o * n + counted[j]) * bytes, bytes)
        }
      }
    }
    return out.packed(as: dtype)
  }

  /// `result[o, j, i] = self[o, indices[o, j, i], i]`: an index for each element, as `sort` and `argsort` return them.
  ///
  /// - Parameter indices: has this tensor's shape except for `axis`.
  package func takenAlong(_ indices: Tensor, _ axis: Int) throws -> Tensor {
    let name = "take_along"
    let a = try self.axis(axis, for: name)
    var expected = shape
    if indices.rank == rank { expected[a] = indices.shape[a] }
    guard indices.shape == expected else {
      throw AlgebraError.argument(
        function: name, problem: "the indices have shape \(indices.shape), expected \(shape) with any extent of axis \(a)")
    }
    let places = indices.dtype == .int32 ? indices : Tensor(try indices.indices(for: name).map(Int64.init), shape: indices.shape)
    let source = unpacked
    let out = try Tensor.result(source.dtype, indices.shape, of: name)
    let (n, picks, inner) = (shape[a], indices.shape[a], shape[(a + 1)...].reduce(1, *))
    let size = source.dtype.bits / 8
    let outside = withExtendedLifetime((source, places, out)) {
      places.dtype == .int32
        ? Self.gather(source.buffer, places.buffer, out.buffer, n, picks, inner, size, Int32.self)
        : Self.gather(source.buffer, places.buffer, out.buffer, n, picks, inner, size, Int64.self)
    }
    if let outside { throw AlgebraError.index(function: name, index: outside, axis: a, extent: n) }
    return out.packed(as: dtype)
  }

  /// - Returns: the first index outside of the axis; some elements are not written then.
  private static func gather<I: FixedWidthInteger & BitwiseCopyable>(
    _ x: Buffer, _ indices: Buffer, _ y: Buffer, _ n: Int, _ picks: Int, _ inner: Int, _ size: Int, _ type: I.Type
  ) -> Int? {
    let at = indices.pointer.assumingMemoryBound(to: I.self)
    let (from, to) = (x.pointer, y.pointer)
    if let outside = UnsafeBufferPointer(start: at, count: y.count).first(where: { !(-n..<n).contains(Int($0)) }) { return Int(outside) }
    Chunks.forEach(of: y.count) { positions in
      for position in positions {
        let index = Int(at[position])
        let (o, i) = (position / (picks * inner), position % inner)
        memcpy(to + position * size, from + ((o * n + (index < 0 ? index + n : index)) * inner + i) * size, size)
      }
    }
    return nil
  }

  /// The elements where a mask of the leading axes is true, along one axis in place of these.
  package func masked(_ mask: Tensor, for function: String = "take") throws -> Tensor {
    try checkMask(mask, for: function)
    let rows = Array(shape[mask.rank...])
    let positions = mask.truePositions()
    return try reshaped([mask.count] + rows).taken(positions, shape: [positions.count], 0, for: function)
  }

  func checkMask(_ mask: Tensor, for function: String) throws {
    guard mask.dtype == .bool else { throw AlgebraError.dtype(function: function, found: mask.dtype, expected: "a bool mask") }
    guard mask.rank <= rank, Array(shape[..<mask.rank]) == mask.shape else {
      throw AlgebraError.argument(
        function: function, problem: "the mask has shape \(mask.shape), expected that of the tensor, \(shape), or of its first axes")
    }
  }

  /// The row-major positions of elements that are not 0.
  package func truePositions() -> [Int] {
    cast(to: .bool).withBytes { bytes in bytes.indices.filter { bytes[$0] != 0 } }
  }

  /// The indices of all elements that are not 0, one row each.
  package func nonzero() -> Tensor {
    let positions = truePositions()
    let strides = shape.rowMajorStrides
    var out = Tensor(uninitialized: .int32, [positions.count, rank])
    out.withMutableElements(of: Int32.self) { to in
      for (row, position) in positions.enumerated() {
        var rest = position
        for axis in 0..<rank {
          to[row * rank + axis] = Int32(truncatingIfNeeded: rest / strides[axis])
          rest %= strides[axis]
        }
      }
    }
    return out
  }

  /// The part at an index for each of the first axes; an element for as many indices as axes.
  package func part(at position: [Int], for function: String = "at") throws -> Tensor {
    guard position.count <= rank else {
      throw AlgebraError.argument(function: function, problem: "\(position.count) indices for a tensor of rank \(rank)")
    }
    var offset = 0
    for (axis, index) in position.enumerated() {
      let n = shape[axis]
      let at = index < 0 ? index + n : index
      guard (0..<n).contains(at) else { throw AlgebraError.index(function: function, index: index, axis: axis, extent: n) }
      offset = offset * n + at
    }
    let rows = Array(shape[position.count...])
    return reshaped([shape[..<position.count].reduce(1, *)] + rows).rows(offset..<offset + 1).reshaped(rows)
  }

  /// A copy in which the part at a position has other values, which broadcast to it.
  package func replacing(at position: [Int], with value: TensorOperand) throws -> Tensor {
    let name = "set"
    let old = try part(at: position, for: name)
    let new = try value.fitting(dtype, for: name).expanded(to: old.shape, for: name)
    var offset = 0
    for (axis, index) in position.enumerated() { offset = offset * shape[axis] + (index < 0 ? index + shape[axis] : index) }
    var codes = unpacked
    let bytes = old.count * codes.dtype.bits / 8
    guard bytes > 0 else { return self }
    new.unpacked.withBytes { from in
      codes.withMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        memcpy(to + offset * bytes, from, bytes)
      }
    }
    return codes.packed(as: dtype)
  }

  /// A copy with other values where a mask is true: one value, or as many as there are, or a tensor that broadcasts to this one.
  package func replacing(where mask: Tensor, with value: TensorOperand) throws -> Tensor {
    let name = "set"
    try checkMask(mask, for: name)
    let new = try value.fitting(dtype, for: name)
    let whole = mask.reshaped(mask.shape + Shape(repeating: 1, count: rank - mask.rank))
    let trues = mask.truePositions().count
    if new.rank >= 1, new.shape != shape, new.shape[0] == trues, Array(new.shape.dropFirst()) == Array(shape[mask.rank...]) {
      return try scattered(new, mask)
    }
    let full = try new.expanded(to: shape, for: name)
    return try Tensor.chosen(.tensor(whole), .tensor(full), .tensor(self))
  }

  /// Values in row-major order at the positions where the mask is true.
  private func scattered(_ values: Tensor, _ mask: Tensor) throws -> Tensor {
    var codes = unpacked
    let bytes = shape[mask.rank...].reduce(1, *) * codes.dtype.bits / 8
    values.unpacked.withBytes { from in
      codes.withMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress, bytes > 0 else { return }
        for (row, position) in mask.truePositions().enumerated() { memcpy(to + position * bytes, from + row * bytes, bytes) }
      }
    }
    return codes.packed(as: dtype)
  }
}

extension TensorOperand {
  /// The operand in the dtype of a tensor whose elements it replaces.
  ///
  /// - Throws: `AlgebraError` for values that the dtype cannot hold.
  func fitting(_ dtype: DType, for function: String) throws -> Tensor {
    let given: Tensor =
      switch self {
      case .tensor(let tensor): tensor
      case .boolean(let flag): Tensor(scalar: flag)
      case .integer(let value): Tensor(integers: [value], dtype: .int64, shape: [])
      case .number(let value): Tensor(scalar: value)
      }
    do {
      return try given.converted(to: dtype)
    } catch {
      throw AlgebraError.argument(function: function, problem: "the value is \(error)")
    }
  }
}
