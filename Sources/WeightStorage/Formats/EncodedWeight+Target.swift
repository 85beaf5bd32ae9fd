// SPDX-License-Identifier: Apache-2.0
// Which systems can hold an encoding, and the suffix that it gives a weight's name.

import Encodings
import MIL
import Tensors

extension EncodedWeight {
  /// Checks that programs of an opset can hold the encoding.
  ///
  /// - Parameter name: the weight's name, for the error.
  /// - Throws: `WeightStorageError.needsOpset` with the feature that is newer.
  package func check(storableIn opset: Opset, name: String) throws(WeightStorageError) {
    _ = try WeightWriter(opset: opset).operations(self, name: name)
  }

  /// The operations of a program that decode the weight.
  ///
  /// - Parameter name: the name of the value that the last one defines; those before it have names that begin with it.
  /// - Throws: `WeightStorageError.needsOpset` with the feature that is newer than the opset.
  package func operations(named name: String, opset: Opset) throws(WeightStorageError) -> [Operation] {
    try WeightWriter(opset: opset).operations(self, name: name)
  }

  /// The oldest opset whose programs can hold the encoding; every one holds plain constants.
  package var oldestOpset: Opset {
    if scheme == [], case .dense = self { return .iOS15 }
    return (try? check(storableIn: .iOS16, name: "")) == nil ? .iOS18 : .iOS16
  }

  /// The suffix that coremltools appends to the name of a weight in this form.
  package var suffix: String {
    switch self {
    case .dense, .cast: ""
    case .sparse: WeightSuffix.sparsified
    case .palette(_, .blockwise(let tables, _, _), _) where tables.dtype.isFloat: WeightSuffix.scaledPalette
    case .palette: WeightSuffix.palettized
    case .affine, .blockwise: WeightSuffix.quantized
    }
  }
}
