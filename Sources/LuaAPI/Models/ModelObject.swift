// SPDX-License-Identifier: Apache-2.0
// A model in a script's hands: its facts and what can be done with it.

import Compression
import Evaluation
import LuaHost
import MIL
import ModelPackages
import Models
import Operators
import Runtime
import Tensors
import TextLayout

extension Model: LuaBoxed {
  /// What it holds in memory: weights made here rather than mapped from a file.
  package var luaExternalBytes: Int { contents.ownedByteCount }

  package static let luaClass = LuaClass(
    Model.self, "A Core ML model. It never changes: compressing it gives another one.", closable: true,
    properties: facts, methods: running + checking + planning + compressing + evaluating + files,
    behaviors: [.toString { (m: Model) in m.summary }],
    contentNames: { object, method, option in (object as? Model)?.names(in: method, option) ?? [] })

  private static let facts: [LuaProperty] = [
    LuaProperty("path", "where it was loaded from") { (m: Model) in m.contents.path },
    LuaProperty("name", "the package's name, without folder and ending") { (m: Model) in m.name },
    LuaProperty("target", "the oldest system that runs it, e.g. iOS16") { (m: Model) in "\(m.opset)" },
    LuaProperty("spec_version", "specification version of the package, 6 to 9") { (m: Model) in m.contents.specificationVersion },
    LuaProperty("functions", "names of its functions") { (m: Model) in m.contents.program.functions.map(\.name) },
    LuaProperty("inputs", "what it takes, by position and by name", cached: true) { (m: Model) in
      FeatureRecord.sequence("input", m, m.interface.inputs + m.interface.states)
    },
    LuaProperty("outputs", "what it gives, by position and by name", cached: true) { (m: Model) in
      FeatureRecord.sequence("output", m, m.interface.outputs)
    },
    LuaProperty("weights", "its weights, compressed or not, by position and by name", cached: true) { (m: Model) in
      let all = try m.contents.program.weights(Catalogue.weightTable)
      // The weights of the function that runs come first, and have the names that others have too.
      let weights = all.filter { $0.function == m.interface.name } + all.filter { $0.function != m.interface.name }
      return LuaKeyedSequence(
        of: "weight", weights.map { ($0.name, WeightObject($0)) }, text: { ModelText.text(of: weights, in: $0) },
        forms: { ["text/html": ModelText.table(of: weights).html] })
    },
    LuaProperty("size", "bytes of the package's weights on disk", cached: true) { (m: Model) in try m.contents.weightByteCount() },
    LuaProperty("report", "what the last step of compression did; nil for a model as it was loaded") { (m: Model) in
      m.report.map { ReportObject($0) }
    },
    LuaProperty("history", "what was done to it, oldest first") { (m: Model) in m.contents.history },
    LuaProperty("metadata", "author, license, version, description and the package's own notes") { (m: Model) in
      m.metadataTable
    },
  ]

  private enum PredictOptions {
    static let state = LuaOption<StateStore?>("state", "made by make_state(), for a model that keeps state")
    static let outputs = LuaOption<[String]?>("outputs", "values of the program to give back instead; any name in model:text()")
    static let table = LuaOptionTable("PredictOptions", [state, outputs])
  }

  private static let running: [LuaMethod] = [
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
    LuaMethod("make_state", "Fresh state, all zero, for a model that keeps some.", returns: "a State") { (m: Model) in
      guard let state = try m.makeState() else {
        throw LuaError(.usage, "make_state: \(m.name) keeps no state", hint: "predict needs none")
      }
      return state
    },
    LuaMethod("text", "The MIL program as text, long constants cut short.", returns: "a string") { (m: Model) in
      m.contents.program.text()
    },
  ]

  private enum SaveOptions {
    static let overwrite = LuaOption("overwrite", "replace what is there", default: false)
    static let table = LuaOptionTable("SaveOptions", [overwrite])
  }

  private static let files: [LuaMethod] = [
    LuaMethod(
      "save", "Write an .mlpackage, beside its target and then renamed.", Arg("path", "ends in .mlpackage"),
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
}

extension Model {
  var name: String {
    guard let path = contents.path else { return "model" }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".mlpackage") ? String(file.dropLast(10)) : file
  }
}
