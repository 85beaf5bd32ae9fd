// SPDX-License-Identifier: Apache-2.0
// Equal constants share their bytes, so that a package stores them once.

import MIL
import Tensors

extension Program {
  /// The program in which equal tensors of all functions have the same storage.
  package func sharingEqualConstants() -> Program {
    var known: [Int: [Tensor]] = [:]
    var program = self
    for index in functions.indices {
      for s in functions[index].specializations.indices {
        program.functions[index].specializations[s].block = Self.shared(functions[index].specializations[s].block, &known)
      }
    }
    return program
  }

  private static func shared(_ block: Block, _ known: inout [Int: [Tensor]]) -> Block {
    var block = block
    for i in block.operations.indices {
      for a in block.operations[i].attributes.indices { share(&block.operations[i].attributes[a].value, &known) }
      for a in block.operations[i].inputs.indices {
        for b in block.operations[i].inputs[a].bindings.indices {
          guard case .constant(var constant) = block.operations[i].inputs[a].bindings[b] else { continue }
          share(&constant, &known)
          block.operations[i].inputs[a].bindings[b] = .constant(constant)
        }
      }
      block.operations[i].blocks = block.operations[i].blocks.map { shared($0, &known) }
    }
    return block
  }

  private static func share(_ constant: inout Constant, _ known: inout [Int: [Tensor]]) {
    guard case .tensor(let tensor) = constant.payload, case .file = constant.placement else { return }
    let hash = tensor.withBytes { bytes in
      var hasher = Hasher()
      hasher.combine(tensor.dtype)
      hasher.combine(tensor.shape)
      hasher.combine(bytes: bytes)
      return hasher.finalize()
    }
    if let same = known[hash]?.first(where: { $0 == tensor }) {
      constant.payload = .tensor(same)
    } else {
      known[hash, default: []].append(tensor)
    }
  }
}
