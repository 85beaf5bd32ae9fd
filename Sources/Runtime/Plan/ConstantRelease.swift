// SPDX-License-Identifier: Apache-2.0
// Frees constants that were computed for a plan and that its kernels do not read.

import MIL
import Operators
import Tensors

/// Which constants of a plan need no memory of their own after its kernels have been prepared.
struct ConstantRelease {
  /// Memory that remains in any case.
  private let held: Set<ObjectIdentifier>

  /// Constants of fewer bytes stay, since shapes may depend on them.
  private static let leastBytes = 4096

  /// - Parameters:
  ///   - routine: whose own constants stay, as the program has them.
  ///   - retained: what kernels read.
  init(_ routine: Routine, retained: [Tensor], _ shared: SharedConstants) {
    let own = routine.operations.compactMap { $0.constantValue?.tensor } + routine.constants.values.compactMap { $0.constant?.tensor }
    held = Set(((own + retained).map(\.storage) + shared.storages).map(ObjectIdentifier.init))
  }

  private func frees(_ tensor: Tensor) -> Bool {
    tensor.byteCount >= Self.leastBytes && !held.contains(ObjectIdentifier(tensor.storage))
  }

  func apply(to graph: inout Graph) {
    for v in graph.values.indices {
      guard let constant = graph.values[v].constant, frees(constant) else { continue }
      graph.values[v].constant = nil
      graph.values[v].isReleased = true
    }
    for i in graph.nodes.indices { graph.nodes[i].call = released(graph.nodes[i].call) }
  }

  private func released(_ call: Call) -> Call {
    let frees = { (operand: Operand) in operand.constant?.tensor.map(self.frees) ?? false }
    guard call.operands.contains(where: { $0.value.contains(where: frees) }) else { return call }
    let operands = call.operands.mapValues { list in list.map { frees($0) ? Operand(name: $0.name, type: $0.type) : $0 } }
    return Call(operation: call.operation, opset: call.opset, signature: call.signature, operands: operands)
  }

  func apply(to scope: inout Scope, of graph: Graph) {
    for value in graph.values where value.isReleased {
      guard let operand = scope[value.name], let tensor = operand.constant?.tensor, frees(tensor) else { continue }
      scope.bind(value.name, operand.type)
    }
  }
}
