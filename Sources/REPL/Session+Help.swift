// SPDX-License-Identifier: Apache-2.0
// `?topic`.

import LuaHost

extension Session {
  func showHelp(_ topic: String) throws {
    console.write("\(topic)\n")
  }
}
