// SPDX-License-Identifier: Apache-2.0
// What `print` shows of a model and its weights.

import Compression
import Evaluation
import MIL
import ModelPackages
import Models
import Operators
import TextLayout

enum ModelText {
  /// A line a weight, as many as the frame holds.
  static func text(of weights: [WeightEntry], in frame: DisplayFrame) -> String {
    table(of: weights).text(in: frame, remedy: "print(tostring(model.weights)) shows all")
  }

  static func table(of weights: some Sequence<WeightEntry>) -> Table {
    var table = Table(columns: [
      Table.Column("weight", .left), Table.Column("function", .left), Table.Column("dtype", .left, dispensable: true),
      Table.Column("shape", .left),
      Table.Column("scheme", .left, dispensable: true), Table.Column("size", unit: "B"), Table.Column("read by", .left, dispensable: true),
    ])
    for weight in weights {
      table.append([
        weight.name, weight.function, "\(weight.dtype)", "\(weight.shape)", "\(weight.scheme)", "\(weight.bytes)",
        "\(weight.opType).\(weight.parameter)",
      ])
    }
    // Names may be alike in several functions.
    return Set(weights.map(\.function)).count > 1 ? table : table.without(["function"])
  }

  /// `340.9 kB`.
  static func size(_ bytes: Int) -> String {
    let unit = ByteUnit.fitting(Double(bytes))
    return Quantity.fixed(Double(bytes) / unit.bytes, unit.name == "B" ? 0 : 1) + " " + unit.name
  }
}

extension Model {
  /// What `print(model)` shows: its name and target, what goes in and out, its weights, its history.
  var summary: String {
    var lines = ["\(name)  \(opset)"]
    let functions = contents.program.functions.map(\.name)
    if functions.count > 1 { lines[0] += "  function \(interface.name) of \(functions.joined(separator: ", "))" }
    for feature in interface.inputs { lines.append("  in   \(feature.name): \(expectation(of: feature))") }
    for feature in interface.states { lines.append("  keep \(feature.name): \(expectation(of: feature))") }
    for feature in interface.outputs { lines.append("  out  \(feature.name): \(expectation(of: feature))") }
    if let weights = try? contents.program.weights(Catalogue.weightTable), let bytes = try? contents.weightByteCount() {
      lines.append("  \(weights.count) weight\(weights.count == 1 ? "" : "s"), \(ModelText.size(bytes)): \(Self.schemes(weights))")
    }
    for step in contents.history { lines.append("  \(step)") }
    return lines.joined(separator: "\n")
  }

  /// `6 dense, 2 palettized`.
  static func schemes(_ weights: [WeightEntry]) -> String {
    Dictionary(grouping: weights) { "\($0.scheme)" }.sorted { $0.key < $1.key }
      .map { "\($0.value.count) \($0.key)" }.joined(separator: ", ")
  }

  /// Names that may be keys in a method's table or an option's, for completion.
  func names(in method: String, _ option: String?) -> [String] {
    switch (method, option) {
    case ("predict", nil), ("benchmark", "inputs"): return interface.inputs.map(\.name)
    case (_, "op_names"):
      return ((try? contents.program.weights(Catalogue.weightTable)) ?? []).flatMap { [$0.name, $0.opName] }
    case (_, "op_types"): return Set(((try? contents.program.weights(Catalogue.weightTable)) ?? []).map(\.opType)).sorted()
    default: return []
    }
  }
}
