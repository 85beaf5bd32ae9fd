// SPDX-License-Identifier: Apache-2.0
// A data set as a value: named inputs, an order of samples, a batch size.

import Tensors

/// Named inputs whose first axis is the sample axis, with optional labels.
package struct Dataset: Sendable {
  /// Each input has the shape `[samples, …]`.
  package let inputs: [String: Tensor]
  /// `[samples, …]`: class indices, or regression targets.
  package let labels: Tensor?
  /// The names of the classes that the labels are indices of, if the data contain names (image folders, string
  /// labels).
  package let classNames: [String]?
  /// Whether the labels were given as names, in which case their indices must be mapped to the classes of a model by
  /// name.
  package let hasNamedLabels: Bool
  package let batchSize: Int
  /// The samples in the order of iteration, after shuffling and limiting.
  package let order: [Int]
  /// The identity, shared by copies with the same inputs, labels and order.
  package let identity: Identity

  /// Distinguishes data sets by object identity.
  package final class Identity: Sendable {
    fileprivate init() {}
  }

  /// The number of samples in an iteration.
  package var count: Int { order.count }

  /// Options for the selection and batching of samples.
  package struct Options: Sendable {
    package var batchSize: Int
    /// The maximum number of samples, applied after shuffling; `nil` for all.
    package var limit: Int?
    package var shuffle: Bool
    package var seed: UInt64

    package init(batchSize: Int = 32, limit: Int? = nil, shuffle: Bool = false, seed: UInt64 = 0) {
      self.batchSize = batchSize
      self.limit = limit
      self.shuffle = shuffle
      self.seed = seed
    }
  }

  /// - Throws: `EvaluationError` if there are no inputs, lengths differ (with both names), or an option is out of
  ///   range.
  package init(
    inputs: [String: Tensor], labels: Tensor? = nil, classNames: [String]? = nil, hasNamedLabels: Bool = false,
    options: Options = Options()
  ) throws {
    guard let first = inputs.keys.min(), let count = inputs[first]?.shape.first else {
      if let name = inputs.keys.min() { throw EvaluationError.scalarInput(name: name) }
      throw EvaluationError.noInputs(source: "the data set")
    }
    var named = inputs.sorted { $0.key < $1.key }
    if let labels { named.append(("labels", labels)) }
    for (name, tensor) in named {
      guard let length = tensor.shape.first else { throw EvaluationError.scalarInput(name: name) }
      guard length == count else {
        throw EvaluationError.unequalLengths(first: first, count: count, other: name, otherCount: length)
      }
    }
    guard options.batchSize >= 1 else {
      throw EvaluationError.badOption(name: "batch_size", value: "\(options.batchSize)", allowed: "1 and above")
    }
    if let limit = options.limit, limit < 1 {
      throw EvaluationError.badOption(name: "limit", value: "\(limit)", allowed: "1 and above")
    }
    self.inputs = inputs
    self.labels = labels
    self.classNames = classNames
    self.hasNamedLabels = hasNamedLabels
    batchSize = options.batchSize
    var order = Array(0..<count)
    if options.shuffle {
      var random = SplitMix64(seed: options.seed)
      order.shuffle(using: &random)
    }
    self.order = Array(order.prefix(options.limit ?? count))
    identity = Identity()
  }

  /// Labels as numbers, with the class names if they were given as names.
  package struct Labels: Sendable {
    package let tensor: Tensor
    package let classNames: [String]?

    package init(_ tensor: Tensor) {
      self.tensor = tensor
      classNames = nil
    }

    /// Labels from one name per sample. Class indices are in the sorted order of the names.
    package init(names: [String]) {
      let classes = Set(names).sorted()
      let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, Int32($0.offset)) })
      tensor = Tensor(names.map { places[$0] ?? 0 })
      classNames = classes
    }
  }

  /// A batch of samples.
  package struct Batch: Sendable {
    package let inputs: [String: Tensor]
    package let labels: Tensor?
    /// The indices of the samples in the data set's tensors.
    package let indices: [Int]
    /// The index of the batch, from 0.
    package let number: Int
    package var count: Int { indices.count }
  }

  /// The samples in batches of `size` (by default the data set's batch size); the last batch may be smaller.
  package func batches(_ size: Int? = nil) -> BatchSequence {
    let size = size ?? batchSize
    precondition(size >= 1, "batches of \(size)")
    return BatchSequence(dataset: self, size: size)
  }

  /// Batches created on demand. Consecutive samples share the data set's memory.
  package struct BatchSequence: Sequence, Sendable {
    fileprivate let dataset: Dataset
    fileprivate let size: Int

    package var underestimatedCount: Int { count }
    /// Number of batches.
    package var count: Int { (dataset.count + size - 1) / size }

    package func makeIterator() -> AnyIterator<Batch> {
      var at = 0
      return AnyIterator {
        guard at < dataset.count else { return nil }
        let end = Swift.min(at + size, dataset.count)
        defer { at = end }
        return dataset.batch(Array(dataset.order[at..<end]), number: at / size)
      }
    }
  }

  private func batch(_ indices: [Int], number: Int) -> Batch {
    Batch(
      inputs: inputs.mapValues { $0.gatheringRows(indices) }, labels: labels.map { $0.gatheringRows(indices) },
      indices: indices, number: number)
  }

  /// Renames inputs: `names[new] = old`. Other inputs keep their names.
  package func renamed(_ names: [String: String]) throws -> Dataset {
    var renamed = inputs
    for old in names.values.sorted() where inputs[old] == nil {
      throw EvaluationError.missingInput(name: old, present: inputs.keys.sorted())
    }
    for old in names.values { renamed[old] = nil }
    for (new, old) in names { renamed[new] = inputs[old] }
    return Dataset(self, inputs: renamed)
  }

  /// The same samples in an order determined by the seed.
  package func shuffled(seed: UInt64) -> Dataset {
    var random = SplitMix64(seed: seed)
    return Dataset(self, inputs: inputs, order: order.shuffled(using: &random))
  }

  /// Some of the samples, by their indices in the data set's tensors.
  func selecting(_ order: [Int]) -> Dataset { Dataset(self, inputs: inputs, order: order) }

  /// The same samples with other labels, given as numbers or names.
  ///
  /// - Throws: `EvaluationError` if the number of labels differs.
  package func labeled(_ labels: Labels) throws -> Dataset {
    let count = inputs.values.first?.shape.first ?? 0
    guard let length = labels.tensor.shape.first else { throw EvaluationError.scalarInput(name: "labels") }
    guard length == count else {
      throw EvaluationError.unequalLengths(first: inputs.keys.min() ?? "", count: count, other: "labels", otherCount: length)
    }
    return Dataset(self, inputs: inputs, labels: labels)
  }

  /// The same samples with one of the inputs used as labels.
  ///
  /// - Throws: `EvaluationError` if the input does not exist or is the only one.
  package func takingLabels(from input: String) throws -> Dataset {
    guard let labels = inputs[input] else { throw EvaluationError.missingInput(name: input, present: inputs.keys.sorted()) }
    let others = inputs.filter { $0.key != input }
    guard !others.isEmpty else { throw EvaluationError.noInputs(source: "the data set") }
    return Dataset(self, inputs: others, labels: Labels(labels))
  }

  /// The same samples with a function applied to every input.
  package func mappingInputs(_ change: (Tensor) throws -> Tensor) rethrows -> Dataset {
    Dataset(self, inputs: try inputs.mapValues(change))
  }

  private init(_ other: Dataset, inputs: [String: Tensor], order: [Int]? = nil, labels new: Labels? = nil) {
    self.inputs = inputs
    labels = new?.tensor ?? other.labels
    classNames = new == nil ? other.classNames : new?.classNames
    hasNamedLabels = new.map { $0.classNames != nil } ?? other.hasNamedLabels
    batchSize = other.batchSize
    self.order = order ?? other.order
    identity = Identity()
  }
}

extension Dataset: CustomStringConvertible {
  /// `397 samples: image float32[1, 8, 8], labels int64[]`.
  package var description: String {
    let parts = inputs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.dtype)\(Array($0.value.shape.dropFirst()))" }
    let labeled = labels.map { ["labels \($0.dtype)\(Array($0.shape.dropFirst()))"] } ?? []
    return "\(count) sample\(count == 1 ? "" : "s"): " + (parts + labeled).joined(separator: ", ")
  }
}
