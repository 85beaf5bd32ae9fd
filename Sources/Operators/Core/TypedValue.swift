// SPDX-License-Identifier: Apache-2.0
// A value of a function under construction, with arithmetic that emits operations.

import MIL
import Tensors

/// A typed value, and the emitter that its arithmetic appends to.
package struct TypedValue {
  package let operand: Operand
  package let emitter: Emitter

  package init(_ operand: Operand, in emitter: Emitter) {
    self.operand = operand
    self.emitter = emitter
  }

  /// Its name; `nil` for an inline constant.
  package var name: String? { operand.name }

  var binding: Binding {
    if let name = operand.name { return .name(name) }
    guard let constant = operand.constant else { preconditionFailure("a value without name must be a constant") }
    return .constant(constant)
  }

  /// - Precondition: it is a tensor of known shape, like all values of a differentiated function.
  package var shape: Shape {
    guard let shape = operand.type.tensorType?.shape else {
      preconditionFailure("a tensor of known shape is needed, found \(operand.type)")
    }
    return shape
  }

  package var rank: Int { shape.count }
  package var dtype: DType { operand.type.tensorType?.dtype ?? .float32 }

  /// The first output of an operator with this value as `x`.
  package func apply(_ type: String, _ more: [String: (any Emittable)?] = [:], name: String? = nil) throws -> TypedValue {
    try emitter.emit(type, more.merging(["x": self]) { $1 }, name: name)
  }

  // MARK: Arithmetic

  package static func + (a: TypedValue, b: TypedValue) throws -> TypedValue { try a.apply("add", ["y": b]) }
  package static func - (a: TypedValue, b: TypedValue) throws -> TypedValue { try a.apply("sub", ["y": b]) }
  package static func * (a: TypedValue, b: TypedValue) throws -> TypedValue { try a.apply("mul", ["y": b]) }
  package static func / (a: TypedValue, b: TypedValue) throws -> TypedValue { try a.apply("real_div", ["y": b]) }
  package static func + (a: TypedValue, b: Float) throws -> TypedValue { try a.apply("add", ["y": b]) }
  package static func - (a: TypedValue, b: Float) throws -> TypedValue { try a.apply("sub", ["y": b]) }
  package static func * (a: TypedValue, b: Float) throws -> TypedValue { try a.apply("mul", ["y": b]) }
  package static func / (a: TypedValue, b: Float) throws -> TypedValue { try a.apply("real_div", ["y": b]) }
  package static func - (a: Float, b: TypedValue) throws -> TypedValue {
    try b.emitter.emit("sub", ["x": a, "y": b])
  }
  package func negated() throws -> TypedValue { try self * -1 }
  package func squared() throws -> TypedValue { try self * self }

  // MARK: Shape

  /// Reshapes to another shape with the same element count.
  package func reshaped(_ shape: Shape) throws -> TypedValue {
    guard shape != self.shape else { return self }
    // MIL's reshape reads 0 as "keep the extent", and cannot produce a scalar.
    if shape.isEmpty { return try apply("squeeze") }
    return try apply("reshape", ["shape": shape])
  }

  package func transposed(_ perm: [Int]) throws -> TypedValue {
    perm == Array(perm.indices) ? self : try apply("transpose", ["perm": perm])
  }

  /// The sum over axes (counted from the front).
  package func sum(_ axes: [Int], keepingAxes: Bool = false) throws -> TypedValue {
    guard !axes.isEmpty else { return self }
    return try apply("reduce_sum", ["axes": axes, "keep_dims": keepingAxes])
  }

  /// Broadcasts to the given shape: repeats along axes of extent 1, and adds leading axes.
  package func broadcast(to shape: Shape) throws -> TypedValue {
    guard shape != self.shape else { return self }
    let padded = Array(repeating: 1, count: shape.count - rank) + self.shape
    let reps = zip(shape, padded).map { $1 == 1 ? $0 : 1 }
    return try reshaped(padded).apply("tile", ["reps": reps])
  }

  /// The inverse of broadcasting: sums over the axes along which a value of that shape was repeated.
  package func summed(to shape: Shape) throws -> TypedValue {
    guard shape != self.shape else { return self }
    let padded = Array(repeating: 1, count: rank - shape.count) + shape
    return try sum(padded.indices.filter { padded[$0] != self.shape[$0] }, keepingAxes: true).reshaped(shape)
  }
}

extension TypedValue {
  /// The matrix product with another value. Either operand may be transposed.
  func times(_ other: TypedValue, transposed: (Bool, Bool) = (false, false)) throws -> TypedValue {
    try apply("matmul", ["y": other, "transpose_x": transposed.0, "transpose_y": transposed.1])
  }
}
