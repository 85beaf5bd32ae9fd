// SPDX-License-Identifier: Apache-2.0
// Models with a thinner structure: low-rank factors, fewer channels.

import Algebra
import Compression
import Encodings
import Evaluation
import MIL
import ModelPackages
import Models
import Operators
import Structure
import Tensors
import WeightStorage

extension Model {
  /// The model with low-rank factors in place of weights of linear layers and convolutions.
  ///
  /// - Parameters:
  ///   - moments: second moments of what weights multiply, by weight.
  ///   - data: a data set from which those that are not given are taken; `nil` weights all elements alike.
  ///   - chooses: whether a weight may be factorized.
  ///   - words: the options for the history.
  package func factorized(
    _ size: FactorSize, moments: [String: Tensor] = [:], data: Dataset? = nil, words: String, isDryRun: Bool = false,
    isCancelled: () -> Bool = { false }, chooses: (WeightEntry) throws -> Bool = { _ in true }
  ) throws -> Model {
    let entries = try weightEntries()
    func entry(_ site: WeightSite) -> WeightEntry? {
      let function = contents.program.functions[site.function].name
      return entries.first { $0.function == function && $0.valueName == site.valueName }
    }
    for (name, tensor) in moments.sorted(by: { $0.key < $1.key }) {
      guard let weight = entries.first(where: { $0.name == name }) else {
        throw CompressionError.noWeight(name: name, known: entries.map(\.name))
      }
      let inputs = weight.shape.count > 1 ? weight.shape[1] : 1
      guard tensor.shape == [inputs, inputs] else {
        throw WorkflowError.secondMoments(weight: name, found: tensor.shape, expected: [inputs, inputs])
      }
    }
    var measured: [String: Tensor] = [:]
    if let data {
      var wanted: [String: Int] = [:]
      for site in try contents.program.namingInlineTensors().weightSites(Catalog.weightTable)
      where site.isPointwise && site.reasonAgainstFactors == nil && moments[site.name] == nil {
        guard contents.program.functions[site.function].name == interface.name, let input = site.consumers[0].input else { continue }
        guard try entry(site).map(chooses) ?? true else { continue }
        wanted[input] = site.consumers[0].operatorType == "linear" ? -1 : 1
      }
      let statistics = try withoutActuallyEscaping(isCancelled) {
        try InputStatistics(model: self, data: data, isCancelled: $0).secondMoments(wanted)
      }
      measured = statistics
    }
    let made = try contents.program.factorized(
      size, moments: { site in moments[site.name] ?? site.consumers.first?.input.flatMap { measured[$0] } },
      chooses: { site in try entry(site).map(chooses) ?? true }, isCancelled: isCancelled)
    let rows = made.weights.map { weight in
      let site = weight.site
      let bits = Double(site.weight.dtype.bits)
      var row = CompressionReport.Entry(
        name: site.name, opType: site.consumers.first?.operatorType ?? "", opName: site.consumers.first?.operatorName ?? "",
        action: weight.count == nil ? CompressionReport.skippedAction : "factorized", reason: weight.words,
        scheme: "\(site.weight.scheme)", bits: weight.count == nil ? site.weight.bitsPerWeight : bits,
        count: weight.count ?? site.weight.count,
        bytesBefore: site.weight.byteCount, bytesAfter: weight.count.map { $0 * site.weight.dtype.bits / 8 } ?? site.weight.byteCount,
        snrDB: weight.snrDB)
      row.function = contents.program.functions[site.function].name
      return row
    }
    let report = CompressionReport(entries: rows)
    let program = isDryRun ? contents.program : try made.program.verified()
    return try changed(program, report: isDryRun ? report.asDryRun : report, words: words)
  }

  /// The model without the least important channels of each group.
  ///
  /// - Parameter data: scores channels by what they add to the operations that read them, and adds its mean to the biases; `nil` scores
  ///   by weights.
  package func slimmed(
    _ options: SlimmingOptions, data: Dataset? = nil, words: String, isDryRun: Bool = false, isCancelled: () -> Bool = { false }
  ) throws -> Model {
    var program = contents.program
    guard let index = program.functions.firstIndex(where: { $0.name == interface.name }) else { return self }
    var function = program.functions[index]
    function.specializations = [Specialization(opset: function.opset, block: function.block)]
    var moments: [String: [Int: ChannelMoments]] = [:]
    if let data {
      let inputs = try function.slimmingInputs()
      moments = try withoutActuallyEscaping(isCancelled) {
        try InputStatistics(model: self, data: data, isCancelled: $0).moments(inputs)
      }
    }
    let made = try function.slimmed(options, activations: data == nil ? nil : { moments[$0]?[$1] })
    let entries = try weightEntries().map { entry -> CompressionReport.Entry in
      let change = entry.function == interface.name ? made.changes[entry.valueName] : nil
      let count = change?.after.elementCount ?? entry.count
      var row = CompressionReport.Entry(
        name: entry.name, opType: entry.opType, opName: entry.opName, action: change == nil ? CompressionReport.skippedAction : "slimmed",
        reason: change.map { "\($0.before) to \($0.after)" } ?? "none of its channels is removed", scheme: "\(entry.scheme)",
        bits: entry.bits,
        count: count, bytesBefore: entry.bytes, bytesAfter: change == nil ? entry.bytes : Int(Double(count) * entry.bits / 8))
      row.function = entry.function
      return row
    }
    let report = CompressionReport(entries: entries)
    guard made.removable > 0 else { throw WorkflowError.nothingToSlim }
    program.functions[index] = made.function
    return try changed(isDryRun ? contents.program : program.verified(), report: isDryRun ? report.asDryRun : report, words: words)
  }
}

extension Program {
  fileprivate func verified() throws -> Program {
    try verify()
    try checkTypes()
    return self
  }
}
