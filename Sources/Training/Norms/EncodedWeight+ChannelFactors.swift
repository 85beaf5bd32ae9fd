// SPDX-License-Identifier: Apache-2.0
// Multiplies the output channels of an encoded weight in the parts that hold its scale.

import Encodings
import Tensors

extension EncodedWeight {
  /// The weight with each output channel multiplied by a factor, in the same form: values of plain and sparse weights, scales of
  /// codes, scales of tables.
  ///
  /// - Parameters:
  ///   - factors: one for each output channel.
  ///   - axis: the axis of the output channels.
  ///   - groups: the parts of the first axis that have output channels of their own, for transposed convolutions; otherwise 1.
  /// - Returns: `nil` if the form has no scale for each channel, or if one is not positive, or overflows or underflows its dtype.
  package func multiplied(by factors: [Float], axis: Int, groups: Int = 1) -> EncodedWeight? {
    switch self {
    case .dense(let tensor): tensor.multiplied(by: factors, axis: axis, groups: groups).map { .dense($0) }
    case .blockwise(let data, let scale, let offset) where groups == 1 && data.dtype.isInteger:
      scale.scaled(by: factors, axis: axis).map { scale in
        .blockwise(data: data, scale: scale, offset: offset.map { $0.repeatedBlocks(to: scale.shape) })
      }
    case .palette(let indices, .blockwise(let tables, let scale, nil), nil)
    where groups == 1 && tables.dtype.isFloat && scale.shape[axis] == factors.count:
      scale.scaled(by: factors, axis: axis).map {
        .palette(indices: indices, lut: .blockwise(data: tables, scale: $0, offset: nil), vectorAxis: nil)
      }
    case .sparse(.plain(let mask, let nonzero)) where nonzero.dtype.isFloat:
      nonzero.scattered(under: mask).multiplied(by: factors, axis: axis, groups: groups).map {
        .sparse(.plain(mask: mask, nonzero: $0.elements(under: mask)))
      }
    case .sparse(.blockwise(.plain(let mask, let codes), let scale, let offset)) where groups == 1:
      scale.scaled(by: factors, axis: axis).map { scale in
        .sparse(
          .blockwise(.plain(mask: mask, nonzero: codes), scale: scale, offset: offset.map { $0.repeatedBlocks(to: scale.shape) }))
      }
    case .affine, .blockwise, .palette, .sparse, .cast: nil
    }
  }
}

extension Tensor {
  /// The elements times the factors of their channels, in the same dtype; `nil` if an element overflows.
  func multiplied(by factors: [Float], axis: Int, groups: Int = 1) -> Tensor? {
    let inner = Shape(shape.dropFirst(axis + 1)).elementCount
    let extent = shape[axis]
    guard extent * groups == factors.count, groups == 1 || (axis > 0 && shape[0] % groups == 0) else { return nil }
    // Elements of one group of a transposed convolution, whose first axis has the input channels of all groups.
    let block = count / max(groups, 1)
    var values = floats()
    for i in values.indices { values[i] *= factors[i / max(block, 1) * extent + i / inner % extent] }
    let product = Tensor(values, shape: shape).cast(to: dtype)
    return product.floats().allSatisfy(\.isFinite) ? product : nil
  }

  /// A scale for each block, times the factors of the channels; `nil` if a product is no positive number of the dtype.
  fileprivate func scaled(by factors: [Float], axis: Int) -> Tensor? {
    guard axis < rank, shape[axis] == 1 || shape[axis] == factors.count else { return nil }
    var wide = shape
    wide[axis] = factors.count
    let values = repeatedBlocks(to: wide)
    guard let product = values.multiplied(by: factors, axis: axis), product.floats().allSatisfy({ $0 >= dtype.leastScale }) else {
      return nil
    }
    return product
  }

  /// The blocks repeated along axes with a single one.
  fileprivate func repeatedBlocks(to wanted: Shape) -> Tensor {
    guard shape != wanted else { return self }
    var at = [Int](repeating: 0, count: wanted.count)
    var sources: [Int] = []
    sources.reserveCapacity(wanted.elementCount)
    for _ in 0..<wanted.elementCount {
      var source = 0
      for (i, extent) in shape.enumerated() { source = source * extent + (extent == 1 ? 0 : at[i]) }
      sources.append(source)
      for axis in wanted.indices.reversed() {
        at[axis] += 1
        if at[axis] < wanted[axis] { break }
        at[axis] = 0
      }
    }
    if dtype.isFloat {
      let values = floats()
      return Tensor(sources.map { values[$0] }, shape: wanted).cast(to: dtype)
    }
    let values = integers()
    return Tensor(integers: sources.map { values[$0] }, dtype: dtype, shape: wanted)
  }
}

extension DType {
  /// The smallest scale that is stored with full precision.
  fileprivate var leastScale: Float { self == .float16 ? 0x1p-14 : Float.leastNormalMagnitude }
}
