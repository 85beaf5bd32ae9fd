// SPDX-License-Identifier: Apache-2.0
// The conversion of one exported program: inputs, weights, states, outputs.

import MIL
import ModelPackages
import ONNXFiles
import Operators
import Tensors
import TorchFiles

/// One conversion of an exported program.
struct ExportConversion {
  let program: ExportedProgram
  let options: ConversionOptions
  let builder: Builder
  let converter: ExportConverter
  let inputs: [ProgramInput]
  /// The inputs that are states, with the values that update them.
  private let stateInputs: [String: (input: ProgramInput, update: String)]

  init(_ program: ExportedProgram, _ options: ConversionOptions, _ isCancelled: @escaping () -> Bool) throws {
    self.program = program
    self.options = options
    builder = Builder(opset: options.target, fusesAttention: options.fusesAttention)
    converter = ExportConverter(program, builder: builder, isCancelled: isCancelled)
    converter.trustsInputs = options.trustsIndices
    let all = try ProgramInputs(Self.declared(program), ranges: Self.ranges(program), path: program.path, options, builder).inputs
    let outputs = Self.outputs(program, note: { _, _ in })
    let pairs = try StatePairs.resolve(options.states.pairs, inputs: all.map(\.source), outputs: outputs.map(\.name))
    let updates = Dictionary(
      uniqueKeysWithValues: pairs.map { pair in (pair.input, outputs.first { $0.name == pair.output }?.value ?? "") })
    stateInputs = Dictionary(uniqueKeysWithValues: all.compactMap { input in updates[input.source].map { (input.source, (input, $0)) } })
    inputs = all.filter { updates[$0.source] == nil }
    converter.inputNames = Set(inputs.map(\.name))
  }

  /// The inputs that the user gives.
  private static func declared(_ program: ExportedProgram) throws -> [ONNXValueInfo] {
    try program.inputs.filter { $0.kind == .user }.map { input in
      guard let type = program.graph.tensors[input.name] else {
        // A number that the caller gives: an array with one element.
        return ONNXValueInfo(input.name, .tensor(.int64, []))
      }
      guard let element = ExportTypes.elements[type.dtype] else {
        throw ConversionError.invalid(path: program.path, detail: "input '\(input.name)' has the unknown element type \(type.dtype)")
      }
      let dimensions = type.sizes.map { size -> ONNXDimension in
        switch size {
        case .fixed(let extent): .fixed(extent)
        case .symbolic(let name, _): .symbol(name)
        }
      }
      return ONNXValueInfo(input.name, .tensor(element, dimensions))
    }
  }

  /// The extents that the symbols of inputs may have, with those of the example as defaults.
  private static func ranges(_ program: ExportedProgram) -> [String: DimensionOption] {
    var ranges: [String: DimensionOption] = [:]
    for input in program.inputs where input.kind == .user {
      for case .symbolic(let name, let hint) in program.graph.tensors[input.name]?.sizes ?? [] {
        let bounds = program.ranges[name]
        let lower = max(bounds?.lower ?? 1, 1)
        let upper = bounds?.upper.flatMap { $0 < 1 << 30 && $0 >= lower ? $0 : nil }
        let preferred = hint.map { min(max($0, lower), upper ?? .max) }
        ranges[name] = DimensionOption(SizeRange(lower, upper), preferred: preferred)
      }
    }
    return ranges
  }

  func run() throws -> (package: ModelPackage?, report: ConversionReport) {
    let scope = ExportScope(program.graph)
    let mutated = MutatedBuffers(program)
    var states = ProgramStates(builder)
    for (argument, input) in zip(program.graph.inputs, program.inputs) { try bind(input, argument, scope, mutated, &states) }
    try converter.run(program.graph, in: scope)
    let wanted = try wantedOutputs()
    var report = converter.report
    do {
      try states.update { try converter.read($0, in: scope) }
      for (_, value) in wanted { _ = try converter.read(value, in: scope) }
      // What was refused is behind other outputs, or nothing reads it.
      for entry in report.unsupported {
        builder.note(entry.title, "left out, since no output needs it: \(entry.reason) (\(entry.nodes.prefix(3).joined(separator: ", ")))")
      }
      report.unsupported = []
    } catch is MissingValue {
    } catch let refusal as Refusal {
      report.unsupported.append(UnsupportedOperator(name: "state", domain: "", version: nil, reason: refusal.reason, nodes: []))
    }
    let version = program.torchVersion
    let metadata = [
      "com.github.apple.coremltools.source_dialect": "TorchExport",
      "com.github.apple.coremltools.source": version.isEmpty ? "torch" : "torch==\(version)",
    ]
    var assembly = ProgramAssembly(path: program.path, options: options, builder: builder, inputs: inputs)
    assembly.states = states.types
    return try assembly.finish(wanted, preferred: converter.preferred, report, skipped: converter.skipped, metadata: metadata) {
      do {
        return try converter.read($0, in: scope)
      } catch is MissingValue {
        return nil
      }
    }
  }

