// SPDX-License-Identifier: Apache-2.0
// What takes the place of a weight is made to fit it: its layout and its element type.

import Encodings
import Tensors
import WeightStorage

/// Why something cannot take the place of a weight.
struct WeightMisfit: Error {
  let problem: String
}

extension EncodedWeight {
  /// The encoding in the layout of a weight that it was made for, with the weight's element type.
  ///
  /// Numbers are rounded to that type; one that the type cannot represent is an error.
  ///
  /// - Parameter layout: the rows of the weight, whose shape the encoding may have instead.
  /// - Throws: `WeightMisfit` if the shapes or element types differ.
  func fitted(to weight: EncodedWeight, layout: RowLayout) throws -> EncodedWeight {
    let shape = weight.shape
    guard self.shape == shape || self.shape == layout.matrix else {
      let matrix = layout.matrix == shape ? "" : ", or \(layout.matrix) as its rows"
      throw WeightMisfit(problem: "what replaces it has shape \(self.shape), expected \(shape)\(matrix)")
    }
    do { return try converted(to: weight.dtype, from: self.shape == shape ? self : layout.weight(self)) } catch let unfit as UnfitElement {
      throw WeightMisfit(problem: "what replaces it has \(unfit)")
    } catch let error as EncodingError {
      throw WeightMisfit(problem: "what replaces it does not fit: \(error)")
    }
  }

  private func converted(to dtype: DType, from placed: EncodedWeight) throws -> EncodedWeight {
    if case .dense(let tensor) = placed { return .dense(try tensor.converted(to: dtype)) }
    guard placed.dtype.isFloat else {
      throw WeightMisfit(problem: "what replaces it decodes to \(placed.dtype), expected \(dtype); a scale makes floats of codes")
    }
    return try placed.converted(to: dtype)
  }
}
