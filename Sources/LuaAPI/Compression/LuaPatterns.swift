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
      do { _ = try match.call("", pattern) } catch let error as LuaError where error.kind != .interrupted {
        throw LuaError(.usage, "the Lua pattern \"\(pattern)\": \(error.message)", hint: "% makes a magic character plain: \"%(\"")
      }
      nonisolated(unsafe) let test = match
      return { name in try test.call(name, pattern).first.map { !$0.isNil } ?? false }
    }
  }
}
