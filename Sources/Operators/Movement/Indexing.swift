// SPDX-License-Identifier: Apache-2.0
// Shared by gathers and scatters: batch axes, index validation, shape checks.

import Kernels
import MIL
import Tensors

enum Indexing {
  static let batchDimensions = Parameter("batch_dims", .int32, .defaultsTo(.int(0)), since: .iOS16)
  static let validation = Parameter("validate_indices", .bool, .defaultsTo(.bool(false)), since: .iOS17)

  /// The known number of leading batch axes.
  static func batchDimensions(_ call: Call) throws -> Int { try call.knownInteger("batch_dims", atLeast: 0) }

  /// How indices out of range are handled. Without `validate_indices` any result is permitted that does not access
  /// memory out of bounds; gathers count negative indices from the end in every opset, like coremltools' constant
  /// folding.
  static func policy(_ call: Call) throws -> IndexPolicy {
    try call.known(call.bool("validate_indices"), "validate_indices") ? .validated : .fromEnd
  }

  /// The integers bound to a parameter, read at run time.
  static func list(_ request: KernelRequest, _ parameter: String, policy: IndexPolicy = .fromEnd) throws -> IndexList {
    let buffer = try request.input(parameter)
    guard buffer.dtype.isInteger else { throw request.call.error("\(parameter) must be integers, found \(buffer.dtype.name)") }
    return IndexList(buffer, policy: policy)
  }

  /// - Throws: `OperatorError` if the indexed axis is empty.
  static func requireElements(_ call: Call, _ extent: Int) throws {
    guard extent > 0 else { throw call.error("the indexed axis of x has no elements") }
  }

  /// Runs `body` and reports its index fault as an error of the operation.
  static func named(_ call: Call, _ body: () throws(IndexFault) -> Void) throws(OperatorError) {
    do {
      try body()
    } catch {
      throw call.error("index \(error.index) at position \(error.position) of indices is out of range, expected 0 to \(error.extent - 1)")
    }
  }

  /// - Throws: `OperatorError` unless both have the same rank and, except for `axis`, the same extents.
  static func checkAlongAxis(_ call: Call, _ x: TensorType, _ indices: TensorType, axis: Int) throws {
    guard x.rank == indices.rank,
      x.dimensions.indices.allSatisfy({ $0 == axis || x.dimensions[$0].agrees(with: indices.dimensions[$0]) })
    else { throw call.error("indices are \(indices), expected the extents of x, \(x), except along axis \(axis)") }
  }

  /// Length of an index tuple: the last extent of `indices`.
  static func tupleLength(_ call: Call, _ indices: TensorType, into x: TensorType, from batch: Int) throws -> Int {
    guard let last = indices.dimensions.last else { throw call.error("indices is a scalar, expected tuples along its last axis") }
    guard let depth = last.size else { throw call.error("the last extent of indices is not known") }
    guard depth <= x.rank - batch else {
      throw call.error("indices contains tuples of \(depth) indices, but x has \(x.rank - batch) axes to index")
    }
    return depth
  }
}
