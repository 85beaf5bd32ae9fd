// SPDX-License-Identifier: Apache-2.0
// A data set as a value: named inputs, an order of samples, a batch size.

import Tensors

/// Samples with named inputs and optional labels, in an order and in batches. Where they come from (memory, files, functions) is the
/// business of its source.
package struct Dataset: Sendable {
  let source: any SampleSource
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

  /// The types of the inputs by name.
  package var inputTypes: [String: SampleType] { source.inputs }
  /// The type of the labels: class indices, or regression targets; `nil` if there are none.
  package var labelType: SampleType? { source.labels }
  /// The memory that the samples take, in bytes; 0 for samples in files.
  package var byteCount: Int { source.byteCount }

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

  /// Samples in memory: tensors whose first axis is the sample axis.
  ///
  /// - Parameters:
  ///   - inputs: each of the shape `[samples, …]`.
  ///   - labels: `[samples, …]`.
  /// - Throws: `EvaluationError` if there are no inputs, lengths differ (with both names), or an option is out of
  ///   range.
  package init(
    inputs: [String: Tensor], labels: Tensor? = nil, classNames: [String]? = nil, hasNamedLabels: Bool = false,
    options: Options = Options()
  ) throws {
    let source = try ArraySource(Samples(inputs: inputs, labels: labels))
    try self.init(source, classNames: classNames, hasNamedLabels: hasNamedLabels, options: options)
  }

  /// The samples of a source.
  ///
  /// - Throws: `EvaluationError.badOption` for an option out of range.
  package init(
    _ source: any SampleSource, classNames: [String]? = nil, hasNamedLabels: Bool = false, options: Options = Options()
  ) throws {
    guard options.batchSize >= 1 else {
      throw EvaluationError.badOption(name: "batch_size", value: "\(options.batchSize)", allowed: "1 and above")
    }
    if let limit = options.limit, limit < 1 {
      throw EvaluationError.badOption(name: "limit", value: "\(limit)", allowed: "1 and above")
    }
    self.source = source
    self.classNames = classNames
    self.hasNamedLabels = hasNamedLabels
    batchSize = options.batchSize
    var order = Array(0..<source.count)
    if options.shuffle {
      var random = SplitMix64(seed: options.seed)
      order.shuffle(using: &random)
    }
    self.order = Array(order.prefix(options.limit ?? source.count))
    identity = Identity()
  }

  /// Labels as numbers, with the class names if they were given as names.
  package struct Labels: Sendable {
    package let tensor: Tensor
    package let classNames: [String]?
    /// Whether the labels were given as names.
    package let areNames: Bool

    package init(_ tensor: Tensor, classNames: [String]? = nil, areNames: Bool = false) {
      self.tensor = tensor
      self.classNames = classNames
      self.areNames = areNames
    }

    /// Labels from one name per sample. Class indices are in the sorted order of the names.
    package init(names: [String]) {
      let classes = Set(names).sorted()
      let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, Int32($0.offset)) })
      self.init(Tensor(names.map { places[$0] ?? 0 }), classNames: classes, areNames: true)
    }

    /// Labels from one name per sample, as indices of given classes.
    ///
    /// - Throws: `EvaluationError.badOption` for a name that is no class.
    package init(names: [String], classes: [String]) throws {
      let places = Dictionary(classes.enumerated().map { ($0.element, Int32($0.offset)) }, uniquingKeysWith: { a, _ in a })
      let indices = try names.map { name in
        guard let place = places[name] else {
          throw EvaluationError.badOption(name: "label", value: "\"\(name)\"", allowed: "the classes \(Self.list(classes))")
        }
        return place
      }
      self.init(Tensor(indices), classNames: classes, areNames: true)
    }

    /// Labels from one text per sample: whole numbers are class indices, other numbers are targets, and anything else is a name.
    ///
    /// - Parameter classes: the names of the classes that the indices count from 0, or that the names are of; `nil` for the names that
    ///   occur, in sorted order.
    /// - Throws: `EvaluationError.badOption` for a label that is no class.
    package init(texts: [String], classes: [String]?) throws {
      let indices = texts.compactMap { Int32($0) }
      if indices.count == texts.count, !(classes ?? []).contains(where: { texts.contains($0) }) {
        try self.init(indices: indices, classes: classes)
      } else if classes == nil, case let numbers = texts.compactMap({ Float($0) }), numbers.count == texts.count {
        self.init(Tensor(numbers))
      } else if let classes {
        try self.init(names: texts, classes: classes)
      } else {
        self.init(names: texts)
      }
    }

    /// Class indices, with the names of the classes if they are known.
    ///
    /// - Throws: `EvaluationError.badOption` for an index beyond the classes.
    package init(indices: [Int32], classes: [String]?) throws {
      if let classes, let stray = indices.first(where: { !classes.indices.contains(Int($0)) }) {
        throw EvaluationError.badOption(
          name: "label", value: "\(stray)", allowed: "0 to \(classes.count - 1), the positions of the \(classes.count) classes")
      }
      self.init(Tensor(indices), classNames: classes)
    }

    private static func list(_ classes: [String]) -> String {
      classes.prefix(10).joined(separator: ", ") + (classes.count > 10 ? ", … (\(classes.count))" : "")
    }
  }

  /// A batch of samples.
  package struct Batch: Sendable {
    package let inputs: [String: Tensor]
    package let labels: Tensor?
    /// The indices of the samples in the source.
    package let indices: [Int]
    /// The index of the batch, from 0.
    package let number: Int
    package var count: Int { indices.count }
  }

  /// The samples in batches.
  ///
  /// - Parameters:
  ///   - size: by default the data set's batch size; the last batch may be smaller.
  ///   - first: the number of batches to leave out.
  ///   - ahead: how many batches are read ahead from files.
  ///   - isCancelled: the cancellation check, called while a batch is read.
  package func batches(
    _ size: Int? = nil, from first: Int = 0, ahead: Int = 4, isCancelled: @escaping () -> Bool = { false }
  ) -> BatchReader {
    BatchReader(self, size: size ?? batchSize, from: first, ahead: ahead, isCancelled: isCancelled)
  }

  /// All samples in the order of iteration, in memory.
  ///
  /// - Throws: the errors of the source.
  package func samples(isCancelled: @escaping () -> Bool = { false }) throws -> Samples {
    let parts = try batches(source.isSlow ? batchSize : max(count, 1), isCancelled: isCancelled).all()
    guard !parts.isEmpty else { return try source.read([], isAbandoned: isCancelled).finish() }
    return try Samples.joined(parts.map { Samples(inputs: $0.inputs, labels: $0.labels) })
  }

  /// The inputs of all samples in the order of iteration, `[samples, …]`; samples from files are read.
  package var inputs: [String: Tensor] { get throws { try samples().inputs } }

  /// The labels of all samples in the order of iteration, `[samples, …]`; `nil` if there are none.
  package var labels: Tensor? {
    get throws { try source.knownLabels?.gatheringRows(order) ?? (source.labels == nil ? nil : samples().labels) }
  }

  /// The same samples in an order determined by the seed.
  package func shuffled(seed: UInt64) -> Dataset {
    var random = SplitMix64(seed: seed)
    return Dataset(self, source, order: order.shuffled(using: &random))
  }

  /// Some of the samples, by their indices in the source.
  func selecting(_ order: [Int]) -> Dataset { Dataset(self, source, order: order) }

  /// The same samples with other labels, given as numbers or names.
  ///
  /// - Throws: `EvaluationError` if the number of labels differs.
  package func labeled(_ labels: Labels) throws -> Dataset {
    guard let length = labels.tensor.shape.first else { throw EvaluationError.scalarInput(name: "labels") }
    guard length == source.count else {
      throw EvaluationError.unequalLengths(
        first: source.inputs.keys.min() ?? "", count: source.count, other: "labels", otherCount: length)
    }
    return Dataset(self, RelabeledSource(base: source, own: labels.tensor), labels: labels)
  }

  /// The same samples with their labels changed by a function of a batch's labels.
  func mappingLabels(_ change: @escaping @Sendable (Tensor) throws -> Tensor) -> Dataset {
    Dataset(self, LabelMapSource(base: source, change: change))
  }

  /// The same samples with one of the inputs used as labels.
  ///
  /// - Throws: `EvaluationError` if the input does not exist or is the only one.
  package func takingLabels(from input: String) throws -> Dataset {
    guard let type = source.inputs[input] else {
      throw EvaluationError.missingInput(name: input, present: source.inputs.keys.sorted())
    }
    guard source.inputs.count > 1 else { throw EvaluationError.noInputs(source: "the data set") }
    return Dataset(self, InputLabelSource(base: source, input: input), labels: Labels(Tensor(zeros: type.dtype, [0] + type.shape)))
  }

  /// The same samples, changed by a function, which is called for each when it is read, on the thread that reads it.
  ///
  /// - Parameter function: is given a sample and its index in the source. It is called for the first sample at once.
  package func mapping(_ function: @escaping (Sample, Int) throws -> Sample) throws -> Dataset {
    guard let first = order.first else { return self }
    return Dataset(self, try MappedSource(source, first: first, function))
  }

  private init(_ other: Dataset, _ source: any SampleSource, order: [Int]? = nil, labels new: Labels? = nil) {
    self.source = source
    classNames = new == nil ? other.classNames : new?.classNames
    hasNamedLabels = new?.areNames ?? other.hasNamedLabels
    batchSize = other.batchSize
    self.order = order ?? other.order
    identity = Identity()
  }
}

extension Dataset: CustomStringConvertible {
  /// `397 samples: image float32[1, 8, 8], labels int64[]`.
  package var description: String {
    let parts = inputTypes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let labeled = labelType.map { ["labels \($0)"] } ?? []
    return "\(count) sample\(count == 1 ? "" : "s"): " + (parts + labeled).joined(separator: ", ")
  }
}
