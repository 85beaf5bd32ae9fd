// SPDX-License-Identifier: Apache-2.0
// Work on another thread that the caller can abandon at once.

import Foundation
import Synchronization

/// A flag that tells the work that its caller abandoned it; polled by the work's loops.
final class Abandonment: Sendable {
  private let flag = Atomic(false)
  var isAbandoned: Bool { flag.load(ordering: .relaxed) }
  func abandon() { flag.store(true, ordering: .relaxed) }
}

/// The result of `work`, which runs on another thread. Throws `CompressionError.cancelled` within a few hundredths of a
/// second after `isCancelled` becomes true, however long the work would still take.
///
/// The result of abandoned work is discarded; the work stops at its next check of the flag.
///
/// - Parameter whileWaiting: called about every 20 milliseconds on the caller's thread.
func abandonable<Value: Sendable>(
  unless isCancelled: () -> Bool, whileWaiting: () -> Void = {}, _ work: @escaping @Sendable (Abandonment) throws -> Value
) throws -> Value {
  let abandonment = Abandonment()
  let outcome = Outcome<Value>()
  let done = DispatchSemaphore(value: 0)
  DispatchQueue.global(qos: .userInitiated).async {
    let result = Result { try work(abandonment) }
    outcome.value.withLock { $0 = result }
    done.signal()
  }
  while done.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
    whileWaiting()
    guard isCancelled() else { continue }
    abandonment.abandon()
    throw CompressionError.cancelled
  }
  guard let result = outcome.value.withLock({ $0 }) else { throw CompressionError.cancelled }
  return try result.get()
}

private final class Outcome<Value: Sendable>: Sendable {
  let value = Mutex<Result<Value, any Error>?>(nil)
}