  private func bind(
    _ input: ExportInput, _ argument: ExportArgument, _ scope: ExportScope, _ mutated: MutatedBuffers, _ states: inout ProgramStates
  ) throws {
    switch input.kind {
    case .parameter(let name), .constant(let name), .buffer(let name):
      if let reason = program.refused[name] {
        throw ConversionError.invalid(path: program.path, detail: "'\(name)' is not read: \(reason)")
      }
      guard let stored = program.tensors[name] else {
        throw ConversionError.invalid(path: program.path, detail: "the file has no data for '\(name)'")
      }
      let tensor = try stored.tensor(file: program.path, name: name)
      let element = scope.graph.tensors[input.name].flatMap { ExportTypes.elements[$0.dtype] } ?? .float
      if ExportTypes.isComplex(element) {
        scope.tensors[input.name] = TensorReference(try builder.complex(Value(constant: tensor, label: name)))
        return
      }
      var value = Value(constant: tensor, element: element, label: name)
      if case .buffer = input.kind, mutated.inputs.contains(input.name) {
        value = try state(name, value, update: mutated.final(input.name), &states)
      }
      scope.tensors[input.name] = TensorReference(value)
    case .user:
      if let known = options.constants[input.name] {
        let element = scope.graph.tensors[input.name].flatMap { ExportTypes.elements[$0.dtype] } ?? .int64
        let category = ExportTypes.category(element)
        scope.bind(
          input.name, try builder.converted(Value(constant: known, element: element, label: input.name), to: category).typed(element))
        return
      }
      do {
        let value: Value
        if let own = stateInputs[input.name] {
          value = try states.read(own.input, update: own.update)
        } else if let own = inputs.first(where: { $0.source == input.name }) {
          value = try own.value(builder)
        } else {
          return
        }
        if scope.graph.tensors[input.name] != nil {
          scope.tensors[input.name] = TensorReference(value, input: input.name)
        } else {
          scope.numbers[input.name] = value
        }
      } catch let refusal as Refusal {
        throw ConversionError.invalid(path: program.path, detail: "input '\(input.name)': \(refusal.reason)")
      }
    case .fixed: break
    case .other(let kind):
      scope.missing.formUnion(argument.names + [input.name])
      builder.note(input.name, "this \(kind) is no tensor; operators that need it are refused")
    }
  }

  /// The content of a buffer that the module changes, at the start of a prediction.
  private func state(_ name: String, _ initial: Value, update: String, _ states: inout ProgramStates) throws -> Value {
    guard options.states.keepsBuffers else {
      builder.note(name, "the module changes this buffer; without states every prediction starts from the file's content")
      return initial
    }
    guard builder.opset >= .iOS18 else {
      throw ConversionError.option(
        "the module changes its buffer '\(name)', which needs a state: target = \"iOS18\", or states = false for a buffer that keeps the file's content"
      )
    }
    if try initial.tensor()?.doubles().contains(where: { $0 != 0 }) == true {
      builder.note(name, "a state starts with zeros, but the module's buffer has other elements: write them before the first prediction")
    }
    return try states.read(
      name, as: builder.declare(ProgramNames.sanitized(name)), shape: initial.dims.map { $0 ?? 1 }, initial.element, initial.category,
      update: update)
  }

  /// The outputs that the user sees, named by the keys of the returned dictionary where it has them.
  private static func outputs(_ program: ExportedProgram, note: (String, String) -> Void) -> [(name: String, value: String)] {
    let user = program.outputs.filter { $0.kind == .user }.map(\.value)
    let keys = program.outputNames.count == user.count ? program.outputNames : Array(repeating: nil, count: user.count)
    var used: Set<String> = []
    var result: [(name: String, value: String)] = []
    for (i, value) in user.map({ $0.names.first }).enumerated() {
      guard let value else {
        note("output \(i)", "it is a fixed number or None, which a model does not return")
        continue
      }
      let plain = result.isEmpty ? "output" : "output_\(result.count)"
      var name = keys[i] ?? plain
      if !used.insert(name).inserted { name = plain }
      used.insert(name)
      result.append((name, value))
    }
    return result
  }

  private func wantedOutputs() throws -> [(name: String, value: String)] {
    let result = Self.outputs(program) { builder.note($0, $1) }
    let updates = Set(stateInputs.values.map(\.update))
    guard let chosen = options.outputs else {
      guard !result.isEmpty else { throw ConversionError.invalid(path: program.path, detail: "the program returns no tensors") }
      let rest = result.filter { !updates.contains($0.value) }
      guard !rest.isEmpty else { throw ConversionError.everyOutputIsAState }
      return rest
    }
    let known = Set(program.graph.nodes.flatMap(\.outputNames)).union(result.map(\.value))
    return try chosen.map { name, value in
      if let own = result.first(where: { $0.name == value }) { return (name, own.value) }
      guard known.contains(value) else { throw ConversionError.unknownName(kind: "output", name: value, known: result.map(\.name)) }
      return (name, value)
    }
  }
}
