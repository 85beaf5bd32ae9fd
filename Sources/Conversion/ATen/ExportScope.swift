// SPDX-License-Identifier: Apache-2.0
// The values of a graph of PyTorch: tensors that share memory follow each other's changes.

import MIL
import Operators
import Tensors
import TorchFiles

/// The memory that a tensor and its views share.
final class TensorMemory {
  var value: Value
  var version = 0
  /// Whether a change was refused, so that the content is not known.
  var isBroken = false
  /// The name of the graph's input that the memory belongs to.
  let input: String?

  init(_ value: Value, input: String? = nil) {
    self.value = value
    self.input = input
  }
}

/// A step from a tensor to a view of it.
struct ViewStep {
  /// The view of a base.
  let view: (Value) throws -> Value
  /// The base with its view replaced.
  let replace: (_ base: Value, _ part: Value) throws -> Value
}

/// A tensor of the graph: memory, and the steps that lead from it to the tensor.
final class TensorReference {
  let memory: TensorMemory
  let steps: [ViewStep]
  private var version: Int
  private var current: Value

  init(_ memory: TensorMemory, steps: [ViewStep] = [], value: Value) {
    self.memory = memory
    self.steps = steps
    version = memory.version
    current = value
  }

  convenience init(_ value: Value, input: String? = nil) { self.init(TensorMemory(value, input: input), value: value) }

  /// The value after all changes so far.
  func read() throws -> Value {
    if memory.isBroken { throw MissingValue() }
    if version == memory.version { return current }
    current = try steps.reduce(memory.value) { try $1.view($0) }
    version = memory.version
    return current
  }

  /// Changes the memory so that the tensor has this value.
  func write(_ value: Value) throws {
    var bases = [memory.value]
    for step in steps.dropLast() { bases.append(try step.view(bases[bases.count - 1])) }
    var part = value
    for (base, step) in zip(bases, steps).reversed() { part = try step.replace(base, part) }
    memory.value = part
    memory.version += 1
    current = value
    version = memory.version
  }

  /// A view of the tensor.
  func view(_ step: ViewStep, value: Value) -> TensorReference { TensorReference(memory, steps: steps + [step], value: value) }
}

/// The values that are visible in a graph.
final class ExportScope {
  let graph: ExportGraph
  var tensors: [String: TensorReference] = [:]
  /// Numbers that the graph computes from sizes.
  var numbers: [String: Value] = [:]
  /// The values that a refused node would have made.
  var missing: Set<String> = []
  /// The memory of views that were refused.
  var lost: [String: TensorMemory] = [:]

  /// The names that nodes and outputs read.
  let read: Set<String>

  init(_ graph: ExportGraph) {
    self.graph = graph
    read = Set(graph.nodes.flatMap { $0.inputs.flatMap { $0.value.names } } + graph.outputs.flatMap(\.names))
  }

  func bind(_ name: String, _ value: Value) {
    if case .some = graph.tensors[name] {
      tensors[name] = TensorReference(value)
    } else {
      numbers[name] = value
    }
  }
}
