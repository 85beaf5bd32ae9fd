// SPDX-License-Identifier: Apache-2.0
// The codec of `constexpr_*` operators: converts the parts of an operator to the weight that it represents.

import Encodings
import Tensors

/// The value that the outputs of a `constexpr_*` operator represent.
package enum StoredForm: Sendable, Equatable {
  /// The single output is a weight.
  case weight(EncodedWeight)
  /// The two outputs are a mask and the nonzero values, which the next operator in the chain reads.
  case values(EncodedValues)

  /// The decoded outputs.
  ///
  /// - Throws: `EncodingError` if the parts are inconsistent.
  package func decoded() throws(EncodingError) -> [Tensor] {
    switch self {
    case .weight(let weight): return [try weight.decoded()]
    case .values(let values):
      let decoded = try values.decoded()
      return [decoded.mask, decoded.nonzero]
    }
  }
}

/// The arguments of an operator by parameter name, independent of their source.
package protocol StoredParts {
  /// The argument of a parameter; `nil` if there is none.
  ///
  /// - Throws: `EncodingError.missing` if the argument is not a stored weight.
  func weight(_ parameter: String) throws(EncodingError) -> EncodedWeight?
  /// The two outputs of a sparse operator that two parameters are bound to; `nil` if they are bound to plain tensors.
  func values(mask: String, nonzero: String) throws(EncodingError) -> EncodedValues?
}

extension StoredParts {
  func part(_ parameter: String) throws(EncodingError) -> EncodedWeight {
    guard let weight = try weight(parameter) else { throw .missing(part: parameter) }
    return weight
  }

  func tensor(_ parameter: String) throws(EncodingError) -> Tensor { try part(parameter).decoded() }

  func optionalTensor(_ parameter: String) throws(EncodingError) -> Tensor? { try weight(parameter)?.decoded() }

  func integer(_ parameter: String) throws(EncodingError) -> Int? { try optionalTensor(parameter)?.integers().first }

  /// A mask and nonzero values, each either compressed or plain.
  func sparse(mask: String, nonzero: String) throws(EncodingError) -> EncodedValues {
    if let values = try values(mask: mask, nonzero: nonzero) { return values }
    return .plain(mask: try tensor(mask), nonzero: try tensor(nonzero))
  }

  /// The value of `vector_axis` as a nonnegative axis of the indices.
  func vectorAxis(of indices: Shape) throws(EncodingError) -> Int? {
    guard let axis = try integer("vector_axis") else { return nil }
    guard let counted = indices.normalizedAxis(axis) else {
      throw .axis(part: "vector_axis", found: axis, rank: indices.count)
    }
    return counted
  }
}

/// A storage format, which is implemented by one or two `constexpr_*` operators.
protocol StorageFormat: Sendable {
  /// The MIL names of the operators.
  static var operatorTypes: [String] { get }
  /// Decodes the arguments of an operator of this format.
  static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm
}

package enum StorageFormats {
  /// Decodes the arguments of an operator of the given type; `nil` if the type is not a storage operator.
  ///
  /// - Throws: `EncodingError` if an argument is missing or the arguments are inconsistent.
  package static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm? {
    guard let format = all.first(where: { $0.operatorTypes.contains(type) }) else { return nil }
    return try format.read(type, parts)
  }

  /// All formats.
  static let all: [any StorageFormat.Type] = [
    AffineFormat.self,
    BlockwiseFormat.self,
    PaletteFormat.self,
    SparseFormat.self,
    CastFormat.self,
  ]
}
