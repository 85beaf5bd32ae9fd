// SPDX-License-Identifier: Apache-2.0
// The last steps of every conversion: outputs, passes, types, interface.

import MIL
import ModelPackages
import Operators
import Tensors

/// Makes a package of converted operations.
struct ProgramAssembly {
  let path: String
  let options: ConversionOptions
  let builder: Builder
  let inputs: [ProgramInput]
  /// States with the types of their content.
  var states: [NamedType] = []

  /// Binds outputs, runs the passes and describes the interface.
  ///
  /// - Parameters:
  ///   - wanted: the outputs with the source's values.
  ///   - find: the value of the source with a name.
  /// - Throws: `ConversionError`; for nodes that were refused, one error that lists all of them.
  func finish(
    _ wanted: [(name: String, value: String)], preferred: [(value: String, name: String)], _ converted: ConversionReport, skipped: Int,
    metadata: [String: String], _ find: (String) throws -> Value?
  ) throws -> (package: ModelPackage?, report: ConversionReport) {
    var report = converted
    if !report.unsupported.isEmpty {
      report.notes = builder.notes
      if options.dryRun { return (nil, report) }
      throw ConversionError.unsupported(path: path, target: "\(options.target)", report.unsupported, skipped: skipped)
    }
    let outputs = try ProgramOutputs(builder, preferred: preferred, inputs: inputs.map(\.name)).bind(wanted, path: path, find)
    var function = Function(
      inputs: inputs.map { NamedType($0.name, $0.type) } + states, opset: options.target,
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
      throw ConversionError.brokenProgram(path: path, detail: error.description)
    }
    for operation in function.block.operations where !operation.isStored { report.operators[operation.type, default: 0] += 1 }
    report.notes = builder.notes
    if options.dryRun { return (nil, report) }
    return (try package(function, metadata), report)
  }

  private func package(_ function: Function, _ userDefined: [String: String]) throws -> ModelPackage {
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
    metadata.userDefined = userDefined
    interface.metadata = metadata
    return try ModelPackage(program: program, interface: interface)
  }
}
