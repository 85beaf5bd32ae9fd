// SPDX-License-Identifier: Apache-2.0
// Swift types that can be converted to Lua values.
import CLuaShim
import Options

/// A Swift type whose values can be converted to Lua.
package protocol LuaReturnable: SendableMetatype {
  static var luaType: LuaType { get }
  /// Pushes the value.
  ///
  /// Throws `LuaMismatch` or `LuaError` if it cannot be represented in Lua.
  func push(to interpreter: Interpreter) throws
  /// Pushes the value as results of a function and returns their number, which is one by default.
  func pushResults(to interpreter: Interpreter) throws -> Int
}

extension LuaReturnable {
  package func pushResults(to interpreter: Interpreter) throws -> Int {
    try push(to: interpreter)
    return 1
  }
}

/// A Swift type whose values can be converted to Lua and back.
package protocol LuaConvertible: LuaReturnable {
  /// Reads the value at a stack index; does not call metamethods.
  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> Self
}

extension LuaConvertible {
  static func mismatch(_ interpreter: Interpreter, at index: Int32) -> LuaMismatch {
    LuaMismatch(expected: luaType.description, found: interpreter.typeName(at: index))
  }
}

/// Several results of one function.
package struct LuaResults: LuaReturnable {
  package static var luaType: LuaType { .any }
  package let values: [any LuaReturnable]

  package init(all values: [any LuaReturnable]) { self.values = values }
  package init(_ values: any LuaReturnable...) { self.values = values }

  package func push(to interpreter: Interpreter) throws {
    guard let first = values.first else { return shim_push_nil(interpreter.stack) }
    try first.push(to: interpreter)
  }

  package func pushResults(to interpreter: Interpreter) throws -> Int {
    try interpreter.reserve(values.count + 8)
    for value in values { try value.push(to: interpreter) }
    return values.count
  }
}
