// SPDX-License-Identifier: Apache-2.0
// A weight as a matrix with a row for each output channel, and encodings of the matrix as encodings of the weight.

import Encodings
import Tensors

/// How a weight becomes a matrix with a row for each output channel.
package struct RowLayout: Sendable, Equatable {
  /// The weight's shape.
  package let shape: Shape
  /// The axis of output channels.
  package let axis: Int

  /// - Parameter axis: the axis of output channels; `nil` for the first one.
  package init(_ shape: Shape, outputAxis axis: Int?) {
    self.shape = shape
    self.axis = axis ?? 0
  }

  /// The shape of the matrix: output channels, and the product of all other axes.
  package var matrix: Shape {
    guard !shape.isEmpty else { return [1, 1] }
    return [shape[axis], Shape(others).elementCount]
  }

  /// The axes other than that of output channels.
  private var others: Shape {
    var others = shape
    if !others.isEmpty { others.remove(at: axis) }
    return others
  }

  /// The matrix of a weight.
  package func rows(_ weight: Tensor) -> Tensor {
    (shape.isEmpty ? weight : weight.withAxisFirst(axis)).reshaped(matrix)
  }

  /// The weight's encoding from one of the matrix.
  ///
  /// - Throws: `EncodingError.columns` for tables or scales of columns that are no blocks of the weight's axes.
  package func weight(_ matrix: EncodedWeight) throws(EncodingError) -> EncodedWeight {
    switch try matrix.current() {
    case .dense(let tensor): return .dense(restored(tensor))
    case .cast(let tensor): return .cast(restored(tensor))
    case .blockwise(let data, let scale, let offset):
      return .blockwise(
        data: try weight(data), scale: try blocks("scale", scale),
        offset: try offset.map { (given) throws(EncodingError) in try blocks("offset", given) })
    case .palette(let indices, let lut, let vectorAxis):
      let size = lut.shape.last ?? 1
      let (layout, axis) = try vectors(size, along: vectorAxis)
      return .palette(indices: layout.restored(indices), lut: try layout.tables(lut), vectorAxis: axis)
    case .sparse(let values): return .sparse(try self.values(values))
    case .affine(let affine): throw .columns(part: "quantized_data", found: affine.data.shape, shape: shape)
    }
  }

  private func values(_ values: EncodedValues) throws(EncodingError) -> EncodedValues {
    switch values {
    case .plain(let mask, let nonzero):
      let moved = restored(mask)
      let isMoved = axis > 0 && matrix[0] > 1
      return .plain(mask: moved, nonzero: isMoved ? restored(nonzero.scattered(under: mask)).elements(under: moved) : nonzero)
    case .palette(let indices, let lut, let vectorAxis):
      let (layout, axis) = try vectors(lut.shape.last ?? 1, along: vectorAxis)
      return .palette(try layout.values(indices), lut: try layout.tables(lut), vectorAxis: axis)
    case .blockwise(let codes, let scale, let offset):
      return .blockwise(
        try self.values(codes), scale: try blocks("scale", scale),
        offset: try offset.map { (given) throws(EncodingError) in try blocks("offset", given) })
    }
  }

  // MARK: Parts

  /// A tensor with an element for each of the matrix, in the weight's layout.
  private func restored(_ tensor: Tensor) -> Tensor {
    guard !shape.isEmpty else { return tensor.reshaped([]) }
    return tensor.reshaped([shape[axis]] + others).withFirstAxis(at: axis)
  }

  /// The layout of indices that stand for vectors of the matrix, and the axis of the vectors in the weight.
  private func vectors(_ size: Int, along matrixAxis: Int?) throws(EncodingError) -> (RowLayout, Int?) {
    guard let matrixAxis else { return (self, nil) }
    var along = axis
    if matrixAxis == 1 {
      // Neighboring columns are neighbors along the last axis that has more than one index.
      let last = shape.indices.last { $0 != axis && shape[$0] > 1 } ?? shape.indices.last { $0 != axis }
      guard let last else { throw .axis(part: "vector_axis", found: matrixAxis, rank: shape.count) }
      along = last
    }
    guard shape[along] % max(size, 1) == 0 else { throw .columns(part: "lut", found: [size], shape: shape) }
    var indices = shape
    indices[along] /= max(size, 1)
    return (RowLayout(indices, outputAxis: axis), along)
  }

  /// Blocks of the matrix as blocks of the weight.
  private func blocks(_ part: String, _ tensor: Tensor, trailing: Int = 0) throws(EncodingError) -> Tensor {
    let found = tensor.shape
    guard found.count == 2 + trailing, found[1] > 0, !others.contains(0), matrix[1] % found[1] == 0 else {
      throw .columns(part: part, found: found, shape: shape)
    }
    var rest = matrix[1] / found[1]
    var counts = others
    for i in others.indices.reversed() {
      if rest % others[i] == 0 {
        counts[i] = 1
        rest /= others[i]
      } else if others[i] % rest == 0 {
        counts[i] = others[i] / rest
        rest = 1
      } else {
        throw .columns(part: part, found: found, shape: shape)
      }
    }
    return tensor.reshaped([found[0]] + counts + found.suffix(trailing)).withFirstAxis(at: axis)
  }

  private func tables(_ lut: EncodedWeight) throws(EncodingError) -> EncodedWeight {
    switch lut {
    case .dense(let tensor): return .dense(try blocks("lut", tensor, trailing: 2))
    case .blockwise(let data, let scale, let offset):
      return .blockwise(
        data: try tables(data), scale: try blocks("the scale of lut", scale, trailing: 2),
        offset: try offset.map { (given) throws(EncodingError) in try blocks("the offset of lut", given, trailing: 2) })
    default: throw .columns(part: "lut", found: lut.shape, shape: shape)
    }
  }
}
