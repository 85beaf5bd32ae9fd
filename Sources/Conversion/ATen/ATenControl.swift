// SPDX-License-Identifier: Apache-2.0
// Branches, loops and inner graphs of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenControl {
  static let rules: [ATenRule] = [
    ATenRule("higher_order.cond") { c in try c.branch() },
    ATenRule("higher_order.while_loop") { c in try c.loop() },
    ATenRule(
      "higher_order.wrap_with_set_grad_enabled", "higher_order.wrap_with_autocast", "higher_order.wrap",
      "higher_order.wrap_activation_checkpoint",
      "higher_order.tag_activation_checkpoint", "higher_order.invoke_subgraph", "higher_order.strict_mode"
    ) { c in
      guard let (place, graph) = c.graphs.first else { throw Refusal("it has no graph") }
      // Names of subgraphs and options are no operands.
      let operands = try c.operands(from: place + 1).suffix(graph.inputs.count)
      return try c.converter.inline(graph, inputs: Array(operands))
    },
    ATenRule("higher_order.map_impl", "higher_order.map") { c in
      guard let (place, graph) = c.graphs.first else { throw Refusal("it has no graph") }
      let groups = c.node.inputs.dropFirst(place + 1).map(\.value)
      guard let first = groups.first else { throw Refusal("it has no operands") }
      let mapped = try first.names.map { try c.converter.read($0, in: c.scope) }
      let others = try groups.dropFirst().flatMap { try $0.names.map { try c.converter.read($0, in: c.scope) } }
      guard let count = try mapped.first?.extent(0), count <= 256 else { throw Refusal("more than 256 steps") }
      var results: [[Value]] = []
      for step in 0..<count {
        let slices = try mapped.map { x -> Value in
          let part = try c.b.slice(x, axis: 0, step, step + 1)
          return x.rank == 1 ? try c.b.reshape(part, []) : try c.b.squeeze(part, [0])
        }
        results.append(try c.converter.inline(graph, inputs: slices + others))
      }
      guard let width = results.first?.count else { throw Refusal("a tensor without elements") }
      return try (0..<width).map { i in try c.b.stack(results.map { $0[i] }, axis: 0) }
    },
  ]
}

extension ATenCall {
  /// The arguments that are graphs, with their places.
  fileprivate var graphs: [(place: Int, graph: ExportGraph)] {
    node.inputs.enumerated().compactMap { place, input in if case .graph(let graph) = input.value { (place, graph) } else { nil } }
  }

  /// The tensors and numbers among the arguments from a place on.
  fileprivate func operands(from place: Int) throws -> [Value] {
    try node.inputs.dropFirst(place).flatMap { input -> [Value] in
      switch input.value {
      case .tensor, .symbol, .int, .float, .bool: return try value(input.value).map { [$0] } ?? []
      case .tensors(let names): return try names.map { try converter.read($0, in: scope) }
      case .list(let items): return try items.compactMap { try value($0) }
      default: return []
      }
    }
  }

  fileprivate func branch() throws -> [Value] {
    let graphs = self.graphs
    guard graphs.count == 2, let first = node.inputs.first, let condition = try value(first.value) else {
      throw Refusal("it has \(graphs.count) graphs, expected 2")
    }
    let inputs = try operands(from: graphs[1].place + 1)
    if let known = condition.integers()?.first { return try converter.inline(graphs[known != 0 ? 0 : 1].graph, inputs: inputs) }
    let yes = try b.block { try converter.inline(graphs[0].graph, inputs: inputs) }
    let no = try b.block { try converter.inline(graphs[1].graph, inputs: inputs) }
    guard yes.types.count == no.types.count else { throw Refusal("its branches have different numbers of results") }
    let types = try zip(yes.types, no.types).map { try Node.common($0, $1) }
    let predicate = try b.truth(b.scalar(condition))
    return b.append("cond", [Argument("pred", [try b.binding(of: predicate)])], blocks: [yes.block, no.block], results: types)
  }

  /// A loop whose variables keep their shapes.
  fileprivate func loop() throws -> [Value] {
    let graphs = self.graphs
    guard graphs.count == 2 else { throw Refusal("it has \(graphs.count) graphs, expected 2") }
    let groups = node.inputs.dropFirst(2).map(\.value)
    guard let carriedGroup = groups.first else { throw Refusal("it has no variables") }
    func values(_ argument: ExportArgument) throws -> [Value] {
      switch argument {
      case .tensors(let names): return try names.map { try converter.read($0, in: scope) }
      case .list(let items): return try items.compactMap { try value($0) }
      default: return try value(argument).map { [$0] } ?? []
      }
    }
    let carried = try values(carriedGroup)
    let others = try groups.dropFirst().flatMap(values)
    guard !carried.isEmpty else { throw Refusal("it has no variables") }
    let types = try carried.map { try $0.operand().type }
    let names = carried.indices.map { b.declare("\(b.prefix)_variable_\($0)") }
    let parameters = zip(names, types).map { NamedType($0, $1) }
    func variables() -> [Value] {
      zip(parameters, carried).map { Value(operand: Operand(name: $0.name, type: $0.type), element: $1.element) }
    }
    let condition = try b.block(inputs: parameters) {
      let results = try converter.inline(graphs[0].graph, inputs: variables() + others)
      guard let first = results.first else { throw Refusal("its condition has no result") }
      return [try b.truth(b.scalar(first))]
    }
    let body = try b.block(inputs: parameters) {
      let results = try converter.inline(graphs[1].graph, inputs: variables() + others)
      guard results.count == carried.count else { throw Refusal("its body has \(results.count) results for \(carried.count) variables") }
      return try zip(results, carried).map { try b.converted($0, to: $1.category) }
    }
    guard body.types == types else { throw Refusal("a variable changes its shape") }
    let bindings = try carried.map { try b.binding(of: $0) }
    return b.append("while_loop", [Argument("loop_vars", bindings)], blocks: [condition.block, body.block], results: types)
  }
}
