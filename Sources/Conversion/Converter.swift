// SPDX-License-Identifier: Apache-2.0
// Converts an ONNX file to a package with an ML Program.

import MIL
import ModelPackages
import ONNXFiles
import Operators
import Tensors

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
}

/// One conversion.
private struct ONNXConversion {
  let model: ONNXModel
  let options: ConversionOptions
  let builder: Builder
  let converter: GraphConverter
  let inputs: [ProgramInput]

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
    inputs = try ProgramInputs(model, options, builder).inputs
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
    let wanted = try wantedOutputs()
    try converter.run(model.graph.nodes, outputs: wanted.map(\.value), in: scope)
    var report = converter.report
    if !report.unsupported.isEmpty {
      report.notes = builder.notes
      if options.dryRun { return (nil, report) }
      throw ConversionError.unsupported(path: model.path, target: "\(options.target)", report.unsupported, skipped: converter.skipped)
    }
    let outputs = try ProgramOutputs(builder, converter, inputs: inputs.map(\.name)).bind(wanted, scope, model)
    var function = Function(
      inputs: inputs.map { NamedType($0.name, $0.type) }, opset: options.target,
      block: Block(operations: builder.constants + builder.operations, outputs: outputs.names))
    function = outputs.renamed(function)
    if let classes = options.classes {
      let names = Dictionary(zip(wanted.map(\.name), function.block.outputs), uniquingKeysWith: { first, _ in first })
      try ClassLabels.add(classes, to: options.probabilities, &function, names: names)
    } else if options.probabilities != nil {
      throw ConversionError.option("probabilities has an effect with classes only")
    }
    do {
      function = try ConversionPasses.run(function, options, &builder.notes)
      function = try function.inferringTypes()
      try function.checkTypes()
    } catch let error as OperatorError {
      throw ConversionError.brokenProgram(path: model.path, detail: error.description)
    }
    for operation in function.block.operations where !operation.isStored { report.operators[operation.type, default: 0] += 1 }
    report.notes = builder.notes
    if options.dryRun { return (nil, report) }
    return (try package(function), report)
  }

  private func declaredElement(_ name: String) -> ElementType {
    guard let info = model.graph.inputs.first(where: { $0.name == name }), case .tensor(let element, _) = info.type else {
      return .undefined
    }
    return element
  }

  private func wantedOutputs() throws -> [(name: String, value: String)] {
    guard let chosen = options.outputs else { return model.graph.outputs.map { ($0.name, $0.name) } }
    let known = Set(model.graph.outputs.map(\.name)).union(model.graph.nodes.flatMap(\.outputs))
    for output in chosen where !known.contains(output.value) {
      throw ConversionError.unknownName(kind: "output", name: output.value, known: model.graph.outputs.map(\.name))
    }
    return chosen
  }

  private func package(_ function: Function) throws -> ModelPackage {
    let program = Program(functions: [function])
    var interface = try Interface(describing: program)
    let features = Dictionary(inputs.map { ($0.name, $0.feature) }, uniquingKeysWith: { first, _ in first })
    for i in interface.functions.indices {
      interface.functions[i].inputs = interface.functions[i].inputs.map { features[$0.name] ?? $0 }
    }
    if options.classes != nil {
      interface.functions[0].predictedFeatureName = ClassLabels.label
      interface.functions[0].predictedProbabilitiesName = ClassLabels.probabilities
    }
    var metadata = Metadata()
    metadata.userDefined["com.github.apple.coremltools.source_dialect"] = "ONNX"
    let producer = [model.producer, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    metadata.userDefined["com.github.apple.coremltools.source"] = producer.isEmpty ? "onnx" : "onnx (\(producer))"
    for (key, value) in model.metadata where metadata.userDefined[key] == nil { metadata.userDefined[key] = value }
    interface.metadata = metadata
    return try ModelPackage(program: program, interface: interface)
  }
}
