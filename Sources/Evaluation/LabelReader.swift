// SPDX-License-Identifier: Apache-2.0
// Maps the labels of a data set to indices of a model's classes.

import Tensors

/// Maps labels to indices of a model's classes.
package struct LabelReader: Sendable {
  private enum Rule: Sendable {
    case asTheyAre
    /// The model's class index for each class of the data set.
    case names([Int])
    /// The model's class index for each class id.
    case ids([Int: Int], known: [Int])
  }

  private let rule: Rule
  private let isNeeded: Bool

  /// - Parameter isNeeded: whether a label that is not one of the model's classes is an error.
  package init(_ data: Dataset, _ predictor: any Predictor, isNeeded: Bool) throws {
    try self.init(classNames: data.classNames, areNames: data.hasNamedLabels, predictor, isNeeded: isNeeded)
  }

  /// - Parameters:
  ///   - classNames: the names of the classes that the labels are indices of; `nil` if they have no names.
  ///   - areNames: whether the labels were given as names.
  package init(classNames: [String]?, areNames: Bool, _ predictor: any Predictor, isNeeded: Bool) throws {
    self.isNeeded = isNeeded
    if let names = classNames {
      guard let known = predictor.classNames else {
        if areNames, isNeeded { throw EvaluationError.unnamedClasses(label: names.first ?? "") }
        rule = .asTheyAre
        return
      }
      let places = Dictionary(known.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
      let positions = names.map { places[$0] }
      if let stranger = positions.firstIndex(of: nil), isNeeded {
        throw EvaluationError.unknownClass(name: names[stranger], known: known)
      }
      rule = positions.contains(nil) ? .asTheyAre : .names(positions.compactMap { $0 })
    } else {
      rule = Self.rule(predictor.classIDs)
    }
  }

  /// For labels that are not names. The labels of a classifier with integer classes are its class ids.
  package init(classesOf predictor: any Predictor) {
    isNeeded = true
    rule = Self.rule(predictor.classIDs)
  }

  private static func rule(_ ids: [Int]?) -> Rule {
    guard let ids, ids != Array(ids.indices) else { return .asTheyAre }
    return .ids(Dictionary(ids.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a }), known: ids)
  }

  package func positions(of labels: Tensor) throws -> Tensor {
    switch rule {
    case .asTheyAre: return labels
    case .names(let places): return Tensor(labels.integers().map { Int64(places[$0]) }, shape: labels.shape)
    case .ids(let places, let known):
      // Several numbers per sample, or fractions, are not class ids. A metric that needs ids reports the error.
      guard labels.count == labels.shape.first, labels.unfitElement(for: .int64) == nil else { return labels }
      var positions: [Int64] = []
      for id in labels.integers() {
        guard let place = places[id] else {
          if isNeeded { throw EvaluationError.labelOfNoClass(label: id, known: known) }
          return labels
        }
        positions.append(Int64(place))
      }
      return Tensor(positions, shape: labels.shape)
    }
  }
}

extension Dataset {
  /// The same samples, with labels mapped to indices of a model's classes.
  ///
  /// - Throws: `EvaluationError` for a label that is not one of the classes.
  package func placingLabels(for predictor: any Predictor) throws -> Dataset {
    guard labelType != nil else { return self }
    let reader = try LabelReader(self, predictor, isNeeded: true)
    guard let labels = source.knownLabels else { return mappingLabels(reader.positions) }
    return try labeled(Labels(reader.positions(of: labels)))
  }
}
