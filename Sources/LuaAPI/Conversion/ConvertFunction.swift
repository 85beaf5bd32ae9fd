// SPDX-License-Identifier: Apache-2.0
// The function wane.convert.

import Conversion
import LuaHost
import MIL
import ModelPackages
import Models
import Options

enum ConvertFunction {
  private enum Indices: String, LuaEnumeration {
    case trusted, checked
  }

  private enum AttentionForm: String, LuaEnumeration {
    case fused, written
  }

  private enum ConvertOptions {
    static let target = LuaOption(
      "target", "the oldest system that runs it", default: "iOS18", allowed: .oneOf("iOS15", "iOS16", "iOS17", "iOS18"))
    static let precision = LuaOption(
      "precision", "of the program's floats; a function is called with every operation and returns true for float16",
      default: PrecisionChoice.float16)
    static let dims = LuaOption<LuaTable?>(
      "dims", "sizes by the names that the file has for them: an integer, or a range { 1, 512, default = 64 }")
    static let inputs = LuaOption<LuaTable?>(
      "inputs",
      "for inputs by name: { shape = { 1, 3, { 64, 512 }, 224 }, dtype =, enumerated = { … }, as = \"newname\" }, or an image: "
        + "{ kind = \"image\", color = \"RGB\", scale = 1/255, bias = { … } }")
    static let constants = LuaOption<[String: TensorArgument]?>("constants", "inputs with a fixed value, which disappear")
    static let outputs = LuaOption<LuaTable?>(
      "outputs", "names of the values to return, or a table from new names to names; what only others need is left out")
    static let states = LuaOption<LuaValue?>(
      "states",
      "what is kept between predictions: true for buffers that the module changes, false for none, or pairs of an input and the output "
        + "with its next content, such as { { \"past.*.key\", \"present.*.key\" } }; by default true")
    static let check = LuaOption<LuaTable?>(
      "check",
      "known results that the model is compared with: { inputs = \"in.npz\", outputs = \"out.npz\", atol =, rtol = }; tables of Tensors do too"
    )
    static let classes = LuaOption<LuaValue?>("classes", "labels of a classifier: a list, or a text file with one label a line")
    static let probabilities = LuaOption<String?>("probabilities", "the output with the classes' probabilities; by default the last one")
    static let attention = LuaOption(
      "attention", "fused: one operation from iOS18 on; written: products and a softmax", default: AttentionForm.fused)
    static let indices = LuaOption("indices", "checked guards inputs that are indices against negative values", default: Indices.trusted)
    static let trainable = LuaOption("trainable", "keep batch norms apart, so that they can be trained", default: false)
    static let program = LuaOption<String?>("program", "which of several programs of a .pt2 file")
    static let dryRun = LuaOption("dry_run", "return the report only: what every operator becomes, and what is unsupported", default: false)
    static let table = LuaOptionTable(
      "ConvertOptions",
      [
        target, precision, dims, inputs, constants, outputs, states, classes, probabilities, attention, indices, trainable, program, dryRun,
        check,
      ])
  }

  /// What to do with a file of another kind.
  private static func hint(_ path: String) -> String {
    let isWeights = [".pt", ".pth", ".bin", ".safetensors", ".gguf", ".ckpt"].contains { path.hasSuffix($0) }
    return isWeights
      ? "this file holds weights without a network: model:with_weights(path) puts them into one, wane.load_safetensors(path) reads them"
      : "wane.load reads an .mlpackage"
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "convert", "Convert a file of ONNX or of torch.export to a model. Weights that do not change stay memory-mapped.",
      Arg("path", "ends in .onnx or .pt2"),
      .options(ConvertOptions.table), .context, returns: "a Model; after a dry run a ConversionReport",
      example: """
        local ok, err = pcall(wane.convert, "missing.onnx", { precision = "float32" })
        print(ok, err.kind)  --> false\tnot_found
        """
    ) { (path: PathArgument, options: LuaOptions, context: LuaContext) -> ConvertedModel in
      var wanted = ConversionOptions()
      wanted.target = ["iOS15": Opset.iOS15, "iOS16": .iOS16, "iOS17": .iOS17][options[ConvertOptions.target]] ?? .iOS18
      let precision = options[ConvertOptions.precision]
      wanted.precision = precision.option
      wanted.dimensions = try ConversionArguments.dimensions(options[ConvertOptions.dims])
      wanted.inputs = try ConversionArguments.inputs(options[ConvertOptions.inputs])
      wanted.constants = (options[ConvertOptions.constants] ?? [:]).mapValues(\.tensor)
      wanted.outputs = try ConversionArguments.outputs(options[ConvertOptions.outputs])
      wanted.states = try ConversionArguments.states(options[ConvertOptions.states])
      wanted.classes = try ConversionArguments.classes(options[ConvertOptions.classes], context.interpreter)
      wanted.probabilities = options[ConvertOptions.probabilities]
      wanted.fusesAttention = options[ConvertOptions.attention] == .fused
      wanted.trustsIndices = options[ConvertOptions.indices] == .trusted
      wanted.trainable = options[ConvertOptions.trainable]
      wanted.dryRun = options[ConvertOptions.dryRun]
      let program = options[ConvertOptions.program]
      let check = try options[ConvertOptions.check].map { try ConversionCheck($0, isHalf: !precision.isSingle, context.interpreter) }
      guard check == nil || !wanted.dryRun else {
        throw LuaError(.usage, "convert: check needs a model, which a dry run does not make: leave out one of both")
      }
      let result: (package: ModelPackage?, report: ConversionReport)
      if path.path.hasSuffix(".pt2") {
        result = try Converter.convert(export: path.path, program: program, wanted, isCancelled: { Interrupts.isPending })
      } else {
        guard path.path.hasSuffix(".onnx") else {
          throw LuaError(.usage, "convert: '\(path.path)' ends neither in .onnx nor in .pt2", hint: Self.hint(path.path))
        }
        guard program == nil else { throw LuaError(.usage, "convert: program has an effect with .pt2 files only") }
        result = try Converter.convert(onnx: path.path, wanted, isCancelled: { Interrupts.isPending })
      }
      guard let package = result.package else { return .report(result.report) }
      let model = try Model(contents: package, conversion: result.report, isCancelled: { Interrupts.isPending })
      try check?.run(model)
      return .model(model)
    }
  ]
}

/// The result of `wane.convert`.
private enum ConvertedModel: LuaReturnable {
  case model(Model)
  case report(ConversionReport)

  static var luaType: LuaType { .union([.object("Model"), .object("ConversionReport")]) }

  func push(to interpreter: Interpreter) throws {
    switch self {
    case .model(let model): try model.push(to: interpreter)
    case .report(let report): try ConversionReportObject(report).push(to: interpreter)
    }
  }
}
