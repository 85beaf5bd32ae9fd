// SPDX-License-Identifier: Apache-2.0
// Axes, extents and ranks: reading, validation, broadcasting, result types.

import MIL
import Tensors

extension Call {
  /// The value of an axis parameter as a nonnegative index.
  ///
  /// - Throws: `OperatorError` if it is unknown or out of range.
  func knownAxis(_ parameter: String, rank: Int) throws -> Int {
    try counted(known(integer(parameter), parameter), parameter, rank: rank)
  }

  /// The values of an axes parameter as nonnegative indices; `nil` if it is absent.
  ///
  /// - Throws: `OperatorError` if they are unknown, out of range, or repeated.
  func knownAxes(_ parameter: String, rank: Int) throws -> [Int]? {
    guard has(parameter) else { return nil }
    let axes = try known(integers(parameter), parameter).map { try counted($0, parameter, rank: rank) }
    guard Set(axes).count == axes.count else { throw error("\(parameter) names an axis twice: \(axes)") }
    return axes
  }

  private func counted(_ axis: Int, _ parameter: String, rank: Int) throws -> Int {
    let counted = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(counted) else {
      throw error(
        rank == 0 ? "\(parameter) is \(axis), but a scalar has no axes" : "\(parameter) is \(axis), expected \(-rank) to \(rank - 1)")
    }
    return counted
  }

  /// A required integer parameter whose value must be known and at least `least`.
  func knownInteger(_ parameter: String, atLeast least: Int) throws -> Int {
    let value = try known(integer(parameter), parameter)
    guard value >= least else { throw error("\(parameter) is \(value), expected at least \(least)") }
    return value
  }

  /// A fixed number of known integers.
  func knownIntegers(_ parameter: String, count: Int) throws -> [Int] {
    let values = try known(integers(parameter), parameter)
    guard values.count == count else { throw error("\(parameter) has \(values.count) elements, expected \(count)") }
    return values
  }

  /// The type of a tensor parameter with the given rank.
  func type(_ parameter: String, rank: Int) throws -> TensorType {
    let type = try type(parameter)
    guard type.rank == rank else { throw error("\(parameter) has rank \(type.rank), expected \(rank)") }
    return type
  }

  /// A valid result type: known extents are not negative and the element count does not overflow.
  func result(_ dtype: DType, _ dimensions: [Dimension]) throws -> ValueType {
    let known = dimensions.compactMap(\.size)
    // 2^40 elements exceed any machine this runs on; the limit keeps byte counts far from overflow.
    guard let count = known.checkedElementCount, known.contains(0) || count <= 1 << 40 else {
      throw error("the result would be \(TensorType(dtype, dimensions)), expected extents of at least 0 and at most 2^40 elements")
    }
    return .tensor(TensorType(dtype, dimensions))
  }

  /// As many unknown extents as the length of the vector bound to `parameter`.
  func unknownExtents(_ parameter: String) throws -> [Dimension] {
    let type = try type(parameter)
    guard let rank = type.rank == 0 ? 1 : type.dimensions[0].size else { return [.unknown(variadic: true)] }
    guard rank <= 64 else { throw error("\(parameter) has \(rank) axes, expected at most 64") }
    return Array(repeating: .any, count: rank)
  }

  /// All operands of a variadic parameter, as tensors with the same element type.
  func tensors(_ parameter: String) throws -> [TensorType] {
    let types = try list(parameter).map { operand in
      guard let type = operand.type.tensorType else { throw error("\(parameter) must be tensors, found \(operand.type)") }
      return type
    }
    guard let first = types.first else { throw missing(parameter) }
    for type in types where type.dtype != first.dtype {
      throw error("\(parameter) mixes \(first.dtype.name) and \(type.dtype.name)")
    }
    return types
  }

  // MARK: Broadcasting and channels

  /// The extents that the operands of these parameters broadcast to.
  ///
  /// - Throws: `OperatorError` with the incompatible shapes.
  package func broadcast(_ parameters: String...) throws -> [Dimension] {
    var out: [Dimension] = []
    for parameter in parameters {
      let type = try type(parameter)
      guard type.hasKnownRank, !out.contains(.unknown(variadic: true)) else { return [.unknown(variadic: true)] }
      guard let both = Self.broadcast(out, type.dimensions) else {
        let shapes = try parameters.map { "\($0) \(try self.type($0))" }.joined(separator: ", ")
        throw error("the shapes do not broadcast: \(shapes)")
      }
      out = both
    }
    return out
  }

  /// The extents that two lists broadcast to; the shorter one is padded with ones in front.
  func broadcast(_ a: [Dimension], _ b: [Dimension]) throws -> [Dimension] {
    guard let both = Self.broadcast(a, b) else { throw error("the extents \(a) and \(b) do not broadcast") }
    return both
  }

  private static func broadcast(_ a: [Dimension], _ b: [Dimension]) -> [Dimension]? {
    let rank = max(a.count, b.count)
    let (a, b) = (Array(repeating: .fixed(1), count: rank - a.count) + a, Array(repeating: .fixed(1), count: rank - b.count) + b)
    let both = zip(a, b).compactMap { $0.broadcast(with: $1) }
    return both.count == rank ? both : nil
  }

  /// Checks that the operand, if bound, has one value per channel (axis 1) of `x`.
  package func checkChannels(_ parameter: String, of x: TensorType) throws {
    guard let type = try optionalType(parameter) else { return }
    guard type.rank == 1 else { throw error("\(parameter) must have rank 1, found \(type)") }
    guard x.hasKnownRank, x.rank > 1, let expected = x.dimensions[1].size, let found = type.dimensions[0].size,
      expected != found
    else { return }
    throw error("\(parameter) must have one value for each of the \(expected) channels of x, found \(found)")
  }

  /// Checks the rank, if it is known.
  package func checkRank(_ parameter: String, _ type: TensorType, _ allowed: ClosedRange<Int>) throws {
    guard type.hasKnownRank, !allowed.contains(type.rank) else { return }
    let expected =
      allowed.upperBound == .max
      ? "at least \(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"
    throw error("\(parameter) must have rank \(expected), found \(type)")
  }
}

extension TensorType {
  /// Whether the rank is known.
  package var hasKnownRank: Bool { !dimensions.contains(.unknown(variadic: true)) }
}

extension Call {
  /// The dtype of indices that the string parameter specifies.
  func indexType(_ parameter: String) throws -> DType {
    switch try known(string(parameter), parameter).lowercased() {
    case "int32": .int32
    case "uint16": .uint16
    case let name: throw error("\(parameter) must be int32 or uint16, found \(name)")
    }
  }
}
