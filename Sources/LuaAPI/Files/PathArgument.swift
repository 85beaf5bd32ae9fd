// SPDX-License-Identifier: Apache-2.0
// Paths as Lua arguments.

import Foundation
import LuaHost
import Options

/// A path that the script may access; a leading `~/` stands for the home folder, as in a shell.
struct PathArgument: LuaConvertible {
  let path: String

  /// - Throws: `LuaMismatch` if the script may not access the path.
  init(_ text: String, _ interpreter: Interpreter) throws(LuaMismatch) {
    path = Self.expanded(text)
    if let refusal = interpreter.fileAccess.refusal(of: path) { throw LuaMismatch(refusal) }
  }

  private static func expanded(_ text: String) -> String {
    guard text.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"], !home.isEmpty else {
      return text
    }
    return home + text.dropFirst()
  }

  static var luaType: LuaType { .string }

  func push(to interpreter: Interpreter) { path.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> PathArgument {
    try PathArgument(String.read(interpreter, at: index), interpreter)
  }
}
