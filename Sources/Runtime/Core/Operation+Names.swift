// SPDX-License-Identifier: Apache-2.0
// The values that an operation reads.

import MIL

extension Operation {
  /// Names of the values that the operation and its blocks read, including values defined in the blocks.
  package var namesRead: [String] {
    var names = inputs.flatMap { $0.bindings.compactMap(\.name) }
    for block in blocks { names += block.operations.flatMap(\.namesRead) + block.outputs }
    return names
  }
}
