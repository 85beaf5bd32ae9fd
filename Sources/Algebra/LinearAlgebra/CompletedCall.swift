// SPDX-License-Identifier: Apache-2.0
// The result of a call on another thread.

import Foundation

/// Receives the result of a call that runs on a thread of its own.
///
/// Unchecked `Sendable`: the condition guards the result.
final class CompletedCall<Result: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var result: Result?

  /// Starts the call.
  func start(_ body: @escaping @Sendable () -> Result) {
    let thread = Thread {
      let result = body()
      self.condition.lock()
      self.result = result
      self.condition.broadcast()
      self.condition.unlock()
    }
    // LAPACK's recursive functions keep work arrays on the stack.
    thread.stackSize = 16 << 20
    thread.start()
  }

  /// Waits for the result; `nil` if it is not there in time.
  func wait(milliseconds: Int) -> Result? {
    condition.lock()
    defer { condition.unlock() }
    let limit = Date(timeIntervalSinceNow: Double(milliseconds) / 1000)
    while result == nil, condition.wait(until: limit) {}
    return result
  }
}
