// SPDX-License-Identifier: Apache-2.0
// Threads beside the one that Lua runs on.

import Foundation
import Platform

enum BackgroundThread {
  /// Runs `body` on a thread of its own, which leaves all signals to the interpreter's thread.
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
