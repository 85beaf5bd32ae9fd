// SPDX-License-Identifier: Apache-2.0
// Inconsistencies of a stored weight, with the facts.

import Tensors

/// A stored weight whose parts are inconsistent.
///
/// `part` is MIL's name of the input or attribute (`scale`, `indices`); the message follows the operator's name.
package enum EncodingError: Error, Equatable, Sendable {
  /// A part has an element type that the format does not allow.
  case dtype(part: String, found: DType, allowed: [DType])
  /// A part has the wrong rank.
  case rank(part: String, found: Int, expected: String)
  /// A part has the wrong shape.
  case shape(part: String, found: Shape, expected: String)
  /// A part has the wrong number of elements.
  case count(part: String, found: Int, expected: Int, because: String)
  /// An extent is not divisible into the blocks that a part implies.
  case blocks(part: String, axis: Int, extent: Int, blocks: Int)
  /// An axis out of range.
  case axis(part: String, found: Int, rank: Int)
  /// Padding bits after the last element are not zero.
  case padding(part: String, unused: Int)
  /// A table of vectors without a vector axis.
  case vectorAxisMissing(vectorSize: Int)
  /// An input or attribute is missing, or is not a stored tensor.
  case missing(part: String)
  /// A shape with a negative extent or too many elements.
  case extent(part: String, found: [Int])
  /// A number that the type or the table of a part does not have.
  case unfit(part: String, UnfitElement)
  /// Codes of a width that only indices of tables can have.
  case tooNarrow(DType)
  /// A part that lies along the columns of a weight's rows in a way that its axes cannot express.
  case columns(part: String, found: Shape, shape: Shape)
  /// A form of values that cannot be stored under a mask.
  case unmaskable(form: String)
}

extension EncodingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .dtype(let part, let found, let allowed):
      "\(part) is \(found.name), expected \(allowed.map(\.name).joined(separator: ", "))"
    case .rank(let part, let found, let expected):
      "\(part) has rank \(found), expected \(expected)"
    case .shape(let part, let found, let expected):
      "\(part) has shape \(found), expected \(expected)"
    case .count(let part, let found, let expected, let because):
      "\(part) has \(found) elements, expected \(expected): \(because)"
    case .blocks(let part, let axis, let extent, let blocks):
      "axis \(axis) of \(part) has \(extent) elements, expected a multiple of its \(blocks) blocks"
    case .axis(let part, let found, let rank):
      "\(part) is \(found), outside the \(rank) axes of the weight"
    case .padding(let part, let unused):
      "the \(unused) unused bits at the end of \(part) are not zero"
    case .vectorAxisMissing(let size):
      "lut contains vectors of size \(size), but vector_axis is not given"
    case .missing(let part):
      "\(part) is missing or is not a constant tensor"
    case .extent(let part, let found):
      "\(part) \(found) has a negative extent or too many elements"
    case .unfit(let part, let element):
      "\(part) has \(element)"
    case .tooNarrow(let dtype):
      "codes are \(dtype), but quantized weights have int4, uint4, int8 or uint8; a table of \(1 << dtype.bits) values holds such indices: "
        + "wane.encode.palettized"
    case .columns(let part, let found, let shape):
      "\(part) \(found) divides the rows of a weight of shape \(shape) into blocks that its axes cannot express; give blocks of whole axes"
    case .unmaskable(let form):
      "\(form) cannot be stored under a mask"
    }
  }
}

extension EncodingError {
  static func check(_ part: String, _ found: DType, in allowed: [DType]) throws(EncodingError) {
    guard allowed.contains(found) else { throw .dtype(part: part, found: found, allowed: allowed) }
  }
}
