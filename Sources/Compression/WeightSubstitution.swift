// SPDX-License-Identifier: Apache-2.0
// Puts given values or encodings in the place of a program's weights.

import Encodings
import MIL
import Options
import Tensors
import WeightStorage

extension Compressor {
  /// The program with other weights of the same shapes.
  ///
  /// Weights that share their bytes and are read along the same axes are asked about once.
  ///
  /// - Parameter choose: what takes the place of a weight; `nil` keeps it. It has the weight's shape or that of its
  ///   rows, and is rounded to the weight's element type.
  /// - Throws: `CompressionError.replacement` or `WeightStorageError` with the name of a weight that cannot be replaced by
  ///   what was chosen; any error of `choose`.
  package func substituting(
    _ program: Program, _ choose: (WeightEntry, WeightContext) throws -> EncodedWeight?
  ) throws -> CompressionResult {
    let named = program.namingInlineTensors()
    let sites = try named.weightSites(table, suffixes: techniques.suffixes)
    let target = max(named.opset, .iOS16)
    var made: [(site: WeightSite, weight: EncodedWeight?)] = []
    var known: [(site: WeightSite, weight: EncodedWeight?)] = []
    var first: [[StoredBytes]: [Int]] = [:]
    for (number, (site, entry)) in zip(sites, WeightEntry.entries(sites, of: named)).enumerated() {
      try checkCancelled()
      progress(CompressionProgress(done: number, total: sites.count, weight: site.name))
      let place = site.weight.storedBytes
      if let same = first[place]?.first(where: { known[$0].site.isAlike(site) }) {
        made.append((site, known[same].weight))
        continue
      }
      let axes = site.channelAxes
      let context = WeightContext(
        name: site.name, outputAxis: axes.output, inputAxis: axes.input, consumers: site.consumers, opset: named.opset,
        entry: entry, isCancelled: isCancelled)
      let weight = try choose(entry, context).map { try fitted($0, to: site, context) }
      try weight?.check(storableIn: target, name: site.name)
      first[place, default: []].append(known.count)
      known.append((site, weight))
      made.append((site, weight))
    }
    return try result(made, of: program, named)
  }

  private func fitted(_ weight: EncodedWeight, to site: WeightSite, _ context: WeightContext) throws -> EncodedWeight {
    do { return try weight.fitted(to: site.weight, layout: context.layout(site.weight.shape)) } catch let misfit as WeightMisfit {
      throw CompressionError.replacement(weight: site.name, problem: misfit.problem)
    }
  }

  private func checkCancelled() throws {
    if isCancelled() { throw CompressionError.cancelled }
  }

  private func result(
    _ made: [(site: WeightSite, weight: EncodedWeight?)], of program: Program, _ named: Program
  ) throws -> CompressionResult {
    let rows = try made.map { site, weight in
      let snr = try weight.map { try SignalToNoise.decibels(site.weight, $0, checkCancelled: checkCancelled) }
      return CompressionReport.Row(
        site, action: weight == nil ? CompressionReport.skippedAction : "replaced", reason: weight == nil ? "kept as it is" : "",
        storedAs: weight ?? site.weight, snrDB: snr)
    }
    let report = CompressionReport(rows, functions: named.functions.map(\.name))
    let replacements = made.compactMap { site, weight in
      weight.map { WeightReplacement(site: site, parts: [.init(weight: $0, name: site.newName(for: $0))]) }
    }
    guard !replacements.isEmpty else { return CompressionResult(program: program, opset: named.opset, report: report) }
    // Plain constants exist in every opset.
    let isDense = made.allSatisfy { $0.weight.map { $0.oldestOpset == .iOS15 } ?? true }
    let raised = isDense ? named : named.raised(to: .iOS16)
    return CompressionResult(
      program: try WeightRewrite.apply(replacements, to: raised, opset: raised.opset), opset: raised.opset, report: report)
  }
}

extension WeightSite {
  /// Whether both are the same weight of two functions, or two places of one.
  fileprivate func isAlike(_ other: WeightSite) -> Bool {
    name == other.name && weight == other.weight && channelAxes.output == other.channelAxes.output
      && channelAxes.input == other.channelAxes.input
  }

  /// The name of the value in the new form: with the form's suffix if the weight was stored plainly.
  fileprivate func newName(for weight: EncodedWeight) -> String {
    self.weight.scheme == [] && weight.scheme != [] ? operationName + weight.suffix : valueName
  }
}
