// SPDX-License-Identifier: Apache-2.0
// Parts of data sets, and several as one.

import Tensors

extension Dataset {
  /// The first samples in the order of iteration.
  ///
  /// - Throws: `EvaluationError.badOption` unless `count` is from 1 to the number of samples.
  package func taking(_ count: Int) throws -> Dataset {
    guard (1...max(self.count, 1)).contains(count) else {
      throw EvaluationError.badOption(name: "take", value: "\(count)", allowed: "1 to \(self.count), the number of samples")
    }
    return selecting(Array(order.prefix(count)))
  }

  /// Two data sets: the first with a share of the samples.
  ///
  /// - Parameter seed: of the order in which the samples are divided; `nil` keeps the order.
  /// - Throws: `EvaluationError.badOption` for a share that leaves one of them empty.
  package func split(_ share: Double, seed: UInt64?) throws -> (Dataset, Dataset) {
    let size = share > 0 && share < 1 ? Int((Double(count) * share).rounded()) : 0
    guard size > 0, size < count else {
      throw EvaluationError.badOption(
        name: "split", value: "\(share)", allowed: "a share between 0 and 1 that leaves samples in both parts; there are \(count) samples")
    }
    var order = order
    if let seed {
      var random = SplitMix64(seed: seed)
      order.shuffle(using: &random)
    }
    return (selecting(Array(order[..<size])), selecting(Array(order[size...])))
  }

  /// The samples of both, one after the other.
  ///
  /// - Throws: `EvaluationError` for different inputs, shapes or classes, and if only one has labels.
  package func joined(with other: Dataset) throws -> Dataset {
    let names = inputTypes.keys.sorted()
    guard names == other.inputTypes.keys.sorted() else {
      throw EvaluationError.unlikeSets(
        what: "inputs", names.joined(separator: ", "), other.inputTypes.keys.sorted().joined(separator: ", "))
    }
    guard classNames == other.classNames else {
      throw EvaluationError.unlikeSets(what: "classes", Self.list(classNames), Self.list(other.classNames))
    }
    for name in names {
      guard let a = inputTypes[name], let b = other.inputTypes[name], a != b else { continue }
      throw EvaluationError.unlikeSets(what: "input '\(name)'", a.description, b.description)
    }
    guard labelType == other.labelType else {
      let texts = [self, other].map { $0.labelType?.description ?? "none" }
      throw EvaluationError.unlikeSets(what: "labels", texts[0], texts[1])
    }
    return try Dataset(
      JoinedSource(first: source, firstOrder: order, second: other.source, secondOrder: other.order), classNames: classNames,
      hasNamedLabels: hasNamedLabels || other.hasNamedLabels, options: Options(batchSize: batchSize))
  }

  private static func list(_ names: [String]?) -> String { names.map { $0.prefix(10).joined(separator: ", ") } ?? "none" }

  /// The samples in the order of iteration as arrays, by name; labels are called `labels`.
  package var arrays: [String: Tensor] {
    get throws {
      let samples = try samples()
      var arrays = samples.inputs
      if let labels = samples.labels { arrays["labels"] = labels }
      return arrays
    }
  }
}
