// SPDX-License-Identifier: Apache-2.0
// From operations to encodings: reads the chain of `constexpr_*` operators behind a value.

import Encodings
import MIL
import Tensors

/// The operations visible at some place of a program, by the names of their outputs.
package struct WeightReader: Sendable {
  private var definitions: [String: Operation] = [:]

  package init() {}

  /// Makes the operations of one more block visible.
  package mutating func define(_ operations: [Operation]) {
    for operation in operations {
      for output in operation.outputs { definitions[output.name] = operation }
    }
  }

  package func operation(_ name: String) -> Operation? { definitions[name] }

  /// The names of all operations behind a value that are constants or decode them, the value's own first.
  package func chain(_ name: String) -> [String] {
    guard let operation = definitions[name], operation.isStored else { return [] }
    let inputs = operation.inputs.flatMap(\.bindings).compactMap(\.name)
    return operation.outputs.map(\.name) + inputs.flatMap { chain($0) }
  }

  /// How the value of that name is stored; `nil` when it is not a stored tensor.
  ///
  /// - Throws: `EncodingError` when an operator lacks a part or its parts do not fit.
  package func weight(_ name: String) throws(EncodingError) -> EncodedWeight? {
    guard let operation = definitions[name] else { return nil }
    switch operation.type {
    case "const":
      return operation.constantValue?.tensor.map { .dense($0) }
    case "constexpr_affine_dequantize":
      return .affine(
        try AffineEncoding(
          data: tensor(operation, "quantized_data"), zeroPoint: tensor(operation, "zero_point"),
          scale: tensor(operation, "scale"),
          axis: integer(operation, "axis") ?? 0))
    case "constexpr_blockwise_shift_scale":
      return .blockwise(
        data: try part(operation, "data"), scale: try tensor(operation, "scale"),
        offset: try optionalTensor(operation, "offset"))
    case "constexpr_lut_to_dense":
      guard let shape = try optionalTensor(operation, "shape") else {
        return .palette(
          indices: try tensor(operation, "indices"), lut: try part(operation, "lut"),
          vectorAxis: try vectorAxis(operation, of: "indices"))
      }
      let packed = try PaletteEncoding(
        packed: tensor(operation, "indices"), lut: tensor(operation, "lut"), shape: shape.integers()
      )
      return .palette(indices: packed.indices, lut: .dense(packed.lut), vectorAxis: nil)
    case "constexpr_sparse_to_dense":
      guard let shape = try optionalTensor(operation, "shape") else {
        return .sparse(try values(operation, "mask", "nonzero_data"))
      }
      let packed = try SparseEncoding(
        nonzero: tensor(operation, "nonzero_data"), packedMask: tensor(operation, "mask"),
        shape: shape.integers())
      return .sparse(.plain(mask: packed.mask, nonzero: packed.nonzero))
    case "constexpr_cast":
      return .widened(try tensor(operation, "source_val"))
    default:
      return nil
    }
  }

  /// The mask and values bound to two inputs: the two outputs of a sparse operator, or two tensors.
  private func values(_ operation: Operation, _ mask: String, _ nonzero: String)
    throws(EncodingError) -> EncodedValues
  {
    guard case .name(let name) = operation.bindings(nonzero)?.first, let source = definitions[name],
      source.outputs.count == 2
    else {
      return .plain(mask: try tensor(operation, mask), nonzero: try tensor(operation, nonzero))
    }
    switch source.type {
    case "constexpr_lut_to_sparse":
      return .palette(
        try values(source, "indices_mask", "indices_nonzero_data"), lut: try part(source, "lut"),
        vectorAxis: try vectorAxis(source, of: "indices_mask"))
    case "constexpr_sparse_blockwise_shift_scale":
      return .blockwise(
        try values(source, "data_mask", "nonzero_data"), scale: try tensor(source, "scale"),
        offset: try optionalTensor(source, "offset"))
    default:
      throw .missing(part: nonzero)
    }
  }

  private func part(_ operation: Operation, _ parameter: String) throws(EncodingError)
    -> EncodedWeight
  {
    switch operation.bindings(parameter)?.first {
    case .constant(let constant):
      if let tensor = constant.tensor { return .dense(tensor) }
    case .name(let name):
      if let weight = try weight(name) { return weight }
    case nil:
      break
    }
    throw .missing(part: parameter)
  }

  private func tensor(_ operation: Operation, _ parameter: String) throws(EncodingError) -> Tensor {
    if case .constant(let constant) = operation.bindings(parameter)?.first,
      let tensor = constant.tensor
    {
      return tensor
    }
    return try part(operation, parameter).decoded()
  }

  private func optionalTensor(_ operation: Operation, _ parameter: String) throws(EncodingError)
    -> Tensor?
  {
    operation.bindings(parameter) == nil ? nil : try tensor(operation, parameter)
  }

  /// The value of an integer parameter, when it is a constant.
  package func integer(_ operation: Operation, _ parameter: String) -> Int? {
    (try? optionalTensor(operation, parameter))?.integers().first
  }

  private func vectorAxis(_ operation: Operation, of indices: String) throws(EncodingError) -> Int? {
    guard let axis = integer(operation, "vector_axis") else { return nil }
    let shape = try tensor(operation, indices).shape
    guard let counted = shape.normalizedAxis(axis) else {
      throw .axis(part: "vector_axis", found: axis, rank: shape.count)
    }
    return counted
  }
}
