// SPDX-License-Identifier: Apache-2.0
// The text of models and their weights for `print`.

import Compression
import Evaluation
import MIL
import ModelPackages
import Models
import Operators
import TextLayout

package enum ModelText {
  /// A line for each weight, limited to the lines of the frame.
  package static func text(of weights: [WeightEntry], in frame: DisplayFrame) -> String {
    table(of: weights).text(in: frame, remedy: "print(tostring(model.weights)) shows all")
  }

  package static func table(of weights: some Sequence<WeightEntry>) -> Table {
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
    // Several functions may contain weights with the same name.
    return Set(weights.map(\.function)).count > 1 ? table : table.without(["function"])
  }

  /// A size such as `340.9 kB`.
  static func size(_ bytes: Int) -> String {
    let unit = ByteUnit.fitting(Double(bytes))
    return Quantity.fixed(Double(bytes) / unit.bytes, unit.name == "B" ? 0 : 1) + " " + unit.name
  }
}

extension Model {
  /// The text for `print(model)`: name, target, inputs, outputs, weights, history.
  package var summary: String {
    var lines = ["\(name)  \(opset)"]
    let functions = contents.program.functions.map(\.name)
    if functions.count > 1 { lines[0] += "  function \(interface.name) of \(functions.joined(separator: ", "))" }
    for feature in interface.inputs { lines.append("  in   \(feature.name): \(expectation(of: feature))") }
    for feature in interface.states { lines.append("  keep \(feature.name): \(expectation(of: feature))") }
    for feature in interface.outputs { lines.append("  out  \(feature.name): \(expectation(of: feature))") }
    if let weights = try? contents.program.weights(Catalog.weightTable), let bytes = try? contents.weightByteCount() {
      lines.append("  \(weights.count) weight\(weights.count == 1 ? "" : "s"), \(ModelText.size(bytes)): \(Self.schemes(weights))")
    }
    for step in contents.history { lines.append("  \(step)") }
    return lines.joined(separator: "\n")
  }

  /// A summary such as `6 dense, 2 palettized`.
  package static func schemes(_ weights: [WeightEntry]) -> String {
    Dictionary(grouping: weights) { "\($0.scheme)" }.sorted { $0.key < $1.key }
      .map { "\($0.value.count) \($0.key)" }.joined(separator: ", ")
  }
}

extension Model {
  /// The file name of the package without its extension; `model` if the package has no path.
  package var name: String {
    guard let path = contents.path else { return "model" }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".mlpackage") ? String(file.dropLast(10)) : file
  }
}
