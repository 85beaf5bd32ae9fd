// SPDX-License-Identifier: Apache-2.0
// The Lua object for models.

import Compression
import Conversion
import Evaluation
import LuaHost
import MIL
import ModelPackages
import Models
import Operators
import Runtime
import Tensors
import TextLayout
import Workflows

extension Model {
  static let facts: [LuaProperty] = [
    LuaProperty("path", "where it was loaded from") { (m: Model) in m.contents.path },
    LuaProperty("name", "the package's name, without folder and ending") { (m: Model) in m.name },
    LuaProperty("target", "the oldest system that runs it, e.g. iOS16") { (m: Model) in "\(m.opset)" },
    LuaProperty("spec_version", "specification version of the package, 6 to 9") { (m: Model) in m.contents.specificationVersion },
    LuaProperty("functions", "names of its functions") { (m: Model) in m.contents.program.functions.map(\.name) },
    LuaProperty("inputs", "its inputs, by position and by name", cached: true) { (m: Model) in
      FeatureRecord.sequence("input", m, m.interface.inputs + m.interface.states)
    },
    LuaProperty("outputs", "its outputs, by position and by name", cached: true) { (m: Model) in
      FeatureRecord.sequence("output", m, m.interface.outputs)
    },
    LuaProperty("weights", "its weights, compressed or not, by position and by name", cached: true) { (m: Model) in
      let weights = try m.weightEntries()
      return LuaKeyedSequence(
        of: "weight", weights.map { ($0.name, WeightObject($0)) }, text: { ModelText.text(of: weights, in: $0) },
        forms: { ["text/html": ModelText.table(of: weights).html] })
    },
    LuaProperty("size", "bytes of the package's weights on disk", cached: true) { (m: Model) in try m.contents.weightByteCount() },
    LuaProperty("report", "the report of the compression or conversion that made this model; nil for any other model") { (m: Model) in
      m.report.map { ReportRecord(report: ReportObject($0)) }
        ?? m.conversion.map { ReportRecord(report: ConversionReportObject($0)) }
    },
    LuaProperty("history", "the compression steps, oldest first") { (m: Model) in m.contents.history },
    LuaProperty("metadata", "author, license, version, description and user-defined metadata") { (m: Model) in
      m.metadataTable
    },
  ]

  private enum PredictOptions {
    static let state = LuaOption<StateStore?>("state", "from make_state(), for a stateful model")
    static let outputs = LuaOption<[String]?>("outputs", "values of the program to return instead; any names in model:text()")
    static let table = LuaOptionTable("PredictOptions", [state, outputs])
  }

  static let running: [LuaMethod] = [
    LuaMethod(
      "predict", "Compute the outputs.", Arg("inputs", "a Tensor, table of numbers or Image for each input"),
      .options(PredictOptions.table), .context, returns: "a table of Tensors by name",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        print(model:predict{ image = wane.zeros{ 1, 1, 8, 8 } }.probabilities.shape[2])  --> 10
        """
    ) { (m: Model, inputs: PredictionInputs, options: LuaOptions, context: LuaContext) in
      let named = try inputs.named(for: m)
      for (name, input) in named.sorted(by: { $0.key < $1.key }) {
        if case .tensor(let tensor) = input, let doubt = m.doubt(about: tensor, for: name) { context.interpreter.remark(doubt) }
      }
      return try m.predict(
        named, state: options[PredictOptions.state], outputs: options[PredictOptions.outputs]
      ).mapValues { OutputRecord(value: $0) }
    },
    LuaMethod("make_state", "A new state for a stateful model, initialized with zeros.", returns: "a State") { (m: Model) in
      guard let state = try m.makeState() else {
        throw LuaError(.usage, "make_state: \(m.name) keeps no state", hint: "predict needs none")
      }
      return state
    },
    LuaMethod("text", "The MIL program as text, with long constants abbreviated.", returns: "a string") { (m: Model) in
      m.contents.program.text()
    },
  ]

  private enum SaveOptions {
    static let overwrite = LuaOption("overwrite", "replace an existing file", default: false)
    static let table = LuaOptionTable("SaveOptions", [overwrite])
  }

  static let files: [LuaMethod] = [
    LuaMethod(
      "save", "Save the model as an .mlpackage. An existing one is replaced atomically.", Arg("path", "ends in .mlpackage"),
      .options(SaveOptions.table)
    ) { (m: Model, path: PathArgument, options: LuaOptions) in
      try m.contents.save(to: path.path, overwrite: options[SaveOptions.overwrite])
    }
  ]

  private var metadataTable: [String: LuaValue] {
    var table: [String: LuaValue] = [:]
    guard let metadata = contents.interface.metadata else { return table }
    table["description"] = .string(metadata.shortDescription)
    table["version"] = .string(metadata.version)
    table["author"] = .string(metadata.author)
    table["license"] = .string(metadata.license)
    for (key, value) in metadata.userDefined { table[key] = .string(value) }
    return table
  }

  /// Names that may be keys in a method's table or an option's, for completion.
  func names(in method: String, _ option: String?) -> [String] {
    switch (method, option) {
    case ("predict", nil), ("benchmark", "inputs"): return interface.inputs.map(\.name)
    case (_, "op_names"):
      return ((try? contents.program.weights(Catalog.weightTable)) ?? []).flatMap { [$0.name, $0.opName] }
    case (_, "op_types"): return Set(((try? contents.program.weights(Catalog.weightTable)) ?? []).map(\.opType)).sorted()
    default: return []
    }
  }
}
