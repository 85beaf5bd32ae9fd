// SPDX-License-Identifier: Apache-2.0
// Makes a classifier of a program: labels beside the probabilities.

import MIL
import ModelPackages
import Tensors

/// The labels of a classifier, as coremltools writes them.
struct ClassLabels {
  static let label = "classLabel"
  static let probabilities = "classLabel_probs"

  /// Replaces an output by the best label and a dictionary of probabilities.
  ///
  /// - Parameter output: the output with the probabilities; `nil` for the last one.
  /// - Throws: `ConversionError.option` if labels and probabilities do not fit.
  static func add(_ labels: [String], to output: String?, _ function: inout Function, names: [String: String]) throws {
    let wanted = output.map { names[$0] ?? $0 } ?? function.block.outputs.last
    guard let wanted, let position = function.block.outputs.firstIndex(of: wanted) else {
      throw ConversionError.unknownName(kind: "output", name: output ?? "", known: function.block.outputs)
    }
    let type = function.block.operations.flatMap(\.outputs).first { $0.name == wanted }?.type.tensorType
    let count = type?.dimensions.compactMap(\.size).elementCount
    guard type?.shape == nil || count == labels.count else {
      throw ConversionError.option("classes has \(labels.count) labels, but '\(wanted)' has \(count ?? 0) elements")
    }
    guard Set(labels).count == labels.count else {
      let repeated = labels.first { label in labels.count { $0 == label } > 1 } ?? ""
      throw ConversionError.option("the label '\(repeated)' appears twice in classes")
    }
    guard type?.dtype == .float32 else { throw ConversionError.option("'\(wanted)' is no array of floats, so it has no probabilities") }
    let list = ValueType.list(.scalar(.string), length: .fixed(labels.count))
    function.block.operations += [
      .const("classes", Constant(type: list, payload: .list(labels.map { Constant($0) }))),
      Operation(
        type: "classify", inputs: [Argument("classes", "classes"), Argument("probabilities", wanted)],
        outputs: [
          NamedType(label, .scalar(.string)), NamedType(probabilities, .dictionary(key: .scalar(.string), value: .scalar(.float64))),
        ], attributes: [Attribute("name", Constant(label))]),
    ]
    function.block.outputs.remove(at: position)
    function.block.outputs += [label, probabilities]
  }
}
