// SPDX-License-Identifier: Apache-2.0
// The digest of a model's program and weights, to which statistics are bound.

import Evaluation
import MIL
import ModelPackages
import Runtime
import Tensors

extension Model {
  /// A digest of the program's operations and weights.
  package var digest: String {
    var hash = ContentHash()
    for function in contents.program.functions { hash.add(function.block) }
    return hash.text
  }
}

extension ContentHash {
  fileprivate mutating func add(_ block: Block) {
    for operation in block.operations {
      add(Array("\(operation.type) \(operation.outputs.map(\.name)) \(operation.namesRead)".utf8))
      for constant in operation.attributes.map(\.value) + operation.inputs.flatMap(\.bindings).compactMap(\.constant) {
        constant.tensor?.withBytes { add($0) }
      }
      for inner in operation.blocks { add(inner) }
    }
  }
}

extension Binding {
  fileprivate var constant: Constant? { if case .constant(let constant) = self { constant } else { nil } }
}
