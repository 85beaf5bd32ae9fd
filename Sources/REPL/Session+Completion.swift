// SPDX-License-Identifier: Apache-2.0
// Tab at the prompt.

import LineEditor
import LuaHost

extension Session {
  func complete(_ textBeforeCursor: String) -> Completion {
    .none
  }
}
