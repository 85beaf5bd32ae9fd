// SPDX-License-Identifier: Apache-2.0
// Tensors of a script as parts of an encoding: element types, and scales of any compatible shape.

import Tensors

extension Tensor {
  /// The elements as a type with floats that weights are stored with; 32 bits unless they are 16 already.
  func asFloats(_ part: String) throws(EncodingError) -> Tensor {
    if dtype == .float16 || dtype == .float32 { return self }
    do { return try converted(to: .float32) } catch { throw .unfit(part: part, error) }
  }

  /// Whole numbers as elements of an integer type.
  ///
  /// - Parameter limit: numbers must be below it; `nil` for the range of the type.
  func asIntegers(_ part: String, _ target: DType, below limit: Int? = nil) throws(EncodingError) -> Tensor {
    let result: Tensor
    do { result = dtype == target ? self : try converted(to: target) } catch { throw .unfit(part: part, error) }
    guard let limit, limit < 1 << target.bits else { return result }
    guard let index = result.codes().firstIndex(where: { Int($0) >= limit }) else { return result }
    let found = UnfitElement(
      position: shape.position(of: index), value: "\(result.codes()[index])", source: dtype, target: target,
      limits: "the table has the entries 0 to \(limit - 1)")
    throw .unfit(part: part, found)
  }

  /// An offset as elements of the type of the codes if it consists of such numbers, else of the scale's type.
  func asOffset(of codes: DType, _ scale: DType) throws(EncodingError) -> Tensor {
    if codes.isInteger, unfitElement(for: codes) == nil { return cast(to: codes) }
    do { return try converted(to: scale) } catch { throw .unfit(part: "offset", error) }
  }

  /// The tensor with an axis for each of `shape`: one number, one for each index or block of an axis, or as it is.
  func blocks(_ part: String, over shape: Shape, axis: Int?) throws(EncodingError) -> Tensor {
    if rank == shape.count, rank != 1 || axis == nil { return self }
    var counts = Shape(repeating: 1, count: shape.count)
    if count == 1 { return reshaped(counts) }
    guard rank == 1 else { throw .rank(part: part, found: rank, expected: "0, 1 or \(shape.count), as codes") }
    guard let along = shape.normalizedAxis(axis ?? 0) else { throw .axis(part: "axis", found: axis ?? 0, rank: shape.count) }
    guard shape[along] % max(count, 1) == 0 else {
      throw .count(
        part: part, found: count, expected: shape[along],
        because: "axis \(along) of codes has that extent" + (axis == nil ? "; axis = … names another" : ""))
    }
    counts[along] = count
    return reshaped(counts)
  }

  /// One number repeated to a shape; other tensors must have the shape.
  func repeated(_ part: String, to shape: Shape) throws(EncodingError) -> Tensor {
    if self.shape == shape { return self }
    guard count == 1 else { throw .shape(part: part, found: self.shape, expected: "\(shape), as scale") }
    let count = shape.elementCount
    if dtype.isSubByte { return Tensor(codes: [UInt8](repeating: codes()[0], count: count), dtype: dtype, shape: shape) }
    return withBytes { one in
      (0..<count).flatMap { _ in one }.withUnsafeBytes { Tensor(dtype: dtype, shape: shape, bytes: $0) }
    }
  }
}
