// SPDX-License-Identifier: Apache-2.0
// Masks and nonzero values as arguments of operators, which several formats share.

import Encodings
import MIL
import Tensors

extension WeightWriter {
  /// The parameters for mask and values of an operator, and the operator that has them.
  struct SparsePlace {
    let mask: String
    let nonzero: String
    let parent: String
  }

  typealias LinkedInputs = (before: [Operation], inputs: [Argument])

  /// Mask and values as two arguments, with the operations that produce them.
  func sparseInputs(_ values: EncodedValues, _ place: SparsePlace) -> LinkedInputs {
    switch values {
    case .plain(let mask, let nonzero): ([], [constant(place.nonzero, nonzero), constant(place.mask, mask)])
    case .palette(let indices, let lut, let axis): sparsePalette(indices, lut, axis, as: values, place)
    case .blockwise(let codes, let scale, let offset): sparseBlockwise(codes, scale, offset, as: values, place)
    }
  }

  /// An operation with two outputs, bound to the two parameters of the next operation.
  func link(
    _ before: [Operation], _ type: String, _ inputs: [Argument], _ name: String, _ values: EncodedValues, _ place: SparsePlace
  ) -> LinkedInputs {
    let outputs = [
      NamedType("\(name)_0", .tensor(.uint1, values.shape)),
      NamedType("\(name)_1", .tensor(values.dtype, [values.nonzeroCount])),
    ]
    return (
      before + [operation(type, inputs, name, outputs)],
      [Argument(place.nonzero, [.name(outputs[1].name)]), Argument(place.mask, [.name(outputs[0].name)])]
    )
  }
}

extension EncodedValues {
  /// The number of elements that are stored.
  fileprivate var nonzeroCount: Int {
    switch self {
    case .plain(_, let nonzero): nonzero.count
    case .palette(let indices, let lut, _): indices.nonzeroCount * (lut.shape.last ?? 1)
    case .blockwise(let codes, _, _): codes.nonzeroCount
    }
  }
}
