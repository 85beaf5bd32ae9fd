// SPDX-License-Identifier: Apache-2.0
// Types and values of names while a block is specialized for input shapes.

import Encodings
import MIL
import Operators

/// Names with their types and, if known, values.
struct Scope {
  private(set) var operands: [String: Operand]

  init(_ operands: [String: Operand] = [:]) { self.operands = operands }

  subscript(name: String) -> Operand? { operands[name] }

  mutating func bind(_ name: String, _ type: ValueType, _ constant: Constant? = nil, encoded: EncodedWeight? = nil) {
    operands[name] = Operand(name: name, type: type, constant: constant, encoded: encoded)
  }
}
