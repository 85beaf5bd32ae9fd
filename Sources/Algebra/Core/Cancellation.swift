// SPDX-License-Identifier: Apache-2.0
// The cancellation check of long computations.

import Platform

/// The cancellation check of all computations in the process.
package enum Cancellation {
  /// Not 0 while cancellation is requested. A signal handler may set it.
  ///
  /// Unsafe for the compiler, since a signal handler is no isolation: reads and writes of `sig_atomic_t` are atomic.
  package nonisolated(unsafe) static let flag: UnsafeMutablePointer<sig_atomic_t> = {
    let flag = UnsafeMutablePointer<sig_atomic_t>.allocate(capacity: 1)
    flag.initialize(to: 0)
    return flag
  }()

  /// Called between parts of long computations.
  ///
  /// - Throws: `AlgebraError.interrupted` if cancellation is requested.
  @inline(never)
  static func check() throws(AlgebraError) {
    if flag.pointee != 0 { throw .interrupted }
  }

  /// Calls `body` for consecutive ranges that cover `0..<count`, each of at most `grain` elements, with a check before each.
  static func forEach(of count: Int, grain: Int, _ body: (Range<Int>) throws -> Void) throws {
    for start in stride(from: 0, to: count, by: max(grain, 1)) {
      try check()
      try body(start..<min(count, start + max(grain, 1)))
    }
  }
}
