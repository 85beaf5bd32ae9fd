// SPDX-License-Identifier: Apache-2.0
// Einstein's summation convention, by matrix products.

import Foundation
import Kernels
import Tensors

/// Sums of products over named axes: `ij,jk->ik`.
package enum EinsteinSum {
  /// A tensor whose axes have names, without repetition.
  private struct Named {
    var tensor: Tensor
    var axes: [Character]
  }

  /// - Parameter equation: the axes of each operand and, after `->`, of the result; without it the axes that occur once, in
  ///   alphabetical order. `...` stands for further axes, which broadcast.
  /// - Throws: `AlgebraError` for a malformed equation, and for extents that differ.
  package static func run(_ equation: String, _ operands: [Tensor]) throws -> Tensor {
    var (terms, output) = try parse(equation, operands)
    let extents = try extents(terms, operands)
    let dtype = operands.dropFirst().reduce(operands[0].dtype) { $0.promoted(with: $1.dtype) }.arithmetic
    var values = try zip(terms, operands).map { axes, tensor in
      try diagonal(Named(tensor: tensor.cast(to: dtype.kernel == .float32 ? .float32 : dtype), axes: axes), extents)
    }
    terms = values.map(\.axes)
    while values.count > 1 {
      try Cancellation.check()
      let rest = Set(values.dropFirst(2).flatMap(\.axes)).union(output)
      let pair = try multiply(
        summed(values[0], keeping: Set(values[1].axes).union(rest)), summed(values[1], keeping: Set(values[0].axes).union(rest)), rest)
      values.replaceSubrange(0..<2, with: [pair])
    }
    let last = try summed(values[0], keeping: Set(output))
    let order = output.compactMap { last.axes.firstIndex(of: $0) }
    let out = try last.tensor.transposed(order)
    // An axis that broadcasts has extent 1 in an operand.
    return try out.expanded(to: output.map { extents[$0] ?? 1 }, for: "einsum").cast(to: dtype)
  }

  private static func parse(_ equation: String, _ operands: [Tensor]) throws -> (terms: [[Character]], output: [Character]) {
    func fail(_ problem: String) -> AlgebraError { .argument(function: "einsum", problem: "\(problem) in \"\(equation)\"") }
    let text = equation.filter { $0 != " " }
    let sides = text.components(separatedBy: "->")
    guard sides.count <= 2 else { throw fail("there is more than one ->") }
    let given = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard given.count == operands.count else { throw fail("\(operands.count) operands are given, but there are \(given.count)") }
    // The axes of `...` get names that are not letters, the last axis the first.
    func expanded(_ term: String, _ rank: Int?) throws -> [Character] {
      let parts = term.components(separatedBy: "...")
      guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isLetter } }) else {
        throw fail("axes must be letters or one ...: '\(term)'")
      }
      guard parts.count == 2 else { return Array(term) }
      let letters = parts[0].count + parts[1].count
      let further = rank.map { $0 - letters } ?? most
      guard further >= 0 else { throw fail("'\(term)' names \(letters) axes, but the operand has rank \(rank ?? 0)") }
      return parts[0] + (0..<further).reversed().map(name) + Array(parts[1])
    }
    var most = 0
    var terms: [[Character]] = []
    for (term, operand) in zip(given, operands) {
      let axes = try expanded(term, operand.rank)
      guard axes.count == operand.rank else {
        throw fail("'\(term)' names \(axes.count) axes, but the operand has rank \(operand.rank) (shape \(operand.shape))")
      }
      most = max(most, axes.filter { !$0.isLetter }.count)
      terms.append(axes)
    }
    let all = terms.flatMap { $0 }
    guard sides.count == 2 else {
      let once = Set(all).filter { axis in axis.isLetter && all.filter { $0 == axis }.count == 1 }.sorted()
      return (terms, (0..<most).reversed().map(name) + once)
    }
    let output = try expanded(sides[1], nil)
    if let unknown = output.first(where: { !all.contains($0) }) { throw fail("the axis '\(unknown)' of the result is in no operand") }
    guard Set(output).count == output.count else { throw fail("the result names an axis twice") }
    return (terms, output)
  }

  private static func name(_ further: Int) -> Character { Character(Unicode.Scalar(UInt8(ascii: "0") + UInt8(min(further, 9)))) }

  private static func extents(_ terms: [[Character]], _ operands: [Tensor]) throws -> [Character: Int] {
    var extents: [Character: Int] = [:]
    for (axes, tensor) in zip(terms, operands) {
      for (axis, extent) in zip(axes, tensor.shape) {
        let known = extents[axis] ?? extent
        guard known == extent || known == 1 || extent == 1 else {
          throw AlgebraError.argument(
            function: "einsum",
            problem: "the axis '\(axis)' has \(known) and \(extent) positions; the shapes are "
              + operands.map { "\($0.shape)" }.joined(separator: " and "))
        }
        extents[axis] = known == 1 ? extent : known
      }
    }
    return extents
  }

  /// Axes with the same name become one: the diagonal.
  private static func diagonal(_ value: Named, _ extents: [Character: Int]) throws -> Named {
    var value = value
    while let second = value.axes.indices.last(where: { value.axes[..<$0].contains(value.axes[$0]) }) {
      guard let first = value.axes.firstIndex(of: value.axes[second]) else { break }
      let kept = value.axes.indices.filter { $0 != first && $0 != second }
      let extent = extents[value.axes[first]] ?? 1
      let moved = try value.tensor.transposed(kept + [first, second])
      let square = try moved.expanded(to: moved.shape.dropLast(2) + [extent, extent], for: "einsum")
      let positions = (0..<extent).map { $0 * (extent + 1) }
      let flat = square.reshaped(square.shape.dropLast(2) + [extent * extent])
      value = Named(
        tensor: try flat.taken(positions, shape: [extent], -1, for: "einsum"), axes: kept.map { value.axes[$0] } + [value.axes[first]])
    }
    return value
  }

  /// Summed over the axes that nothing else needs.
  private static func summed(_ value: Named, keeping needed: Set<Character>) throws -> Named {
    let axes = value.axes.indices.filter { !needed.contains(value.axes[$0]) }
    guard !axes.isEmpty else { return value }
    let sum = try value.tensor.reduced(.sum, axes).cast(to: value.tensor.dtype)
    return Named(tensor: sum, axes: value.axes.filter { needed.contains($0) })
  }

  /// The product of two values, summed over their common axes that nothing else needs, as one batch of matrix products.
  private static func multiply(_ a: Named, _ b: Named, _ needed: Set<Character>) throws -> Named {
    let common = a.axes.filter { b.axes.contains($0) }
    let batch = common.filter { needed.contains($0) }
    let inner = common.filter { !needed.contains($0) }
    let left = a.axes.filter { !common.contains($0) }
    let right = b.axes.filter { !common.contains($0) }
    var extents: [Character: Int] = [:]
    for value in [a, b] {
      for (axis, extent) in zip(value.axes, value.tensor.shape) { extents[axis] = extents[axis].map { $0 == 1 ? extent : $0 } ?? extent }
    }
    func size(_ axes: [Character]) -> Int { axes.reduce(1) { $0 * (extents[$1] ?? 1) } }
    func matrix(_ value: Named, _ order: [Character], _ rows: Int, _ columns: Int) throws -> Tensor {
      let moved = try value.tensor.transposed(order.compactMap { value.axes.firstIndex(of: $0) })
      return try moved.expanded(to: order.map { extents[$0] ?? 1 }, for: "einsum").reshaped([size(batch), rows, columns])
    }
    let (m, k, n) = (size(left), size(inner), size(right))
    let x = try matrix(a, batch + left + inner, m, k)
    let y = try matrix(b, batch + inner + right, k, n)
    // Without a sum it is an outer or elementwise product.
    let product =
      inner.isEmpty
      ? try Tensor.combined(.multiply, .tensor(x), .tensor(y), named: "einsum")
      : size(batch) == 1 ? try x.reshaped([m, k]).product(y.reshaped([k, n]), for: "einsum") : try x.product(y, for: "einsum")
    let axes = batch + left + right
    return Named(tensor: product.reshaped(axes.map { extents[$0] ?? 1 }), axes: axes)
  }
}
