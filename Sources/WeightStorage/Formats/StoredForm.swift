// SPDX-License-Identifier: Apache-2.0
// The one codec of `constexpr_*` operators: what an operator with given parts stands for.

import Encodings
import Tensors

/// What the outputs of a `constexpr_*` operator stand for.
package enum StoredForm: Sendable, Equatable {
  /// One output: a weight.
  case weight(EncodedWeight)
  /// Two outputs: a mask and the values under it, for the next operator of the chain.
  case values(EncodedValues)

  /// The elements of the outputs.
  ///
  /// - Throws: `EncodingError` when the parts do not fit.
  package func decoded() throws(EncodingError) -> [Tensor] {
    switch self {
    case .weight(let weight): return [try weight.decoded()]
    case .values(let values):
      let decoded = try values.decoded()
      return [decoded.mask, decoded.nonzero]
    }
  }
}

/// The parts of one operator, by the names of its parameters; wherever they come from.
package protocol StoredParts {
  /// What is bound to a parameter; `nil` where nothing is.
  ///
  /// - Throws: `EncodingError.missing` where what is bound is not stored.
  func weight(_ parameter: String) throws(EncodingError) -> EncodedWeight?
  /// The two outputs of a sparse operator that are bound to two parameters; `nil` where plain tensors are.
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

  /// A mask and values, compressed themselves or plain.
  func sparse(mask: String, nonzero: String) throws(EncodingError) -> EncodedValues {
    if let values = try values(mask: mask, nonzero: nonzero) { return values }
    return .plain(mask: try tensor(mask), nonzero: try tensor(nonzero))
  }

  /// `vector_axis`, counted from the front of the indices' axes.
  func vectorAxis(of indices: Shape) throws(EncodingError) -> Int? {
    guard let axis = try integer("vector_axis") else { return nil }
    guard let counted = indices.normalizedAxis(axis) else {
      throw .axis(part: "vector_axis", found: axis, rank: indices.count)
    }
    return counted
  }
}

/// One or two `constexpr_*` operators that store weights in the same way.
protocol StorageFormat: Sendable {
  /// MIL's names of the operators.
  static var operatorTypes: [String] { get }
  /// What one of them stands for.
  static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm
}

package enum StorageFormats {
  /// What an operator of that type stands for; `nil` when it stores no weight.
  ///
  /// - Throws: `EncodingError` when a part is missing or parts do not fit.
  package static func read(_ type: String, _ parts: some StoredParts) throws(EncodingError) -> StoredForm? {
    guard let format = all.first(where: { $0.operatorTypes.contains(type) }) else { return nil }
    return try format.read(type, parts)
  }

  /// Every format.
  static let all: [any StorageFormat.Type] = [
    AffineFormat.self,
    BlockwiseFormat.self,
    PaletteFormat.self,
    SparseFormat.self,
    WideningFormat.self,
  ]
}
