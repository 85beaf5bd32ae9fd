// SPDX-License-Identifier: Apache-2.0
// What training made, as a program: with compressed weights, or with plain ones that hold the same values.

import Compression
import Encodings
import MIL
import Operators
import Options
import Runtime
import Tensors
import WeightStorage

/// What became of one weight.
package struct WeightTraining: Sendable {
  package let name: String
  package let method: String
  package let count: Int
  /// Root of the mean squared difference between the weight and what the model holds of it.
  package let error: Double
  package let facts: [WeightFact]
}

extension Trainer {
  /// The program as it would be kept now, with plain weights: what validation runs.
  package func snapshot() throws -> Program {
    var values: [String: Tensor] = [:]
    for parameter in parameters { values[parameter.name] = try parameter.evaluated() }
    for (name, buffer) in statistics { values[name] = buffer.tensor }
    return replacing { finished(ParameterLifting($0).storing(values)) }
  }

  /// The program with the weights stored as the methods store them.
  ///
  /// - Throws: `WeightStorageError` for what the opset cannot hold.
  package func finalized() throws -> CompressionResult {
    var values: [String: Tensor] = [:]
    for parameter in parameters where parameter.transforms.isEmpty { values[parameter.name] = parameter.settled.tensor }
    for (name, buffer) in statistics { values[name] = buffer.tensor }
    let trained = replacing { finished(ParameterLifting($0).storing(values)) }
    let raised = trained.raised(to: .iOS16)
    let index = raised.functions.firstIndex { $0.name == functionName } ?? 0
    let byName = Dictionary(parameters.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    var replacements: [WeightReplacement] = []
    var rows: [CompressionReport.Row] = []
    for site in try raised.weightSites(Catalogue.weightTable) where site.function == index {
      guard let parameter = byName[site.valueName], let encoded = try parameter.encoded() else { continue }
      let suffix = parameter.suffix
      replacements.append(WeightReplacement(site: site, parts: [.init(weight: encoded, name: site.operationName + suffix)]))
      let entry = CompressionReport.Entry(
        name: site.name, opType: site.consumers.first?.operatorType ?? "", opName: site.consumers.first?.operatorName ?? "",
        action: "trained", reason: rules.map(\.method).joined(separator: ", "), scheme: encoded.scheme.description,
        bits: encoded.bitsPerWeight, count: encoded.count, bytesBefore: site.weight.byteCount, bytesAfter: encoded.byteCount, snrDB: nil)
      rows.append(CompressionReport.Row(entry, function: site.function, before: site.weight, after: encoded))
    }
    let report = CompressionReport(rows, functions: raised.functions.map(\.name))
    guard !replacements.isEmpty else { return CompressionResult(program: trained, opset: trained.opset, report: report) }
    let program = try WeightRewrite.apply(replacements, to: raised, opset: raised.opset)
    return CompressionResult(program: program, opset: raised.opset, report: report)
  }

  private func finished(_ function: Function) -> Function { activations?.finished(function) ?? function }

  private func replacing(_ change: (Function) -> Function) -> Program {
    var program = program
    for i in program.functions.indices where program.functions[i].name == functionName {
      program.functions[i] = change(program.functions[i])
    }
    return program
  }

  /// What the methods have done so far, weight by weight.
  package func report() throws -> [WeightTraining] {
    var all: [WeightTraining] = []
    for parameter in parameters where !parameter.transforms.isEmpty {
      let kept = try parameter.evaluated().floats()
      let own = parameter.settled.floats
      let sum = zip(kept, own).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      all.append(
        WeightTraining(
          name: parameter.name, method: parameter.methods.joined(separator: "+"), count: parameter.count,
          error: (sum / Double(max(parameter.count, 1))).squareRoot(), facts: parameter.transforms.flatMap(\.report)))
    }
    return all
  }
}

extension TrainedParameter {
  /// The names of the methods at work, in their order.
  var methods: [String] { transforms.map { type(of: $0).method } }

  /// What the stored weight's name gets appended: the last method's word.
  fileprivate var suffix: String {
    transforms.first is MaskTransform ? MagnitudePruner.suffix : transforms.last.map { type(of: $0).suffix } ?? ""
  }
}
