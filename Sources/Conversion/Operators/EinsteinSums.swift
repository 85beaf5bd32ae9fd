// SPDX-License-Identifier: Apache-2.0
// Einsum, as transposes, matrix products and sums.

import Foundation
import MIL
import ONNXFiles
import Operators
import Tensors

enum EinsteinSums {
  static let rules: [Rule] = [.one("Einsum") { n in try n.einsum() }]
}

/// An operand with a letter for each axis.
private struct Lettered {
  var value: Value
  var letters: [Character]
}

extension Node {
  fileprivate func einsum() throws -> Value {
    guard let text = try string("equation")?.filter({ $0 != " " }) else { throw Refusal("the attribute equation is missing") }
    let sides = text.components(separatedBy: "->")
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let values = try all()
    guard terms.count == values.count, sides.count <= 2 else { throw Refusal("the equation \(text) has not \(values.count) operands") }
    // Axes of an ellipsis are letters too, counted from the last one.
    let ellipsis: [Character] = Array("0123456789")
    var hidden = 0
    var operands: [Lettered] = []
    for (term, value) in zip(terms, values) {
      let named = term.replacingOccurrences(of: "...", with: "")
      let extra = value.rank - named.count
      guard extra >= 0, extra <= ellipsis.count, extra == 0 || term.contains("...") else {
        throw Refusal("the term \(term) does not match an operand of rank \(value.rank)")
      }
      hidden = Swift.max(hidden, extra)
      let letters = term.contains("...") ? Self.expand(term, Array(ellipsis[0..<extra].reversed())) : Array(term)
      operands.append(try diagonal(Lettered(value: value, letters: letters)))
    }
    let dots = Array(ellipsis[0..<hidden].reversed())
    let result: [Character]
    if sides.count == 2 {
      result = Self.expand(sides[1], dots)
    } else {
      let every = terms.joined().filter(\.isLetter)
      result = dots + Set(every).sorted().filter { letter in every.filter { $0 == letter }.count == 1 }
    }
    guard Set(result).count == result.count, result.allSatisfy({ letter in operands.contains { $0.letters.contains(letter) } }) else {
      throw Refusal("the result of \(text) has a repeated or an unknown letter")
    }
    guard var left = operands.first else { throw Refusal("it has no operands") }
    for (i, right) in operands.enumerated().dropFirst() {
      let later = Set(operands.dropFirst(i + 1).flatMap(\.letters)).union(result)
      left = try contract(left, right, keeping: later)
    }
    left = try sumOut(left, keeping: Set(result))
    return try b.transpose(left.value, result.compactMap { left.letters.firstIndex(of: $0) })
  }

  private static func expand(_ term: String, _ dots: [Character]) -> [Character] {
    guard let range = term.range(of: "...") else { return Array(term) }
    return Array(term[..<range.lowerBound]) + dots + Array(term[range.upperBound...])
  }

  /// Replaces axes with the same letter by their diagonal.
  private func diagonal(_ operand: Lettered) throws -> Lettered {
    var (value, letters) = (operand.value, operand.letters)
    while let first = letters.indices.first(where: { letters[..<$0].contains(letters[$0]) }),
      let other = letters.firstIndex(of: letters[first])
    {
      let extent = try value.extent(first)
      var shape = Array(repeating: 1, count: letters.count)
      (shape[first], shape[other]) = (extent, extent)
      var identity = [Float](repeating: 0, count: extent * extent)
      for i in 0..<extent { identity[i * extent + i] = 1 }
      let mask = Value(constant: Tensor(identity, shape: shape))
      value = try b.sum(b.mul(value, b.cast(mask, value.dtype)), [first], keep: false)
      letters.remove(at: first)
    }
    return Lettered(value: value, letters: letters)
  }

  private func sumOut(_ operand: Lettered, keeping letters: Set<Character>) throws -> Lettered {
    let axes = operand.letters.indices.filter { !letters.contains(operand.letters[$0]) }
    guard !axes.isEmpty else { return operand }
    return Lettered(value: try b.sum(operand.value, axes, keep: false), letters: operand.letters.filter(letters.contains))
  }

  /// The product of two operands, summed over the letters that are not kept.
  private func contract(_ x: Lettered, _ y: Lettered, keeping kept: Set<Character>) throws -> Lettered {
    let x = try sumOut(x, keeping: kept.union(y.letters))
    let y = try sumOut(y, keeping: kept.union(x.letters))
    let shared = x.letters.filter(y.letters.contains)
    let summed = shared.filter { !kept.contains($0) }
    let batch = shared.filter(kept.contains)
    let (rows, columns) = (x.letters.filter { !shared.contains($0) }, y.letters.filter { !shared.contains($0) })
    func extents(_ operand: Lettered, _ letters: [Character]) throws -> [Value] {
      try letters.map { letter in try b.extent(operand.value, operand.letters.firstIndex(of: letter) ?? 0) }
    }
    func product(_ operand: Lettered, _ letters: [Character]) throws -> Value {
      try b.extents(operand.value, letters.compactMap { operand.letters.firstIndex(of: $0) })
    }
    func ordered(_ operand: Lettered, _ letters: [Character]) throws -> Value {
      try b.transpose(operand.value, letters.compactMap { operand.letters.firstIndex(of: $0) })
    }
    func isOne(_ operand: Lettered, _ letter: Character) -> Bool {
      operand.letters.firstIndex(of: letter).map { operand.value.dims[$0] == 1 } ?? false
    }
    guard summed.isEmpty || batch.allSatisfy({ isOne(x, $0) == isOne(y, $0) }) else {
      throw Refusal("the operands broadcast along an axis that is not summed")
    }
    if summed.isEmpty {
      // No sum: a product with broadcasting.
      let all = batch + rows + columns
      func spread(_ operand: Lettered) throws -> Value {
        let present = all.filter(operand.letters.contains)
        return try b.expandDims(ordered(operand, present), all.indices.filter { !present.contains(all[$0]) })
      }
      return Lettered(value: try b.mul(spread(x), spread(y)), letters: all)
    }
    /// A batch of matrices, in which the letters of a group form one axis.
    func matrices(_ operand: Lettered, _ groups: [[Character]]) throws -> Value {
      let flat = try ordered(operand, batch + groups.flatMap { $0 })
      if groups.allSatisfy({ $0.count == 1 }) { return flat }
      return try b.reshape(flat, to: extents(operand, batch) + groups.map { try product(operand, $0) })
    }
    let result = try b.matmul(matrices(x, [rows, summed]), matrices(y, [summed, columns]))
    let letters = batch + rows + columns
    if rows.count == 1, columns.count == 1 { return Lettered(value: result, letters: letters) }
    return Lettered(value: try b.reshape(result, to: extents(x, batch + rows) + extents(y, columns)), letters: letters)
  }
}
