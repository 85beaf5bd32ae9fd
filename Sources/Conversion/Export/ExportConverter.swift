// SPDX-License-Identifier: Apache-2.0
// Converts the nodes of PyTorch's graphs, in order, and collects those that cannot be converted.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

/// Converts graphs of torch.export to operations of one function.
///
/// Operators that change tensors in place are converted to their functional forms: the memory that tensors share is tracked,
/// and later reads of other views see the change.
final class ExportConverter: NodeConverter, ExportInlining {
  let program: ExportedProgram
  private var depth = 0

  /// Part of the protocol that the rules of standard operators need.
  let model: ONNXModel

  init(_ program: ExportedProgram, builder: Builder, isCancelled: @escaping () -> Bool) {
    self.program = program
    model = ONNXModel(path: program.path)
    super.init(builder: builder, isCancelled: isCancelled)
  }

  func inline(_ graph: ONNXGraph, inputs: [Value], in scope: Scope) throws -> [Value] {
    throw Refusal("the graph '\(graph.name)' is not part of this program")
  }

  // MARK: Values

  /// The current value of a name.
  ///
  /// - Throws: `MissingValue` if a node that was refused makes it; `ConversionError` if nothing does.
  func read(_ name: String, in scope: ExportScope) throws -> Value {
    if let tensor = scope.tensors[name] { return try tensor.read() }
    if let number = scope.numbers[name] { return number }
    if scope.missing.contains(name) { throw MissingValue() }
    throw ConversionError.invalid(path: program.path, detail: "'\(name)' is read, but nothing makes it")
  }

  // MARK: Graphs

  /// Converts the nodes of a graph whose inputs are bound.
  ///
  /// - Throws: `ConversionError`. Nodes that cannot be converted are collected, not thrown.
  func run(_ graph: ExportGraph, in scope: ExportScope) throws {
    for node in graph.nodes {
      try visit()
      try convert(node, in: scope)
    }
  }

