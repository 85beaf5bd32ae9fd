// SPDX-License-Identifier: Apache-2.0
// Palettization with per-channel scales: weights are divided by their largest magnitude over the output channels.

import Encodings
import Tensors
import WeightArithmetic

/// A weight as the product of a quotient within ±1 and a scale.
///
/// As in coremltools the magnitude is taken over the output axis, so the scale has extent 1 along that axis and the
/// weight's extents along the others. As iOS18 requires, the scale is applied to the tables, which are repeated
/// accordingly.
struct ChannelScale {
  let quotient: Tensor
  /// 1 along the output axis, the weight's extents along the others.
  let scale: Tensor

  /// - Throws: `SkipReason` if the elements are not finite floats.
  init(_ tensor: Tensor, over axis: Int) throws(SkipReason) {
    guard let precision = WeightPrecision(tensor.dtype) else { throw .elementType(tensor.dtype) }
    let inner = Shape(tensor.shape.dropFirst(axis + 1)).elementCount
    let extent = tensor.shape[axis]
    var values = tensor.floats()
    func place(_ i: Int) -> Int { i / (inner * extent) * inner + i % inner }
    var peaks = [Float](repeating: 0, count: values.count / max(extent, 1))
    for i in values.indices { peaks[place(i)] = max(peaks[place(i)], abs(values[i])) }
    for i in peaks.indices where peaks[i] == 0 { peaks[i] = 1 }
    for i in values.indices { values[i] /= peaks[place(i)] }
    precision.round(&values)
    var shape = tensor.shape
    shape[axis] = 1
    quotient = Tensor(values, shape: tensor.shape).cast(to: tensor.dtype)
    scale = Tensor(peaks, shape: shape).cast(to: tensor.dtype)
  }

  /// Whether the product of a table entry and a scale overflows the dtype.
  func overflows(_ table: Tensor) -> Bool {
    let (entry, factor) = (table.floats().lazy.map(abs).max() ?? 0, scale.floats().max() ?? 0)
    return Tensor([entry * factor]).cast(to: scale.dtype).nonFiniteCount() > 0
  }

  /// The tables, repeated for each entry of the scale, times the scale.
  func scaling(table: Tensor) throws -> EncodedWeight {
    try .blockwise(tables: table, scale: scale, offset: nil)
  }
}

extension Tensor {
  /// The tensor clamped to −1…1, since rounding can move the outer entries of a uniform table beyond these bounds.
  func limitedToOne() -> Tensor { Tensor(floats().map { min(max($0, -1), 1) }, shape: shape).cast(to: dtype) }
}
