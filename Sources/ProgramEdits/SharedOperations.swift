// SPDX-License-Identifier: Apache-2.0
// Computes equal operations once.

import MIL
import Operators

extension Function {
  /// The function with one operation in place of several that compute the same of the same operands.
  ///
  /// Operations with an effect, with random results or with blocks stay, and so do those that make outputs of the function.
  package func sharingOperations() -> Function {
    var function = self
    let results = Set(block.outputs)
    var made: [String: [Operation]] = [:]
    var aliases: [String: String] = [:]
    var kept: [Operation] = []
    for operation in block.operations {
      let operation = operation.reading(aliases)
      guard !operation.isStored, operation.blocks.isEmpty, !operation.hasEffect, !operation.type.hasPrefix("random_") else {
        kept.append(operation)
        continue
      }
      let key = operation.type + " " + operation.inputs.flatMap(\.bindings).compactMap(\.name).joined(separator: " ")
      let twin = made[key]?.first { $0.computesSame(as: operation) }
      if let twin, operation.outputs.allSatisfy({ !results.contains($0.name) }) {
        for (own, other) in zip(operation.outputs, twin.outputs) { aliases[own.name] = other.name }
      } else {
        made[key, default: []].append(operation)
        kept.append(operation)
      }
    }
    function.block.operations = kept
    return function
  }
}

extension Operation {
  fileprivate func computesSame(as other: Operation) -> Bool {
    type == other.type && inputs == other.inputs && outputs.map(\.type) == other.outputs.map(\.type)
      && attributes.filter { $0.name != "name" } == other.attributes.filter { $0.name != "name" }
  }
}
