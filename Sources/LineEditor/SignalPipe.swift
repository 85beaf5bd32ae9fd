// SPDX-License-Identifier: Apache-2.0
// Signals as bytes on a pipe, so that waiting for a key and for a signal is one poll without a race.

import Platform
import Synchronization

/// Write end of the open pipe, or -1: the one thing a signal handler may look at.
private let writeEnd = Atomic<Int32>(-1)

private func forward(_ signal: Int32) {
  let saved = errno
  var byte = UInt8(truncatingIfNeeded: signal)
  _ = write(writeEnd.load(ordering: .relaxed), &byte, 1)
  errno = saved
}

/// Takes over some signals while it lives, and gives them back when closed.
///
/// At most one is open at a time; the handlers of everybody else are restored as they were.
final class SignalPipe {
  /// Readable when a signal has come.
  let readEnd: Int32
  private let saved: [(signal: Int32, action: sigaction)]

  /// - Returns: `nil` when the system has no pipe to give.
  init?(_ signals: [Int32]) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    writeEnd.store(ends[1], ordering: .sequentiallyConsistent)
    var action = sigaction(calling: forward)
    action.sa_flags = SA_RESTART
    saved = signals.map { signal in
      var old = sigaction()
      sigaction(signal, &action, &old)
      return (signal, old)
    }
  }

  /// The next signal that came, if any.
  func next() -> Int32? {
    var byte: UInt8 = 0
    return read(readEnd, &byte, 1) == 1 ? Int32(byte) : nil
  }

  /// Restores the handlers.
  ///
  /// Must be called exactly once.
  func close() {
    for (signal, action) in saved {
      var action = action
      sigaction(signal, &action, nil)
    }
    let end = writeEnd.exchange(-1, ordering: .sequentiallyConsistent)
    systemClose(end)
    systemClose(readEnd)
  }
}
