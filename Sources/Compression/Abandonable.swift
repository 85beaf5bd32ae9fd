// SPDX-License-Identifier: Apache-2.0
// Work that the caller can walk away from at once.

import Foundation
import Synchronization

/// Whether the caller has walked away, for the work's own loops to see.
final class Abandonment: Sendable {
  private let flag = Atomic(false)
  var isAbandoned: Bool { flag.load(ordering: .relaxed) }
  func abandon() { flag.store(true, ordering: .relaxed) }
}

/// The result of `work`, which runs on another thread, or `CompressionError.cancelled` within some hundredths of a
/// second after `isCancelled` turns true, however long the work would still take.
///
/// Work that was left behind has no effect: nobody sees its result, and it stops where it next looks at the flag.
///
/// - Parameter whileWaiting: called now and then on the caller's thread.
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
