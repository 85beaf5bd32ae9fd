// SPDX-License-Identifier: Apache-2.0
// States as values of a graph: their content before a run, and what a run leaves in them.

import Kernels
import Operators
import Tensors

/// A state that a graph reads or writes. Within the graph, each write makes a new value, as in static single assignment.
package struct GraphState {
  package let name: String
  /// The content before the run, an input of the graph; `nil` if it is not read.
  package var initial: Int?
  /// The content after the run: `initial` if it is not written.
  package var final: Int
}

extension Graph {
  /// Whether the last content of a state is computed where the state lies.
  func isInPlace(_ state: GraphState) -> Bool {
    guard let initial = state.initial, values[state.final].constant == nil else { return false }
    let value = values[state.final]
    return value.root == values[initial].root && Layout.same(value.order, Layout.plain(value.shape.count), value.shape)
  }

  /// For the memory of each written state, the values that may overwrite it: those that lead to its last content by updates in place.
  /// Other values must not, since they would take the place of the content.
  func updatesOfStates() -> [Int: Set<Int>] {
    var producer: [Int: GraphNode] = [:]
    for node in nodes { for v in node.outputs { producer[v] = node } }
    var allowed: [Int: Set<Int>] = [:]
    for state in states {
      guard let initial = state.initial else { continue }
      var chain = Set<Int>()
      var seen = Set<Int>()
      // Depth first, without recursion: a cache of many layers is updated many times.
      var stack: [(value: Int, path: [Int])] = state.final == initial ? [] : [(state.final, [])]
      while let (value, path) = stack.popLast() {
        let at = producer[value] == nil ? values[value].root : value
        if at == initial {
          chain.formUnion(path)
          break
        }
        guard seen.insert(at).inserted, let node = producer[at], case .operator(let op) = node.work, op.inPlace else { continue }
        let inputs = op.overwrites.map { node.inputs[$0] ?? [] } ?? node.inputs.flatMap(\.value)
        for input in inputs where values[input].constant == nil && values[input].shape == values[at].shape {
          stack.append((input, path + [at]))
        }
      }
      allowed[values[initial].root] = chain
    }
    return allowed
  }

  /// Copies results that lie in the memory of a state which is overwritten when the run ends.
  mutating func keepResultsApartFromStates() {
    let overwritten = Set(states.filter { $0.final != $0.initial && !isInPlace($0) }.compactMap { $0.initial.map { values[$0].root } })
    guard !overwritten.isEmpty else { return }
    for i in outputs.indices {
      let v = outputs[i]
      guard values[v].constant == nil, overwritten.contains(values[v].root) else { continue }
      let copy = add(values[v].name, values[v].dtype, values[v].shape)
      nodes.append(GraphNode(work: .reorder, call: .reorder, inputs: ["x": [v]], outputs: [copy]))
      outputs[i] = copy
      for s in states.indices where states[s].final == v && states[s].initial != v { states[s].final = copy }
    }
  }
}
