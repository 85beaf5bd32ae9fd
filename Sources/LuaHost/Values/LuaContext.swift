// SPDX-License-Identifier: Apache-2.0
// What a bound function is called with.

/// One call of a bound function, as its body sees it.
package struct LuaContext {
  package let interpreter: Interpreter
  /// The function's name, as messages give it.
  package let name: String
  /// Whether the first value is the receiver.
  package let isMethod: Bool
  /// How many values were passed, the receiver included.
  package let count: Int

  /// Argument `index`, counted from 1 (the receiver is 1 in a method); nil when absent.
  package func value(_ index: Int) -> LuaValue { LuaValue(interpreter, at: Int32(index)) }

  /// All arguments.
  package var values: [LuaValue] { count > 0 ? (1...count).map(value) : [] }
}
