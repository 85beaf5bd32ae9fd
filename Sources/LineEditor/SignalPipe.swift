// SPDX-License-Identifier: Apache-2.0
// Signals as bytes on a pipe, so that a single poll waits for both keys and signals without a race.

import Platform
import Synchronization

/// The write end of the open pipe, or -1. It is the only state that the signal handler accesses.
private let writeEnd = Atomic<Int32>(-1)

private func forward(_ signal: Int32) {
  let saved = errno
  var byte = UInt8(truncatingIfNeeded: signal)
  _ = write(writeEnd.load(ordering: .relaxed), &byte, 1)
  errno = saved
}

/// Handles some signals while it is open, and restores the previous handlers when closed.
///
/// At most one is open at a time.
final class SignalPipe {
  /// Readable if a signal has arrived.
  let readEnd: Int32
  private let saved: [(signal: Int32, action: sigaction)]

  /// - Returns: `nil` if the system cannot create a pipe.
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

  /// The next signal that has arrived, if any.
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
