// SPDX-License-Identifier: Apache-2.0
// Statistics of a model's values: a value of its own, bound to the model that it was collected from.

import Calibration
import Compression
import Encodings
import Evaluation
import MIL
import ModelPackages
import Operators
import Runtime
import Tensors
import WeightStorage

/// What calibration data tell of the inputs of a model's weights.
package struct ModelStatistics: Sendable {
  /// The statistics of one value, as some weights read it.
  package struct Entry: Sendable, Equatable {
    /// The name of the value.
    package let value: String
    /// One for each group of output channels.
    package var moments: [SecondMoments]
  }

  /// The digest of the program and its weights.
  package let modelDigest: String
  /// Number of samples.
  package private(set) var samples: Int
  /// By value and way of reading it.
  package private(set) var entries: [String: Entry]
  /// The keys in the order of the program.
  package let keys: [String]

  /// The statistics of another run over the same model added.
  ///
  /// - Throws: `ModelError.wrongStatistics` for another model's.
  package func merged(with other: ModelStatistics) throws -> ModelStatistics {
    guard other.modelDigest == modelDigest, other.keys == keys else { throw ModelError.wrongStatistics }
    var sum = self
    sum.samples += other.samples
    for (key, entry) in other.entries {
      for (i, moments) in entry.moments.enumerated() { try sum.entries[key]?.moments[i].merge(moments) }
    }
    return sum
  }
}

extension Model {
  /// Collects the second moments of all weights' inputs.
  ///
  /// - Throws: `ModelError.cannotCalibrate`; the errors of `predict`.
  package func calibrated(_ data: CalibrationData, isCancelled: @escaping @Sendable () -> Bool = { false }) throws -> ModelStatistics {
    try withThreads {
      let run = try CalibrationRun(self, data, isSequential: false, isCancelled: isCancelled)
      let sites = try contents.program.namingInlineTensors().weightSites(Catalog.weightTable).filter { $0.weight.shape.count > 1 }
      var entries: [String: ModelStatistics.Entry] = [:]
      var keys: [String] = []
      for group in run.groups(sites) {
        for (input, moments) in try run.moments(group.map { sites[$0] }).sorted(by: { $0.key.key < $1.key.key })
        where entries[input.key] == nil {
          entries[input.key] = ModelStatistics.Entry(value: input.value, moments: moments)
          keys.append(input.key)
        }
      }
      return ModelStatistics(
        modelDigest: digest, samples: min(data.samples ?? data.dataset.count, data.dataset.count), entries: entries, keys: keys)
    }
  }

  /// A digest of the program's operations and weights.
  package var digest: String {
    var hash = ContentHash()
    for function in contents.program.functions { hash.add(function.block) }
    return hash.text
  }
}

extension ContentHash {
  fileprivate mutating func add(_ block: Block) {
    for operation in block.operations {
      add(Array("\(operation.type) \(operation.outputs.map(\.name)) \(operation.namesRead)".utf8))
      for constant in operation.attributes.map(\.value) + operation.inputs.flatMap(\.bindings).compactMap(\.constant) {
        constant.tensor?.withBytes { add($0) }
      }
      for inner in operation.blocks { add(inner) }
    }
  }
}

extension Binding {
  fileprivate var constant: Constant? { if case .constant(let constant) = self { constant } else { nil } }
}

/// Statistics that were collected before, as the source of a compression.
final class CollectedStatistics: WeightStatisticsSource {
  private let statistics: ModelStatistics
  private let inputs: WeightInputs
  private let found: [String: WeightStatistics]

  /// - Throws: `ModelError.wrongStatistics` for another model's.
  init(_ statistics: ModelStatistics, of model: Model) throws {
    guard statistics.modelDigest == model.digest else { throw ModelError.wrongStatistics }
    let program = model.contents.program.namingInlineTensors()
    guard let index = program.functions.firstIndex(where: { $0.name == model.interface.name }) else { throw ModelError.wrongStatistics }
    self.statistics = statistics
    found = statistics.entries.mapValues { WeightStatistics(moments: $0.moments) }
    let run = try StagedRun(program.functions[index], [], options: .init(), isCancelled: { false })
    inputs = WeightInputs(program.functions[index].block, function: index, run)
  }

  func groups(_ sites: [WeightSite]) -> [[Int]] { [Array(sites.indices)] }

  func statistics(_ group: [WeightSite]) -> [StatisticsOutcome] {
    group.map { site in
      var reason = "it is read inside a nested block or another function"
      for consumer in site.consumers {
        switch inputs.input(site, consumer)?.found {
        case .success(let input):
          if let statistics = found[input.key] { return .found(statistics) }
          reason = "the statistics do not contain '\(input.value)'"
        case .failure(let missing): reason = missing.description
        case nil: break
        }
      }
      return .missing(reason: reason)
    }
  }

  func missing(_ site: WeightSite) -> String? {
    if case .missing(let reason) = statistics([site])[0] { reason } else { nil }
  }

  func replaced(_ group: [(site: WeightSite, weight: EncodedWeight)]) {}
}

/// Where a compression takes statistics from; described by a digest and the number of samples.
package enum CalibrationInput: Sendable, CustomStringConvertible {
  /// The model runs on the data; if sequential, each weight sees the errors of those before it.
  case data(CalibrationData, isSequential: Bool)
  case statistics(ModelStatistics)

  /// The source for a compression of this model.
  package func source(for model: Model, isCancelled: @escaping @Sendable () -> Bool) throws -> any WeightStatisticsSource {
    switch self {
    case .data(let data, let isSequential):
      try CalibrationRun(model, data, isSequential: isSequential, isCancelled: isCancelled)
    case .statistics(let statistics): try CollectedStatistics(statistics, of: model)
    }
  }

  package var description: String {
    switch self {
    case .data(let data, _): "\(data.dataset.digest), \(min(data.samples ?? data.dataset.count, data.dataset.count)) samples"
    case .statistics(let statistics): "statistics of \(statistics.samples) samples"
    }
  }
}
