// SPDX-License-Identifier: Apache-2.0
// Converts files of other formats to packages with an ML Program.

import MIL
import ModelPackages
import ONNXFiles
import Tensors
import TorchFiles

/// Converts models of other formats.
package enum Converter {
  /// Converts an ONNX file.
  ///
  /// - Returns: the package, which is `nil` after a dry run, and a report.
  /// - Throws: `ConversionError`, `ONNXError`, `FileError`, `ConversionCancelled`.
  package static func convert(
    onnx path: String, _ options: ConversionOptions, isCancelled: @escaping () -> Bool = { false }
  ) throws -> (package: ModelPackage?, report: ConversionReport) {
    let model = try ONNXModel.load(path)
    var conversion = try ONNXConversion(model, options, isCancelled)
    return try conversion.run()
  }

  /// Converts a program that torch.export has saved.
  ///
  /// - Parameter name: which of several programs; `nil` for the only one.
  /// - Returns: the package, which is `nil` after a dry run, and a report.
  /// - Throws: `ConversionError`, `TorchFileError`, `FileError`, `ConversionCancelled`.
  package static func convert(
    export path: String, program name: String? = nil, _ options: ConversionOptions, isCancelled: @escaping () -> Bool = { false }
  ) throws -> (package: ModelPackage?, report: ConversionReport) {
    let program = try ExportedProgram.load(path, program: name)
    return try ExportConversion(program, options, isCancelled).run()
  }
}

/// One conversion.
private struct ONNXConversion {
  let model: ONNXModel
  let options: ConversionOptions
  let builder: Builder
  let converter: GraphConverter
  let inputs: [ProgramInput]
  /// The inputs that are states, with the values that update them.
  let stateInputs: [(input: ProgramInput, update: String)]

  init(_ model: ONNXModel, _ options: ConversionOptions, _ isCancelled: @escaping () -> Bool) throws {
    guard model.irVersion == 0 || model.irVersion >= 3 else {
      throw ConversionError.invalid(
        path: model.path, detail: "the file has version \(model.irVersion) of ONNX's format, expected 3 or newer")
    }
    self.model = model
    self.options = options
    builder = Builder(opset: options.target, fusesAttention: options.fusesAttention)
    converter = GraphConverter(model, builder: builder, isCancelled: isCancelled)
    converter.trustsInputs = options.trustsIndices
    let defaults = Set(model.graph.initializers.map(\.name))
    let all = try ProgramInputs(
      model.graph.inputs.filter { !defaults.contains($0.name) }, defaults: defaults, path: model.path, options, builder
    ).inputs
    let pairs = try StatePairs.resolve(options.states.pairs, inputs: all.map(\.source), outputs: model.graph.outputs.map(\.name))
    let updates = Dictionary(uniqueKeysWithValues: pairs.map { ($0.input, $0.output) })
    stateInputs = all.compactMap { input in updates[input.source].map { (input, $0) } }
    inputs = all.filter { updates[$0.source] == nil }
    converter.inputNames = Set(inputs.map(\.name))
    let version = model.opsets[""] ?? 1
    if version > GraphConverter.newestOpset {
      builder.note("opset \(version)", "is newer than \(GraphConverter.newestOpset), the newest that is known")
    }
  }

  mutating func run() throws -> (package: ModelPackage?, report: ConversionReport) {
    let scope = Scope(opsets: model.opsets)
    for initializer in model.graph.initializers { scope.bind(initializer) }
    for (name, tensor) in options.constants {
      let element = declaredElement(name)
      scope.bind(name, Value(constant: tensor, element: element, label: name))
    }
    for input in inputs {
      do {
        scope.bind(input.source, try input.value(builder))
      } catch let refusal as Refusal {
        throw ConversionError.invalid(path: model.path, detail: "input '\(input.source)': \(refusal.reason)")
      }
    }
    var states = ProgramStates(builder)
    for state in stateInputs { scope.bind(state.input.source, try states.read(state.input, update: state.update)) }
    let wanted = try wantedOutputs()
    try converter.run(model.graph.nodes, outputs: wanted.map(\.value) + stateInputs.map(\.update), in: scope)
    if converter.report.unsupported.isEmpty {
      try states.update { name in
        guard let value = try scope.value(name, in: model) else {
          throw ConversionError.invalid(path: model.path, detail: "the output '\(name)' is not made by any node")
        }
        return value
      }
    }
    var assembly = ProgramAssembly(path: model.path, options: options, builder: builder, inputs: inputs)
    assembly.states = states.types
    return try assembly.finish(
      wanted, preferred: converter.preferred, converter.report, skipped: converter.skipped, metadata: metadata
    ) { try scope.value($0, in: model) }
  }

  private func declaredElement(_ name: String) -> ElementType {
    guard let info = model.graph.inputs.first(where: { $0.name == name }), case .tensor(let element, _) = info.type else {
      return .undefined
    }
    return element
  }

  private func wantedOutputs() throws -> [(name: String, value: String)] {
    guard let chosen = options.outputs else {
      let updates = Set(stateInputs.map(\.update))
      let rest = model.graph.outputs.map(\.name).filter { !updates.contains($0) }
      guard !rest.isEmpty || model.graph.outputs.isEmpty else { throw ConversionError.everyOutputIsAState }
      return rest.map { ($0, $0) }
    }
    let known = Set(model.graph.outputs.map(\.name)).union(model.graph.nodes.flatMap(\.outputs))
    for output in chosen where !known.contains(output.value) {
      throw ConversionError.unknownName(kind: "output", name: output.value, known: model.graph.outputs.map(\.name))
    }
    return chosen
  }

  private var metadata: [String: String] {
    let producer = [model.producer, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    let own = [
      "com.github.apple.coremltools.source_dialect": "ONNX",
      "com.github.apple.coremltools.source": producer.isEmpty ? "onnx" : "onnx (\(producer))",
    ]
    return own.merging(model.metadata) { own, _ in own }
  }
}
