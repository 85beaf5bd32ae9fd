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
final class ExportConverter: ExportInlining {
  let program: ExportedProgram
  let builder: Builder
  private(set) var report = ConversionReport()
  private(set) var skipped = 0
  /// Names for values of the program, by their temporary names, in the order in which they were found.
  private(set) var preferred: [(value: String, name: String)] = []
  private var named: Set<String> = []
  private var entryIndex: [String: Int] = [:]
  private let isCancelled: () -> Bool
  private var visited = 0
  private var depth = 0
  /// The names of the program's inputs.
  var inputNames: Set<String> = []
  var trustsInputs = true

  /// Part of the protocol that the rules of standard operators need.
  let model: ONNXModel

  init(_ program: ExportedProgram, builder: Builder, isCancelled: @escaping () -> Bool) {
    self.program = program
    self.builder = builder
    self.isCancelled = isCancelled
    model = ONNXModel(path: program.path)
  }

  func inline(_ graph: ONNXGraph, inputs: [Value], in scope: Scope) throws -> [Value] {
    throw Refusal("the graph '\(graph.name)' is not part of this program")
  }

  func trusts(_ indices: Value) -> Bool {
    guard trustsInputs, let name = try? indices.operand().name else { return false }
    return inputNames.contains(name)
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
      visited += 1
      if visited % 64 == 0, isCancelled() { throw ConversionCancelled() }
      try convert(node, in: scope)
    }
  }

  /// Converts a graph that is an argument, and returns its outputs.
  ///
  /// - Throws: `NestedExportRefusal` if one of its nodes cannot be converted.
  func inline(_ graph: ExportGraph, inputs: [Value]) throws -> [Value] {
    guard graph.inputs.count == inputs.count else { throw Refusal("a graph takes \(graph.inputs.count) operands, found \(inputs.count)") }
    guard depth < 32 else { throw Refusal("graphs are nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    let scope = ExportScope(graph)
    for (argument, value) in zip(graph.inputs, inputs) { for name in argument.names { scope.bind(name, value) } }
    let refusals = report.unsupported.count
    try run(graph, in: scope)
    if report.unsupported.count > refusals { throw NestedExportRefusal() }
    return try graph.outputs.flatMap { output -> [Value] in
      if case .int(let number) = output {
        return [Value(constant: Tensor(integers: [number], dtype: .int64, shape: []), element: .int64)]
      }
      do {
        return try output.names.map { try read($0, in: scope) }
      } catch is MissingValue {
        throw NestedExportRefusal()
      }
    }
  }

  private func convert(_ node: ExportNode, in scope: ExportScope) throws {
    let outer = builder.prefix
    builder.prefix = ProgramNames.sanitized(node.label)
    defer { builder.prefix = outer }
    let start = builder.operations.count
    let call = ATenCall(node: node, converter: self, scope: scope)
    do {
      try lower(call)
      record(node, from: start)
    } catch let refusal as Refusal {
      refuse(node, refusal.reason, in: scope)
    } catch is MissingValue {
      skipped += 1
      abandon(node, in: scope)
    } catch is NestedExportRefusal {
      abandon(node, in: scope)
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
        prefer(result, output)
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
      prefer(value, output)
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
    guard let first = call.node.inputs.first, case .tensor(let name) = first.value, let tensor = call.scope.tensors[name] else {
      throw Refusal("it changes something that is no tensor")
    }
    let old = try tensor.read()
    guard let result = try rule.lower(call).first else { throw Refusal("it has no result") }
    var value = try builder.converted(result, to: old.category)
    if let shape = old.knownShape, !value.mayHave(shape) { value = try builder.broadcast(value, to: shape) }
    value = try builder.wrapped(value.typed(old.element), old.element)
    if let input = tensor.memory.input, call.scope.graph.nodes.count == program.graph.nodes.count {
      builder.note(input, "the module changes this input in place; the model returns results only and leaves the input as it is")
    }
    try tensor.write(value)
    for output in call.node.outputNames where !output.isEmpty {
      call.scope.tensors[output] = tensor
      prefer(value, output)
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
    for (extent, size) in zip(value.dims, sizes) {
      if case .fixed(let declared) = size, let extent, extent != declared {
        throw Refusal("its result has the shape \(value.dims.map { $0 ?? -1 }), but the file declares another one")
      }
    }
    return value
  }

  private func prefer(_ value: Value, _ name: String) {
    guard builder.blockDepth == 0, depth == 0, value.items == nil, let own = try? value.operand().name, named.insert(own).inserted else {
      return
    }
    preferred.append((own, name))
  }

  // MARK: Report

  private func record(_ node: ExportNode, from start: Int) {
    let name = OperatorName(node.target).shown
    if entryIndex[name] == nil {
      entryIndex[name] = report.entries.count
      report.entries.append(ConversionEntry(source: name, count: 0, results: [:]))
    }
    guard let index = entryIndex[name] else { return }
    report.entries[index].count += 1
    for operation in builder.operations.dropFirst(start) { report.entries[index].results[operation.type, default: 0] += 1 }
  }

  /// Marks what a node would have made or changed as unknown.
  private func abandon(_ node: ExportNode, in scope: ExportScope) {
    scope.missing.formUnion(node.outputNames)
    for name in node.outputNames { scope.tensors[name] = nil }
    guard OperatorName(node.target).functional != nil, case .tensor(let changed)? = node.inputs.first?.value else { return }
    scope.tensors[changed]?.memory.isBroken = true
  }

  private func refuse(_ node: ExportNode, _ reason: String, in scope: ExportScope) {
    abandon(node, in: scope)
    let name = OperatorName(node.target)
    let place = node.sourceLine.map { "\(node.label) (\($0))" } ?? node.label
    let same = report.unsupported.firstIndex { $0.name == name.full && $0.domain == name.namespace && $0.reason == reason }
    if let same {
      report.unsupported[same].nodes.append(place)
    } else {
      report.unsupported.append(
        UnsupportedOperator(name: name.full, domain: name.namespace, version: nil, reason: reason, nodes: [place]))
    }
  }
}

/// A node within a nested graph was refused; it has been recorded.
struct NestedExportRefusal: Error {}
