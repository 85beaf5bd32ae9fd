// SPDX-License-Identifier: Apache-2.0
// Buffers that the module changes: states of the program.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

/// The states of a converted program.
struct ProgramStates {
  private let builder: Builder
  private let path: String
  /// The graph's inputs whose content changes.
  let mutated: Set<String>
  /// The value with the new content, where the signature names it.
  private let finals: [String: String]
  private(set) var types: [NamedType] = []
  private var entries: [(input: String, state: Value, content: Value)] = []

  init(_ program: ExportedProgram, _ options: ConversionOptions, _ builder: Builder) {
    self.builder = builder
    path = program.path
    var byBuffer: [String: String] = [:]
    for input in program.inputs { if case .buffer(let name) = input.kind { byBuffer[name] = input.name } }
    var finals: [String: String] = [:]
    for output in program.outputs {
      if case .bufferMutation(let buffer) = output.kind, let input = byBuffer[buffer], let value = output.value.names.first {
        finals[input] = value
      }
    }
    self.finals = finals
    // Which memory every tensor belongs to, as far as names of operators tell.
    var owner: [String: String] = [:]
    for input in program.inputs { if case .buffer = input.kind { owner[input.name] = input.name } }
    var changed = Set(finals.keys)
    for node in program.graph.nodes {
      guard let first = node.inputs.first, case .tensor(let name) = first.value, let buffer = owner[name] else { continue }
      let operatorName = OperatorName(node.target)
      if operatorName.functional != nil {
        changed.insert(buffer)
        for output in node.outputNames { owner[output] = buffer }
      } else if ATenRules.views[operatorName.base] != nil {
        for output in node.outputNames { owner[output] = buffer }
      }
    }
    mutated = changed
  }

  /// Declares a state and returns its content at the start of a prediction.
  ///
  /// - Throws: `ConversionError.option` before iOS18.
  mutating func read(_ input: String, _ name: String, _ initial: Value) throws -> Value {
    guard builder.opset >= .iOS18 else {
      throw ConversionError.option("the module changes its buffer '\(name)', which needs a state: target = \"iOS18\"")
    }
    let shape = initial.dims.map { $0 ?? 1 }
    let isScalar = shape.isEmpty
    // Core ML's states hold 16-bit floats, and arrays with at least one axis.
    let content = TensorType(.float16, (isScalar ? [1] : shape).map { .fixed($0) })
    let own = builder.declare(ProgramNames.sanitized(name))
    types.append(NamedType(own, .state(.tensor(content))))
    if initial.element != .float16 { builder.note(name, "the state holds 16-bit floats, instead of \(initial.element)") }
    if try initial.tensor()?.doubles().contains(where: { $0 != 0 }) == true {
      builder.note(name, "a state starts with zeros, but the module's buffer has other elements: write them before the first prediction")
    }
    let state = Value(operand: Operand(name: own, type: .state(.tensor(content))))
    var value = try builder.converted(builder.cast(builder.emit("read_state", ["input": state]), .float32), to: initial.category)
    if isScalar { value = try builder.reshape(value, []) }
    entries.append((input, state, value))
    return value.typed(initial.element)
  }

  /// Writes the new contents at the end of a prediction.
  func update(_ current: (String) throws -> Value) throws {
    for entry in entries {
      let value = try current(finals[entry.input] ?? entry.input)
      let half = try builder.cast(builder.converted(value, to: .float), .float16)
      _ = try builder.emit("coreml_update_state", ["state": entry.state, "value": half.rank == 0 ? builder.expandDims(half, [0]) : half])
    }
  }
}
