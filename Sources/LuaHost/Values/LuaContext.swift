// SPDX-License-Identifier: Apache-2.0
// The context of a call from Lua to a bound function.

/// The call of a bound function, as passed to its body.
package struct LuaContext {
  package let interpreter: Interpreter
  /// The name of the function in messages.
  package let name: String
  /// Whether the first value is the receiver.
  package let isMethod: Bool
  /// The number of values passed, including the receiver.
  package let count: Int

  /// Argument `index`, counted from 1 (the receiver is 1 in a method); nil if absent.
  package func value(_ index: Int) -> LuaValue { LuaValue(interpreter, at: Int32(index)) }

  /// All arguments.
  package var values: [LuaValue] { count > 0 ? (1...count).map(value) : [] }
}
