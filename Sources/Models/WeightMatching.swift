// SPDX-License-Identifier: Apache-2.0
// Finds the weights of a model among named tensors of a file.

import Tensors

/// Pairs of a model's weights and the tensors of a file.
package struct WeightMatching {
  /// A model's weight and the tensor for it.
  package struct Pair: Equatable, Sendable {
    package let weight: String
    package let source: String
    /// Whether rows and columns are exchanged.
    package let isTransposed: Bool
  }

  package private(set) var pairs: [Pair] = []
  /// Weights without a tensor.
  package private(set) var missing: [String] = []
  /// Tensors without a weight.
  package private(set) var unexpected: [String] = []
  /// Pairs whose shapes differ.
  package private(set) var unfit: [(weight: String, shape: Shape, source: String, found: Shape)] = []

  /// Matches by name: exactly, or with other characters than letters, digits and `_` replaced by `_`, as in programs.
  ///
  /// - Parameters:
  ///   - others: constants that a tensor may replace.
  ///   - needed: those of them that are missed if there is no tensor, such as biases.
  ///   - rename: the weight's name for a tensor's name; `nil` leaves the tensor out.
  ///   - allowsTransposes: whether a matrix may have its axes exchanged.
  package init(
    weights: [(name: String, shape: Shape)], others: [(name: String, shape: Shape)] = [], needed: Set<String> = [],
    sources: [(name: String, shape: Shape)], allowsTransposes: Bool, rename: (String) throws -> String?
  ) rethrows {
    let all = weights + others
    let shapes = Dictionary(all.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let plain = Dictionary(all.map { (Self.plain($0.name), $0.name) }, uniquingKeysWith: { first, _ in first })
    var taken: Set<String> = []
    for source in sources {
      guard let wanted = try rename(source.name) else { continue }
      guard let name = shapes[wanted] != nil ? wanted : plain[Self.plain(wanted)], let shape = shapes[name], taken.insert(name).inserted
      else {
        unexpected.append(source.name)
        continue
      }
      let isTransposed = source.shape != shape && allowsTransposes && shape.count == 2 && source.shape == shape.reversed()
      if source.shape == shape || isTransposed || Self.isEqual(source.shape, shape) {
        pairs.append(Pair(weight: name, source: source.name, isTransposed: isTransposed))
      } else {
        unfit.append((name, shape, source.name, source.shape))
      }
    }
    for (name, _) in weights + others.filter({ needed.contains($0.name) }) where !taken.contains(name) && !missing.contains(name) {
      missing.append(name)
    }
  }

  /// Decides whether the square matrices among these weights, whose rows are inputs in the program (`x @ w`), are exchanged: as those that
  /// are not square were.
  ///
  /// - Returns: the square matrices for which no other matrix, or not all of them, tells.
  package mutating func settleSquares(_ byInput: Set<String>, shapes: [String: Shape]) -> [String] {
    let known = Set(pairs.filter { byInput.contains($0.weight) && !isSquare(shapes[$0.weight]) }.map(\.isTransposed))
    let squares = pairs.indices.filter { byInput.contains(pairs[$0].weight) && isSquare(shapes[pairs[$0].weight]) }
    guard known.count == 1, let exchanged = known.first else { return squares.map { pairs[$0].weight } }
    for i in squares { pairs[i] = Pair(weight: pairs[i].weight, source: pairs[i].source, isTransposed: exchanged) }
    return []
  }

  /// Exchanges the axes of the square matrices among these weights.
  package mutating func exchangeSquares(_ byInput: Set<String>, shapes: [String: Shape]) {
    for i in pairs.indices where byInput.contains(pairs[i].weight) && isSquare(shapes[pairs[i].weight]) {
      pairs[i] = Pair(weight: pairs[i].weight, source: pairs[i].source, isTransposed: true)
    }
  }

  private func isSquare(_ shape: Shape?) -> Bool { shape.map { $0.count == 2 && $0[0] == $0[1] && $0[0] > 1 } ?? false }

  /// Whether shapes differ by axes of extent 1 only, as a vector and a scale of a channel do.
  private static func isEqual(_ a: Shape, _ b: Shape) -> Bool { a.filter { $0 != 1 } == b.filter { $0 != 1 } }

  private static func plain(_ name: String) -> String {
    String(name.unicodeScalars.map { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) ? Character($0) : "_" })
  }

  /// What does not fit, as text; `nil` if everything does.
  package var problems: String? {
    func list(_ names: [String]) -> String {
      names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }
    var lines: [String] = []
    if !unfit.isEmpty {
      lines.append(
        "of another shape: " + list(unfit.map { "\($0.weight) is \($0.shape), \($0.source) is \($0.found)" }))
    }
    if !missing.isEmpty { lines.append("weights without a tensor: " + list(missing)) }
    if !unexpected.isEmpty { lines.append("tensors without a weight: " + list(unexpected)) }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}
