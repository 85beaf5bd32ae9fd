// SPDX-License-Identifier: Apache-2.0
// Pruning of weights that may already be compressed: the elements to prune are chosen by decoded values, and the
// remaining elements keep their codes.

import Encodings
import Tensors
import WeightStorage

extension TechniqueStep {
  /// The step of all pruning techniques, which are distinguished by their options.
  static let prune = TechniqueStep(
    "prune", "Set small weights to zero and store the others.", example: "model:prune{ target_sparsity = 0.5 }")
}

/// A weight to be pruned: its values, and the storage of the remaining elements.
struct PrunedStorage {
  private let weight: EncodedWeight
  /// The decoded values.
  let tensor: Tensor
  let precision: WeightPrecision

  /// - Throws: `SkipReason` if values are not finite floats; `EncodingError` if stored parts are inconsistent.
  init(_ weight: EncodedWeight) throws {
    tensor = try weight.decoded()
    guard let precision = WeightPrecision(tensor.dtype) else { throw SkipReason.elementType(tensor.dtype) }
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    self.weight = try weight.current()
    self.precision = precision
  }

  /// The weight with zeros where the mask is zero.
  ///
  /// The values are decoded if their encoding, such as a vector palette, has no sparse form.
  ///
  /// - Parameter mask: nonzero only where the values are nonzero.
  func keeping(_ mask: Tensor) -> EncodedWeight {
    .sparse(weight.values(under: mask) ?? .plain(mask: mask, nonzero: tensor.elements(under: mask)))
  }
}

extension EncodedWeight {
  /// The weight with zeros where the mask is zero. Values that are already zero are not stored either.
  ///
  /// - Parameter mask: has the shape of the weight and is 0 where elements are removed.
  package func pruned(to mask: Tensor) throws -> EncodedWeight {
    let storage = try PrunedStorage(self)
    return storage.keeping(mask.nonzeroMask().intersection(storage.tensor.nonzeroMask()))
  }

  /// The stored form of the elements under a mask; `nil` if there is none.
  fileprivate func values(under mask: Tensor) -> EncodedValues? {
    switch self {
    case .dense(let tensor): .plain(mask: mask, nonzero: tensor.elements(under: mask))
    case .blockwise(let data, let scale, let offset):
      data.values(under: mask).map { .blockwise($0, scale: scale, offset: offset) }
    case .palette(let indices, let lut, _) where lut.shape.last == 1:
      .palette(.plain(mask: mask, nonzero: indices.elements(under: mask)), lut: lut, vectorAxis: nil)
    case .sparse(let values): values.narrowed(to: mask)
    case .palette, .affine, .widened: nil
    }
  }
}

extension EncodedValues {
  /// The values for a mask that is a subset of the current one.
  fileprivate func narrowed(to mask: Tensor) -> EncodedValues? {
    switch self {
    case .plain(let wider, let nonzero):
      .plain(mask: mask, nonzero: nonzero.scattered(under: wider).elements(under: mask))
    case .palette(let indices, let lut, _) where lut.shape.last == 1:
      indices.narrowed(to: mask).map { .palette($0, lut: lut, vectorAxis: nil) }
    case .palette: nil
    case .blockwise(let codes, let scale, let offset):
      codes.narrowed(to: mask).map { .blockwise($0, scale: scale, offset: offset) }
    }
  }
}
