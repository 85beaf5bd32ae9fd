// SPDX-License-Identifier: Apache-2.0
// Paths as scripts write them.

import Foundation
import LuaHost
import Options

/// A path that the interpreter lets scripts use; a leading `~/` is the home folder, as in a shell.
struct PathArgument: LuaConvertible {
  let path: String

  /// - Throws: `LuaMismatch` when the path lies where the script may not go.
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
