// SPDX-License-Identifier: Apache-2.0
// Lua's patterns for names of weights and operators.

import Compression
import LuaHost
import Rules

/// Lua's pattern matching for `op_patterns`.
enum LuaPatterns {
  static func compiler(_ interpreter: Interpreter) -> PatternCompiler {
    let find = interpreter.globals["string"].table?["find"].function
    // Only called on the interpreter's thread, on which compression runs.
    nonisolated(unsafe) let match = find
    return { pattern in
      guard let match else { throw LuaError(.usage, "op_patterns needs string.find, which the script has removed") }
      _ = try match.call("", pattern)
      nonisolated(unsafe) let test = match
      return { name in try test.call(name, pattern).first.map { !$0.isNil } ?? false }
    }
  }
}
