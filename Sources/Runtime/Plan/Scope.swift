// SPDX-License-Identifier: Apache-2.0
// Types and values of names while a block is specialized for input shapes.

import Encodings
import MIL
import Operators

/// Names with their types and, if known, values.
struct Scope {
  private var operands: [String: Operand]
  /// Bindings that take precedence over those in `operands`, which copies of this scope share.
  private var recent: [String: Operand] = [:]
  private var isShared = false

  init(_ operands: [String: Operand] = [:]) { self.operands = operands }

  subscript(name: String) -> Operand? { isShared ? recent[name] ?? operands[name] : operands[name] }

  /// A scope for other shapes: what is bound in it costs no copy of the rest.
  func layered() -> Scope {
    var scope = self
    scope.isShared = true
    return scope
  }

  mutating func bind(_ name: String, _ type: ValueType, _ constant: Constant? = nil, encoded: EncodedWeight? = nil) {
    let operand = Operand(name: name, type: type, constant: constant, encoded: encoded)
    if isShared { recent[name] = operand } else { operands[name] = operand }
  }
}
