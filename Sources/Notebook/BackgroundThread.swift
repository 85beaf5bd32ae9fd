// SPDX-License-Identifier: Apache-2.0
// Threads in addition to the one that runs Lua.

import Foundation
import Platform

enum BackgroundThread {
  /// Runs `body` on a separate thread with all signals blocked, so that the interpreter's thread receives them.
  static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let thread = Thread {
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_BLOCK, &all, nil)
      body()
    }
    thread.name = name
    thread.start()
  }
}
