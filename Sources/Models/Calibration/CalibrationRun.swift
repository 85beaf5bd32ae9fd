// SPDX-License-Identifier: Apache-2.0
// Collects statistics of weights' inputs while a model runs, weight by weight in the order of the program.

import Calibration
import Compression
import Encodings
import MIL
import ModelPackages
import Runtime
import Tensors
import WeightStorage

/// One run of a model over its calibration data that stops at every weight. If weights are replaced, the rest of the
/// run sees the new ones; the whole costs one run in any case.
final class CalibrationRun: WeightStatisticsSource {
  private let run: StagedRun
  private let inputs: WeightInputs
  private let masks: [PositionMask?]
  /// Whether later weights see the errors of earlier ones.
  private let isSequential: Bool

  init(_ model: Model, _ data: CalibrationData, isSequential: Bool, isCancelled: @escaping @Sendable () -> Bool) throws {
    let program = model.contents.program.namingInlineTensors()
    guard let index = program.functions.firstIndex(where: { $0.name == model.interface.name }) else {
      throw ModelError.cannotCalibrate(reason: "it has no function \(model.interface.name)")
    }
    let calls = try model.calls(data, isCancelled: isCancelled)
    guard !calls.isEmpty else { throw ModelError.cannotCalibrate(reason: "there are no samples") }
    run = try StagedRun(
      program.functions[index], calls.map(\.feeds),
      options: RuntimeOptions(precision: model.options.precision, weights: model.weightPolicy), isCancelled: isCancelled)
    masks = calls.map(\.mask)
    inputs = WeightInputs(program.functions[index].block, function: index, run)
    self.isSequential = isSequential
  }

  /// The inputs of a weight with the positions of the operators that read it, in the order of the program.
  private func uses(_ site: WeightSite) -> [(position: Int, found: Result<WeightInput, MissingInput>)] {
    site.consumers.compactMap { inputs.input(site, $0) }.sorted { $0.position < $1.position }
  }

  func groups(_ sites: [WeightSite]) -> [[Int]] {
    let uses = sites.map(uses)
    var rest = sites.indices.sorted { (uses[$0].first?.position ?? 0, $0) < (uses[$1].first?.position ?? 0, $1) }
    var groups: [[Int]] = []
    while let first = rest.first {
      let position = uses[first].first?.position ?? 0
      // Everything whose input is known by then does not depend on the weights of this group.
      let group = rest.filter { index in
        guard case .success(let input)? = uses[index].first?.found else { return (uses[index].first?.position ?? 0) <= position }
        return (run.definitions[input.value] ?? 0) < position
      }
      groups.append(group)
      rest.removeAll { group.contains($0) }
    }
    return groups
  }

  func missing(_ site: WeightSite) -> String? {
    let uses = uses(site)
    var reason = Self.elsewhere
    for use in uses {
      switch use.found {
      case .success: return nil
      case .failure(let missing): reason = missing.description
      }
    }
    return reason
  }

  private static let elsewhere = "it is read inside a nested block or another function"

  func statistics(_ group: [WeightSite]) throws -> [StatisticsOutcome] {
    let found = try collected(group).mapValues { WeightStatistics(moments: $0.moments, channels: $0.channels) }
    return group.map { site in
      let uses = uses(site)
      var sum: WeightStatistics?
      var reason = Self.elsewhere
      for use in uses {
        switch use.found {
        case .failure(let missing): reason = missing.description
        case .success(let input):
          guard let statistics = found[input] else { continue }
          sum = sum.map { $0.merged(with: statistics) } ?? statistics
        }
      }
      return sum.map { .found($0) } ?? .missing(reason: reason)
    }
  }

  /// What is collected of one input, for each group of output channels.
  typealias Collected = (moments: [SecondMoments], channels: [ChannelStatistics])

  /// Runs up to a group of weights and returns the statistics of their inputs that are known there.
  func collected(_ group: [WeightSite]) throws -> [WeightInput: Collected] {
    let all = group.flatMap(uses)
    try run.advance(to: all.map(\.position).min() ?? run.position)
    var found: [WeightInput: Collected] = [:]
    for case .success(let input) in all.map(\.found) where found[input] == nil && run.values[0][input.value] != nil {
      found[input] = try collect(input)
    }
    return found
  }

  private func collect(_ input: WeightInput) throws -> Collected {
    let calls = run.values.compactMap { $0[input.value] }
    let groups = calls.first.map { input.view(of: $0.shape).groups } ?? 1
    var sums: [MomentAccumulator] = []
    var channels: [ChannelStatistics] = []
    let chunk = 16
    for start in stride(from: 0, to: calls.count, by: chunk) {
      let vectors = Parallel.map(min(chunk, calls.count - start)) { offset in
        let value = calls[start + offset]
        return input.view(of: value.shape).vectors(value, masks[start + offset])
      }
      if sums.isEmpty, let value = calls.first {
        let size = input.size(of: value.shape)
        sums = (0..<groups).map { _ in MomentAccumulator(size: size) }
        channels = (0..<groups).map { _ in ChannelStatistics(size: size) }
      }
      for group in 0..<groups {
        for part in vectors {
          sums[group].add(part[group])
          channels[group].add(part[group])
        }
      }
    }
    let moments = sums.indices.map { sums[$0].finish() }
    guard moments.allSatisfy({ $0.diagonal.allSatisfy(\.isFinite) }) else {
      throw ModelError.cannotCalibrate(reason: "the value '\(input.value)' has infinite or undefined elements")
    }
    return (moments, channels)
  }

  func replaced(_ group: [(site: WeightSite, weight: EncodedWeight)]) throws {
    guard isSequential else { return }
    for (site, weight) in group { run.replace(site.valueName, by: try weight.decoded()) }
  }
}

extension WeightInput {
  /// Elements of a vector in a value of this shape.
  func size(of shape: Shape) -> Int {
    switch view {
    case .axis(let fromEnd): shape.count >= fromEnd ? shape[shape.count - fromEnd] : 0
    case .convolution(let window): shape[1] / max(window.groups, 1) * window.kernel.reduce(1, *)
    }
  }
}

extension WeightStatistics {
  /// The sum with the statistics of another operator that reads the weight in the same way; without change otherwise.
  fileprivate func merged(with other: WeightStatistics) -> WeightStatistics {
    guard other.moments.count == moments.count, other.size == size else { return self }
    var (sums, parts) = (moments, channels)
    for (i, moments) in other.moments.enumerated() { try? sums[i].merge(moments) }
    for (i, channels) in other.channels.enumerated() where i < parts.count { try? parts[i].merge(channels) }
    return WeightStatistics(moments: sums, channels: parts)
  }
}
