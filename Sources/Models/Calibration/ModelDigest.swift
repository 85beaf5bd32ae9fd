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
  /// Adds operations and constants.
  ///
  /// - Parameter most: bytes of each constant, from its beginning.
  mutating func add(_ block: Block, most: Int = .max) {
    for operation in block.operations {
      add(Array("\(operation.type) \(operation.outputs.map(\.name)) \(operation.namesRead)".utf8))
      for constant in operation.attributes.map(\.value) + operation.inputs.flatMap(\.bindings).compactMap(\.constant) {
        constant.tensor?.withBytes { add(UnsafeRawBufferPointer(rebasing: $0.prefix(most))) }
      }
      for inner in operation.blocks { add(inner, most: most) }
    }
  }
}

extension Binding {
  fileprivate var constant: Constant? { if case .constant(let constant) = self { constant } else { nil } }
}
