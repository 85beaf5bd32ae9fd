// SPDX-License-Identifier: Apache-2.0
// A result that is one name in the usual case.

import Options

/// One name, or a sequence of them.
package struct NameOrNames: LuaReturnable {
  private let names: [String]

  package init(names: [String]) { self.names = names }

  package static var luaType: LuaType { .union([.string, .sequence(.string)]) }

  package func push(to interpreter: Interpreter) throws {
    if names.count == 1 { names[0].push(to: interpreter) } else { try names.push(to: interpreter) }
  }
}