  /// Converts a graph that is an argument, and returns its outputs.
  ///
  /// - Throws: `NestedRefusal` if one of its nodes cannot be converted.
  func inline(_ graph: ExportGraph, inputs: [Value]) throws -> [Value] {
    guard graph.inputs.count == inputs.count else { throw Refusal("a graph takes \(graph.inputs.count) operands, found \(inputs.count)") }
    guard depth < 32 else { throw Refusal("graphs are nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    let scope = ExportScope(graph)
    for (argument, value) in zip(graph.inputs, inputs) { for name in argument.names { scope.bind(name, value) } }
    let refusals = report.unsupported.count
    try run(graph, in: scope)
    if report.unsupported.count > refusals { throw NestedRefusal() }
    return try graph.outputs.flatMap { output -> [Value] in
      if case .int(let number) = output {
        return [Value(constant: Tensor(integers: [number], dtype: .int64, shape: []), element: .int64)]
      }
      do {
        return try output.names.map { try read($0, in: scope) }
      } catch is MissingValue {
        throw NestedRefusal()
      }
    }
  }

  private func convert(_ node: ExportNode, in scope: ExportScope) throws {
    let name = OperatorName(node.target)
    let identity = NodeIdentity(
      name: name.full, shown: name.shown, domain: name.namespace, version: nil, label: node.label, sourceLine: node.sourceLine)
    try convert(identity, abandon: { abandon(node, in: scope) }) {
      try lower(ATenCall(node: node, converter: self, scope: scope))
    }
  }

  private func lower(_ call: ATenCall) throws {
    let name = OperatorName(call.node.target)
    if ATenRules.ignored.contains(name.full) || ATenRules.ignored.contains(name.base) { return }
    if let inPlace = name.functional {
      guard let rule = ATenRules.find(inPlace) else { throw Refusal(ATenRules.explanation(name)) }
      return try change(call, rule)
    }
    guard let rule = ATenRules.find(name) ?? (call.hasComplexOperand ? ATenRules.find(OperatorName("torch.ops.aten.clone")) : nil) else {
      throw Refusal(ATenRules.explanation(name))
    }
    let outputs = call.node.outputNames
    if call.hasComplexOperand, let results = try call.lowerComplex(name) {
      for (output, result) in zip(outputs, results) {
        call.scope.tensors[output] = TensorReference(result)
        propose(result, output)
      }
      return
    }
    let results = try rule.lower(call)
    if let unmade = outputs.indices.first(where: { $0 >= results.count && call.scope.read.contains(outputs[$0]) }) {
      throw Refusal("its result \(unmade + 1) has no form")
    }
    for (i, (output, result)) in zip(outputs, results).enumerated() where i == 0 || call.scope.read.contains(output) {
      let value = try settled(result, output, in: call.scope)
      call.scope.bind(output, value)
      if let replace = ATenRules.views[name.base], let tensor = try viewed(call), value.items == nil {
        call.scope.tensors[output] =
          try value === tensor.read()
          ? tensor
          : tensor.view(
            ViewStep(
              view: { base in
                var again = call
                again.base = base
                return try self.settled(try rule.lower(again)[i], output, in: call.scope)
              }, replace: { base, part in try replace(call, i, base, part) }), value: value)
      }
      propose(value, output)
    }
  }

  /// Operators that copy where the memory of their operand is not in the order of its elements, or where the type changes.
  private static let copying: Set<String> = ["reshape", "flatten", "reshape_as", "contiguous", "to"]

  /// The tensor whose memory a view's result shares; `nil` if the result is a copy.
  private func viewed(_ call: ATenCall) throws -> TensorReference? {
    guard let first = call.node.inputs.first, case .tensor(let name) = first.value else { return nil }
    if Self.copying.contains(OperatorName(call.node.target).base) {
      let (source, result) = (call.scope.graph.tensors[name], call.node.outputNames.first.flatMap { call.scope.graph.tensors[$0] })
      guard source?.dtype == result?.dtype, source?.isContiguous ?? true else { return nil }
      if try call.flag("copy") { return nil }
    }
    return call.scope.tensors[name]
  }

  /// Converts an operator that changes its first operand.
  private func change(_ call: ATenCall, _ rule: ATenRule) throws {
    guard let first = call.node.inputs.first, case .tensor(let name) = first.value else {
      throw Refusal("it changes something that is no tensor")
    }
    guard let tensor = call.scope.tensors[name] else { throw MissingValue() }
    let old = try tensor.read()
    guard let result = try rule.lower(call).first else { throw Refusal("it has no result") }
    var value = try builder.converted(result, to: old.category)
    if let shape = old.knownShape {
      if !value.mayHave(shape) { value = try builder.broadcast(value, to: shape) }
    } else if value.dims != old.dims {
      value = try builder.expanded(value, builder.sizes(old))
    }
    value = try builder.wrapped(value.typed(old.element), old.element)
    if let input = tensor.memory.input, call.scope.graph.nodes.count == program.graph.nodes.count {
      builder.note(input, "the module changes this input in place; the model returns results only and leaves the input as it is")
    }
    try tensor.write(value)
    for output in call.node.outputNames where !output.isEmpty {
      call.scope.tensors[output] = tensor
      propose(value, output)
    }
  }

  /// The result in its declared type, with its shape checked against the declared one.
  private func settled(_ result: Value, _ output: String, in scope: ExportScope) throws -> Value {
    guard result.items == nil, let type = scope.graph.tensors[output] else { return result }
    guard let element = ExportTypes.elements[type.dtype] else { return result }
    guard !ExportTypes.isComplex(element) else { return result }
    let value = try builder.converted(result, to: ExportTypes.category(element)).typed(element)
    let sizes = type.sizes
    guard value.rank == sizes.count else {
      throw Refusal("its result has \(value.rank) axes, but the file declares \(sizes.count)")
    }
    let declared = sizes.map { size -> Int? in if case .fixed(let extent) = size { extent } else { nil } }
    guard zip(value.dims, declared).allSatisfy({ $0 == nil || $1 == nil || $0 == $1 }) else {
      throw Refusal("its result has the shape \(value.dims.map { $0 ?? -1 }), but the file declares another one")
    }
    // What the file declares is known, whatever the extents are computed from.
    return value.refined(declared)
  }

  /// Proposes a node's name for its result, outside of nested graphs.
  private func propose(_ value: Value, _ name: String) {
    if depth == 0 { prefer(value, name) }
  }

  /// Marks what a node would have made or changed as unknown.
  private func abandon(_ node: ExportNode, in scope: ExportScope) {
    let operatorName = OperatorName(node.target)
    var memory: TensorMemory?
    if case .tensor(let first)? = node.inputs.first?.value { memory = scope.tensors[first]?.memory ?? scope.lost[first] }
    let isView = ATenRules.views[operatorName.base] != nil || operatorName.functional != nil
    scope.missing.formUnion(node.outputNames)
    for name in node.outputNames {
      scope.tensors[name] = nil
      // A later write to this view changes memory that others read.
      if isView { scope.lost[name] = memory }
    }
    if operatorName.functional != nil { memory?.isBroken = true }
  }
}
