// SPDX-License-Identifier: Apache-2.0
// A plan as text: each step with its kernel, its fused post-operations and the location of its values.

import Kernels
import MIL
import Operators
import Tensors

/// The content of a plan after all passes, kept so that it can be displayed.
package struct PlanText: Sendable {
  package enum Place: Sendable, Equatable {
    case constant
    /// The offset in bytes from the start of the plan's arena.
    case arena(Int)
    /// Memory of the caller.
    case outside
  }

  package struct Value: Sendable {
    package let name: String
    /// The dtype that is used in computation.
    package let dtype: DType
    package let shape: Shape
    /// The axes in memory order.
    package let order: [Int]
    package let place: Place
  }

  package struct Line: Sendable {
    package let operation: String
    package let kernel: String
    /// The post-operations fused into the step, with their operands.
    package let fused: [(function: String, operand: Value?)]
    /// The values that the step reads by parameter, including weights.
    package let reads: [(parameter: String, value: Value)]
    /// Weights that the kernel reads in their stored, compressed form.
    package let stored: [(parameter: String, name: String)]
    package let results: [Value]
  }

  /// The names of the passes that were applied, in order.
  package let passes: [String]
  package let inputs: [Value]
  /// The lines, numbered like the steps of `PlanSummary.Place`.
  package let lines: [Line]
  package let results: [Value]
  /// Names of the values that must be known before the rest of the program can be planned; empty if the plan is
  /// complete.
  package let awaited: [String]
}

extension PlanText {
  /// - Parameter kernels: the loop or primitive that runs each node.
  init(_ assignment: BufferAssignment, kernels: [String], awaited: [String], _ options: RuntimeOptions) {
    let graph = assignment.graph
    passes = Plan.passes.filter { $0.condition(options) }.map(\.name)
    inputs = graph.inputs.map(assignment.described)
    results = graph.outputs.dropLast(graph.states.count { $0.final != $0.initial }).map(assignment.described)
    self.awaited = awaited
    lines = zip(graph.nodes, kernels).map { node, kernel in
      let stored = node.storedParameters(options.weights)
      return Line(
        operation: node.call.operation.type, kernel: kernel,
        fused: node.post.map { ($0.operation.text, $0.operand.map(assignment.described)) },
        reads: node.inputs.flatMap { parameter, values in
          stored.contains(parameter) ? [] : values.filter { graph.values[$0].isData }.map { (parameter, assignment.described($0)) }
        },
        stored: node.call.operands.filter { stored.contains($0.key) }.map { ($0.key, $0.value.first?.name ?? $0.key) },
        results: node.outputs.map(assignment.described))
    }
  }
}

extension GraphValue {
  /// Whether the value holds data, as opposed to a constant that only configures the operator.
  fileprivate var isData: Bool { constant == nil || shape.count > 0 && (dtype.isFloat || dtype == .int8 || dtype == .uint8) }
}

extension PostOperation {
  fileprivate var text: String {
    switch self {
    case .unary(let function): "\(function)"
    case .binary(let function, _): "\(function)"
    }
  }
}

extension PlanText: CustomStringConvertible {
  package var description: String {
    var text = ["passes: \(passes.joined(separator: ", "))"]
    text += inputs.map { "input   \($0)" }
    text += lines.enumerated().map { "\($0.offset)".padded(to: 8) + "\($0.element)" }
    text += results.map { "result  \($0.reference)" }
    if !awaited.isEmpty {
      text.append("the rest is planned while the program runs: it waits for \(awaited.joined(separator: ", "))")
    }
    return text.joined(separator: "\n")
  }
}

extension PlanText.Line: CustomStringConvertible {
  package var description: String {
    let arguments =
      reads.map { "\($0.parameter): \($0.value.reference)" } + stored.map { "\($0.parameter): \($0.name) as it is stored" }
    let post = fused.map { part in part.operand.map { ", then \(part.function) \($0.reference)" } ?? ", then \(part.function)" }
    let made = results.isEmpty ? "" : results.map { "\($0)" }.joined(separator: ", ") + " = "
    return "\(made)\(operation)(\(arguments.joined(separator: ", ")))\(post.joined()) [\(kernel)]"
  }
}

extension PlanText.Value: CustomStringConvertible {
  /// The name and location of the value.
  fileprivate var reference: String {
    switch place {
    case .constant: name.isEmpty ? "constant" : name
    case .arena(let offset): "\(name) @\(offset)"
    case .outside: "\(name) @outside"
    }
  }

  package var description: String {
    let isPlain = order == Array(shape.indices)
    let axes = isPlain ? "" : " axes \(order.map { "\($0)" }.joined())"
    return "\(reference): \(dtype.name) \(shape)\(axes)"
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 1)) }
}
