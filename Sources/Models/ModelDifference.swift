// SPDX-License-Identifier: Apache-2.0
// Compares two packages: model, interface, operators, weights.

import Compression
import Encodings
import MIL
import ModelPackages
import Operators
import Tensors
import WeightStorage

/// A difference between two models.
package struct ModelDifference: Sendable, Equatable {
  /// `model`, `input`, `output`, `state`, `metadata`, `operator` or `weight`.
  package let part: String
  package let name: String
  /// The values in the first and the second model; empty if missing.
  package let first: String
  package let second: String

  /// All differences, outermost first; empty if the models are equivalent.
  ///
  /// Weights are compared by name, shape, encoding and decoded values. For a weight in both models, the difference
  /// includes a signal-to-noise ratio.
  ///
  /// - Parameter isCancelled: the cancellation check, called before each weight; `true` throws
  ///   `CompressionError.cancelled`.
  /// - Throws: `WeightStorageError` if the stored parts of a weight are inconsistent.
  package static func between(
    _ a: Model, _ b: Model, isCancelled: () -> Bool = { false }
  ) throws -> [ModelDifference] {
    let haveSeveral = [a, b].contains { $0.contents.program.functions.count > 1 }
    func facts(_ model: Model) -> [(String, String)] {
      [("target", "\(model.opset)"), ("spec_version", "\(model.contents.specificationVersion)")]
        + (haveSeveral ? [("function", model.interface.name)] : [])
    }
    var found = table("model", facts(a), facts(b))
    func features(_ features: [Feature]) -> [(String, String)] { features.map { ($0.name, $0.expectation) } }
    found += table("input", features(a.interface.inputs), features(b.interface.inputs))
    found += table("state", features(a.interface.states), features(b.interface.states))
    found += table("output", features(a.interface.outputs), features(b.interface.outputs))
    found += table("metadata", metadata(a), metadata(b))
    let (first, second) = (operators(a.contents.program), operators(b.contents.program))
    found += table("operator", first.map { ($0.name, $0.sorted) }, second.map { ($0.name, $0.sorted) }).map { row in
      func shown(_ side: [OperatorRow], _ text: String) -> String {
        side.first { $0.name == row.name && $0.sorted == text }?.shown ?? text
      }
      return ModelDifference(part: row.part, name: row.name, first: shown(first, row.first), second: shown(second, row.second))
    }
    return try found
      + weights(a.contents.program.weights(Catalog.weightTable), b.contents.program.weights(Catalog.weightTable), isCancelled)
  }

  /// The differences of two tables: rows of the first in order, then those that only the second has.
  private static func table(_ part: String, _ a: [(String, String)], _ b: [(String, String)]) -> [ModelDifference] {
    let second = Dictionary(b, uniquingKeysWith: { first, _ in first })
    let first = Set(a.map(\.0))
    let changed = a.filter { second[$0.0] != $0.1 }.map {
      ModelDifference(part: part, name: $0.0, first: $0.1, second: second[$0.0] ?? "")
    }
    let added = b.filter { !first.contains($0.0) }.map { ModelDifference(part: part, name: $0.0, first: "", second: $0.1) }
    return changed + added
  }

  private static func metadata(_ model: Model) -> [(String, String)] {
    guard let metadata = model.contents.interface.metadata else { return [] }
    let own = [
      ("description", metadata.shortDescription), ("version", metadata.version), ("author", metadata.author),
      ("license", metadata.license),
    ]
    return own.filter { !$0.1.isEmpty } + metadata.userDefined.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  // MARK: Operators

  private struct OperatorRow {
    let name: String
    /// Operator type, constants that are not weights, and result type, with parameters in program order.
    let shown: String
    /// The same with the parameters sorted by name, since their order is not significant.
    let sorted: String
  }

  /// All operations that compute values.
  private static func operators(_ program: Program) -> [OperatorRow] {
    func rows(_ block: Block, _ prefix: String, _ outer: [String: String]) -> [OperatorRow] {
      let constants = Dictionary(
        block.operations.compactMap { op in op.constantValue.map { (op.outputs.first?.name ?? "", $0) } },
        uniquingKeysWith: { first, _ in first })
      // Values are identified by the operation that produces them, since their names are arbitrary.
      var makers = Dictionary(block.inputs.map { ($0.name, $0.name) }, uniquingKeysWith: { first, _ in first })
        .merging(outer) { own, _ in own }
      for operation in block.operations where !operation.isStored {
        for (place, output) in operation.outputs.enumerated() { makers[output.name] = operation.name + (place > 0 ? ".\(place)" : "") }
      }
      return block.operations.filter { !$0.isStored }.flatMap { operation -> [OperatorRow] in
        let name = prefix + operation.name
        let arguments = operation.inputs.compactMap { argument -> String? in
          let shown = argument.bindings.compactMap { binding -> String? in
            switch binding {
            case .constant(let constant): small(constant)
            case .name(let name): makers[name] ?? constants[name].flatMap(small)
            }
          }
          return shown.isEmpty ? nil : "\(argument.parameter) = \(shown.joined(separator: ", "))"
        }
        let types = operation.outputs.map { "\($0.type)" }.joined(separator: ", ")
        let inside = operation.blocks.enumerated().flatMap { rows($1, "\(name).\($0).", makers) }
        func text(_ arguments: [String]) -> String { "\(operation.type)(\(arguments.joined(separator: ", "))) → \(types)" }
        return [OperatorRow(name: name, shown: text(arguments), sorted: text(arguments.sorted()))] + inside
      }
    }
    let several = program.functions.count > 1
    return program.functions.flatMap { function in
      rows(
        function.block, several ? "\(function.name)." : "",
        Dictionary(function.inputs.map { ($0.name, $0.name) }, uniquingKeysWith: { first, _ in first }))
    }
  }

  /// The text of a constant if it is small enough not to be a weight.
  private static func small(_ constant: Constant) -> String? {
    if let text = constant.string { return "\"\(text)\"" }
    guard let tensor = constant.tensor, tensor.count < Constant.leastWeightCount else { return nil }
    let values = tensor.dtype.isFloat ? tensor.doubles().map { "\($0)" } : tensor.integers().map { "\($0)" }
    return tensor.rank == 0 ? values.joined() : "[\(values.joined(separator: ", "))]"
  }

  // MARK: Weights

  private static func weights(
    _ a: [WeightEntry], _ b: [WeightEntry], _ isCancelled: () -> Bool
  ) throws -> [ModelDifference] {
    func key(_ entry: WeightEntry) -> String { "\(entry.function) \(entry.name)" }
    func words(_ entry: WeightEntry) -> String { "\(entry.dtype) \(entry.shape) \(entry.scheme), \(entry.bytes) bytes" }
    let second = Dictionary(b.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
    let first = Set(a.map(key))
    var found: [ModelDifference] = []
    for entry in a {
      if isCancelled() { throw CompressionError.cancelled }
      guard let other = second[key(entry)] else {
        found.append(ModelDifference(part: "weight", name: entry.name, first: words(entry), second: ""))
        continue
      }
      guard entry.weight != other.weight else { continue }
      var ending = ""
      if entry.shape == other.shape {
        let ratio = try signalToNoise(entry, other)
        if ratio == .infinity, words(entry) == words(other) { continue }
        ending = ratio == .infinity ? ", same values" : ", SNR \(ratio.isNaN ? "NaN" : "\((ratio * 10).rounded() / 10)") dB"
      }
      found.append(ModelDifference(part: "weight", name: entry.name, first: words(entry), second: words(other) + ending))
    }
    for entry in b where !first.contains(key(entry)) {
      found.append(ModelDifference(part: "weight", name: entry.name, first: "", second: words(entry)))
    }
    return found
  }

  private static func signalToNoise(_ entry: WeightEntry, _ other: WeightEntry) throws -> Double {
    do { return try SignalToNoise.decibels(entry.weight, other.weight) } catch let error as EncodingError {
      throw WeightStorageError.encoding(weight: entry.name, error)
    }
  }
}
