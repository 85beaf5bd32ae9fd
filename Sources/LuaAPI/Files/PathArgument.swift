// SPDX-License-Identifier: Apache-2.0
// Paths as scripts write them.

import Foundation
import LuaHost

/// A path; a leading `~/` is the home folder, as in a shell.
struct PathArgument: LuaConvertible {
  let path: String

  init(_ text: String) {
    guard text.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"], !home.isEmpty else {
      path = text
      return
    }
    path = home + text.dropFirst()
  }

  static var luaType: LuaType { .string }

  func push(to interpreter: Interpreter) { path.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> PathArgument {
    PathArgument(try String.read(interpreter, at: index))
  }
}
