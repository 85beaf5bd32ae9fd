// SPDX-License-Identifier: Apache-2.0
// Sources of statistics for a compression: what was collected before, and squared gradients beside another source.

import Calibration
import Compression
import Encodings
import Evaluation
import MIL
import ModelPackages
import Runtime
import WeightStorage

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
    found = statistics.entries.filter { !$0.value.moments.isEmpty }
      .mapValues { WeightStatistics(moments: $0.moments, channels: $0.channels) }
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

/// Squared gradients of weights, beside the statistics of their inputs if a technique reads both.
final class GradientStatistics: WeightStatisticsSource {
  private let squares: [String: [Double]]
  private let base: (any WeightStatisticsSource)?

  /// - Parameters:
  ///   - squares: by the name of the weight's value.
  ///   - base: the source of the statistics of inputs; `nil` if no technique reads them.
  init(_ squares: [String: [Double]], beside base: (any WeightStatisticsSource)?) {
    self.squares = squares
    self.base = base
  }

  func groups(_ sites: [WeightSite]) throws -> [[Int]] { try base?.groups(sites) ?? [Array(sites.indices)] }

  func missing(_ site: WeightSite) -> String? {
    base?.missing(site) ?? (squares[site.valueName] == nil ? "the outputs do not depend on it differentiably" : nil)
  }

  func statistics(_ group: [WeightSite]) throws -> [StatisticsOutcome] {
    let found = try base?.statistics(group)
    return group.enumerated().map { number, site in
      guard let own = squares[site.valueName] else { return .missing(reason: missing(site) ?? "it has no gradient") }
      switch found?[number] {
      case .missing(let reason)?: return .missing(reason: reason)
      case .found(let statistics)?: return .found(statistics.with(squaredGradients: own))
      case nil: return .found(WeightStatistics(moments: [], squaredGradients: own))
      }
    }
  }

  func replaced(_ group: [(site: WeightSite, weight: EncodedWeight)]) throws { try base?.replaced(group) }
}

/// Where a compression takes statistics from; described by a digest and the number of samples.
package enum CalibrationInput: Sendable, CustomStringConvertible {
  /// The model runs on the data; if sequential, each weight sees the errors of those before it.
  case data(CalibrationData, isSequential: Bool)
  case statistics(ModelStatistics)

  /// The source for a compression of this model.
  ///
  /// - Parameters:
  ///   - needs: what the techniques read: `second_moments`, `squared_gradients`, or both.
  ///   - squares: squared gradients that were computed from the data; those of statistics are known.
  package func source(
    for model: Model, needs: Set<String> = ["second_moments"], squares: [String: [Double]] = [:],
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> any WeightStatisticsSource {
    var known = squares
    let inputs: (any WeightStatisticsSource)?
    switch self {
    case .data(let data, let isSequential):
      inputs =
        needs == ["squared_gradients"] ? nil : try CalibrationRun(model, data, isSequential: isSequential, isCancelled: isCancelled)
    case .statistics(let statistics):
      inputs = needs == ["squared_gradients"] ? nil : try CollectedStatistics(statistics, of: model)
      guard statistics.modelDigest == model.digest else { throw ModelError.wrongStatistics }
      known = statistics.squaredGradients
      if needs.contains("squared_gradients"), known.isEmpty { throw ModelError.notCollected(what: "squared gradients", collect: "fisher") }
      if needs.contains("second_moments"), !statistics.hasMoments {
        throw ModelError.notCollected(what: "second moments", collect: "second_moments")
      }
    }
    if let inputs, !needs.contains("squared_gradients") { return inputs }
    return GradientStatistics(known, beside: inputs)
  }

  package var description: String {
    switch self {
    case .data(let data, _): "\((try? data.dataset.digest) ?? "unreadable data"), \(data.count) samples"
    case .statistics(let statistics): "statistics of \(statistics.samples) samples"
    }
  }
}
