// SPDX-License-Identifier: Apache-2.0
// `?topic`.

import LuaHost

extension Session {
  func showHelp(_ topic: String) throws {
    console.write("\(topic)\n")
  }
}
func helpOverview(_ i: Interpreter) -> String { "" }
func helpText(named n: String, _ i: Interpreter) throws -> String { n }
func helpText(of n: LuaValue, _ i: Interpreter) throws -> String { "" }
