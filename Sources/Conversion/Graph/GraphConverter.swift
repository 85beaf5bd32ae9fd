// SPDX-License-Identifier: Apache-2.0
// Converts the nodes of graphs, in order, and collects those that cannot be converted.

import MIL
import ONNXFiles
import Operators
import Tensors

/// Converts graphs to operations of one function.
final class GraphConverter: NodeConverter, GraphInlining {
  let model: ONNXModel
  private let functions: [String: ONNXFunction]
  private var calls: [String] = []

  /// More nodes, counted after functions are inlined and loops are unrolled, are an error: nested functions can
  /// multiply without limit.
  private static let largestGraph = 500_000
  /// Newer versions of the standard operators are not known.
  static let newestOpset = 28

  init(_ model: ONNXModel, builder: Builder, isCancelled: @escaping () -> Bool) {
    self.model = model
    functions = Dictionary(
      model.functions.map { (Self.key($0.domain, $0.name, $0.overload), $0) }, uniquingKeysWith: { first, _ in first })
    super.init(builder: builder, isCancelled: isCancelled)
  }

  private static func key(_ domain: String, _ name: String, _ overload: String) -> String { "\(domain):\(name):\(overload)" }

  // MARK: Graphs

  /// Converts the nodes that these outputs need.
  ///
  /// - Throws: `ConversionError`, `ONNXError`. Nodes that cannot be converted are collected, not thrown.
  func run(_ nodes: [ONNXNode], outputs: [String], in scope: Scope) throws {
    for node in try NodeOrder.sorted(nodes, needed: outputs, path: model.path) {
      try visit()
      guard visited <= Self.largestGraph else {
        throw ConversionError.invalid(
          path: model.path, detail: "the graph has more than \(Self.largestGraph) nodes once functions and loops are written out")
      }
      try convert(node, in: scope)
    }
  }

  /// Converts a graph that is an attribute, in a scope of its own, and returns its outputs.
  ///
  /// - Throws: `Refusal` if one of its nodes cannot be converted.
  func inline(_ graph: ONNXGraph, inputs: [Value], in scope: Scope) throws -> [Value] {
    let inner = Scope(parent: scope, opsets: scope.opsets)
    for (input, value) in zip(graph.inputs, inputs) { inner.bind(input.name, value) }
    for initializer in graph.initializers { inner.bind(initializer) }
    let refusals = report.unsupported.count
    try run(graph.nodes, outputs: graph.outputs.map(\.name), in: inner)
    return try graph.outputs.map { output in
      if let value = try inner.value(output.name, in: model) { return value }
      if report.unsupported.count > refusals || inner.isMissing(output.name) { throw NestedRefusal() }
      throw ConversionError.invalid(path: model.path, detail: "the graph '\(graph.name)' returns '\(output.name)', which no node makes")
    }
  }

  private func convert(_ node: ONNXNode, in scope: Scope) throws {
    let identity = NodeIdentity(
      name: node.type, shown: node.domain.isEmpty ? node.type : "\(node.domain).\(node.type)", domain: node.domain,
      version: scope.opsets[node.domain] ?? 1, label: node.label, sourceLine: node.sourceLine)
    let abandon = { scope.missing.formUnion(node.outputs.filter { !$0.isEmpty }) }
    try convert(identity, abandon: abandon) {
      let results = try lower(node, node.inputs.map { try read($0, of: node, in: scope) }, in: scope)
      for (name, value) in zip(node.outputs, results) where !name.isEmpty {
        scope.bind(name, value)
        prefer(value, name)
      }
      for name in node.outputs.dropFirst(results.count) where !name.isEmpty {
        throw Refusal("its output '\(name)' has no counterpart")
      }
    }
  }

  /// An operand of a node; `nil` if it is left out.
  private func read(_ name: String, of node: ONNXNode, in scope: Scope) throws -> Value? {
    if name.isEmpty { return nil }
    if let value = try scope.value(name, in: model) { return value }
    if scope.isMissing(name) { throw MissingValue() }
    throw ConversionError.invalid(path: model.path, detail: "node '\(node.label)' (\(node.type)) reads '\(name)', which is not defined")
  }

  private func lower(_ node: ONNXNode, _ inputs: [Value?], in scope: Scope) throws -> [Value] {
    let domain = OperatorRules.alias(node.domain)
    let function = functions[Self.key(node.domain, node.type, node.overload)]
    if let rule = OperatorRules.table["\(domain):\(node.type)"] {
      let version = scope.opsets[node.domain] ?? scope.opsets[domain] ?? (domain.isEmpty ? Self.newestOpset : 1)
      let context = Node(source: node, version: version, inputs: inputs, b: builder, converter: self, scope: scope)
      let fallback = inputs.first { $0?.items == nil && $0 != nil } ?? nil
      return try rule.lower(context).map { result in
        guard result.element == .undefined, result.items == nil else { return result }
        // Without a statement of its own, a result has the type of the first operand if the program's type is the same.
        if let fallback, fallback.dtype == result.dtype { return result.typed(fallback.element) }
        return result.typed(result.isFloat ? .float : result.isBool ? .bool : .int64)
      }
    }
    guard let function else { throw Refusal(OperatorRules.explanation(node, domain: domain)) }
    return try call(function, node, inputs)
  }

  /// Converts the body of a function that the file defines.
  private func call(_ function: ONNXFunction, _ node: ONNXNode, _ inputs: [Value?]) throws -> [Value] {
    let key = Self.key(function.domain, function.name, function.overload)
    guard !calls.contains(key), calls.count < 64 else {
      throw ConversionError.invalid(path: model.path, detail: "the function \(function.name) calls itself")
    }
    calls.append(key)
    defer { calls.removeLast() }
    let scope = Scope(opsets: function.opsets.isEmpty ? model.opsets : function.opsets)
    for (name, value) in zip(function.inputs, inputs) { if let value { scope.bind(name, value) } }
    let absent = Set(function.inputs.enumerated().filter { $0.offset >= inputs.count || inputs[$0.offset] == nil }.map(\.element))
    let attributes = function.defaults.merging(node.attributes) { _, given in given }
    let nodes = function.nodes.map { $0.bound(to: attributes, absent: absent) }
    let refusals = report.unsupported.count
    try run(nodes, outputs: function.outputs, in: scope)
    return try function.outputs.enumerated().map { index, name in
      if let value = try scope.value(name, in: model) { return value }
      if report.unsupported.count > refusals || scope.isMissing(name) { throw NestedRefusal() }
      throw ConversionError.invalid(path: model.path, detail: "the function \(function.name) returns '\(name)', which no node makes")
    }
  }
}

extension ONNXNode {
  /// The node with references to a function's attributes replaced by their values, and absent operands left out.
  func bound(to attributes: [String: ONNXAttribute], absent: Set<String>) -> ONNXNode {
    replacing(
      attributes: self.attributes.compactMapValues { attribute in
        switch attribute {
        case .reference(let name): attributes[name]
        case .graph(let graph): .graph(graph.bound(to: attributes, absent: absent))
        default: attribute
        }
      },
      inputs: inputs.map { absent.contains($0) ? "" : $0 })
  }
}

extension ONNXGraph {
  fileprivate func bound(to attributes: [String: ONNXAttribute], absent: Set<String>) -> ONNXGraph {
    replacing(nodes: nodes.map { $0.bound(to: attributes, absent: absent) })
  }
}
