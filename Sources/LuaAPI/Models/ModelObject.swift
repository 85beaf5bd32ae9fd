// SPDX-License-Identifier: Apache-2.0
// A model in a script's hands: its facts and what can be done with it.

import Compression
import LuaHost
import MIL
import ModelPackages
import Models
import Runtime
import Tensors

extension Model: LuaBoxed {
  package static let luaClass = LuaClass(
    Model.self, "A Core ML model. It never changes: compressing it gives another one.", closable: true,
    properties: facts, methods: running + planning + compressing + evaluating + files, behaviors: [.toString { (m: Model) in m.summary }])

  private static let facts: [LuaProperty] = [
    LuaProperty("path", "where it was loaded from") { (m: Model) in m.contents.path },
    LuaProperty("name", "the package's name, without folder and ending") { (m: Model) in m.name },
    LuaProperty("target", "the oldest system that runs it, e.g. iOS16") { (m: Model) in "\(m.opset)" },
    LuaProperty("spec_version", "specification version of the package, 6 to 9") { (m: Model) in m.contents.specificationVersion },
    LuaProperty("functions", "names of its functions") { (m: Model) in m.contents.program.functions.map(\.name) },
    LuaProperty("inputs", "what it takes, by position and by name", cached: true) { (m: Model) in
      FeatureRecord.sequence("input", m.interface.inputs + m.interface.states)
    },
    LuaProperty("outputs", "what it gives, by position and by name", cached: true) { (m: Model) in
      FeatureRecord.sequence("output", m.interface.outputs)
    },
    LuaProperty("weights", "its weights, compressed or not, by position and by name", cached: true) { (m: Model) in
      LuaKeyedSequence(of: "weight", try m.contents.program.weights().map { ($0.name, WeightObject($0)) })
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
      .options(PredictOptions.table), returns: "a table of Tensors by name",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        print(model:predict{ image = wane.zeros{ 1, 1, 8, 8 } }.probabilities.shape[2])  --> 10
        """
    ) { (m: Model, inputs: [String: InputArgument], options: LuaOptions) in
      try m.predict(
        inputs.mapValues(\.input), state: options[PredictOptions.state], outputs: options[PredictOptions.outputs]
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
    ) { (m: Model, path: String, options: LuaOptions) in
      try m.contents.save(to: path, overwrite: options[SaveOptions.overwrite])
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

  /// What `print(model)` shows.
  fileprivate var summary: String {
    var lines = ["\(name)  \(opset)"]
    for feature in interface.inputs { lines.append("  in   \(feature.name): \(feature.expectation)") }
    for feature in interface.states { lines.append("  keep \(feature.name): \(feature.expectation)") }
    for feature in interface.outputs { lines.append("  out  \(feature.name): \(feature.expectation)") }
    for step in contents.history { lines.append("  \(step)") }
    return lines.joined(separator: "\n")
  }
}

/// An input, output or state of a model.
struct FeatureRecord: LuaRecord {
  let feature: Feature

  static let luaName = "Feature"
  static let luaDoc = "An input, output or state of a model."
  static let luaFields: [LuaField<FeatureRecord>] = [
    LuaField("name", "its name") { $0.feature.name },
    LuaField("kind", "tensor, image, state, or what else Core ML knows") { $0.kind },
    LuaField("dtype", "element type of a tensor") { $0.feature.array?.dtype.map { "\($0)" } },
    LuaField("shape", "extents; a flexible one is its range in words") { $0.shape },
    LuaField("width", "pixels of an image") { $0.feature.image?.size.width },
    LuaField("height", "pixels of an image") { $0.feature.image?.size.height },
    LuaField("color", "grayscale, rgb, bgr of an image") { $0.feature.image.map { "\($0.colorSpace)" } },
    LuaField("optional", "whether it may be left out") { $0.feature.isOptional },
    LuaField("description", "the author's words") { $0.feature.shortDescription },
  ]
  var luaText: String? { "\(feature.name): \(feature.expectation)" }

  static func sequence(_ noun: String, _ features: [Feature]) -> LuaKeyedSequence<FeatureRecord> {
    LuaKeyedSequence(of: noun, features.map { ($0.name, FeatureRecord(feature: $0)) })
  }

  private var kind: String {
    switch feature.kind {
    case .array: "tensor"
    case .image: "image"
    case .state: "state"
    case .int64: "int64"
    case .double: "double"
    case .string: "string"
    case .dictionary: "dictionary"
    case .sequence: "sequence"
    case .unknown: "unknown"
    }
  }

  /// Extents; ranges and choices as text.
  private var shape: [LuaValue]? {
    guard let array = feature.array else { return nil }
    switch array.flexibility {
    case .fixed, .enumerated: return array.shape.map { .integer($0) }
    case .ranges(let ranges):
      return ranges.map { $0.lower == $0.upper ? .integer($0.lower) : .string("\($0.lower)…\($0.upper.map(String.init) ?? "")") }
    }
  }
}

/// An input of a prediction as scripts write it.
struct InputArgument: LuaConvertible {
  let input: ModelInput

  static var luaType: LuaType { .union([.object("Tensor"), .table, .object("Image")]) }

  func push(to interpreter: Interpreter) throws {
    switch input {
    case .tensor(let tensor): try TensorObject(tensor).push(to: interpreter)
    case .image(let image): try ImageObject(image).push(to: interpreter)
    }
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> InputArgument {
    let value = try LuaValue.read(interpreter, at: index)
    if let image = value.object(ImageObject.self) { return InputArgument(input: .image(image.image)) }
    guard let tensor = try NestedTable.tensor(value) else {
      throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
    return InputArgument(input: .tensor(tensor))
  }
}

/// An output of a prediction.
struct OutputRecord: LuaReturnable {
  let value: OutputValue

  static var luaType: LuaType { .union([.object("Tensor"), .string, .table]) }

  func push(to interpreter: Interpreter) throws {
    switch value {
    case .tensor(let tensor): try TensorObject(tensor).push(to: interpreter)
    case .label(.string(let label)): try LuaValue.string(label).push(to: interpreter)
    case .label(.integer(let label)): try LuaValue.integer(label).push(to: interpreter)
    case .probabilities(let all):
      let table = interpreter.newTable()
      for (label, probability) in all {
        switch label {
        case .string(let name): try table.set(name, probability)
        case .integer(let id): try table.set(id, probability)
        }
      }
      try table.push(to: interpreter)
    }
  }
}

extension StateStore: LuaBoxed {
  package static var luaName: String { "State" }
  package static let luaClass = LuaClass(
    StateStore.self, "What a stateful model remembers from one prediction to the next.",
    properties: [LuaProperty("names", "names of the states") { (s: StateStore) in s.types.keys.sorted() }],
    methods: [
      LuaMethod("read", "A state's present content.", Arg("name", "which state"), returns: "a Tensor") {
        (s: StateStore, name: String) in
        guard let tensor = s.read(name) else {
          throw LuaError(.notFound, "no state named '\(name)'", hint: "states: \(s.types.keys.sorted().joined(separator: ", "))")
        }
        return TensorObject(tensor)
      }
    ])
}
