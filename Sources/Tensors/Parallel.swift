// SPDX-License-Identifier: Apache-2.0
// Parallel loops over independent work on all processors.

import Foundation

package enum Parallel {
  /// Elements that justify another thread.
  package static let grain = 1 << 18

  /// Runs `body(0)`, `body(1)`, … in parallel.
  package static func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1 else { return (0..<count).forEach(body) }
    withoutActuallyEscaping(body) { body in
      // Each call accesses only the data of its own index.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: count) { body($0) }
    }
  }

  /// Runs `body` in parallel for ranges that cover `0..<count`, each of at most `grain` elements.
  package static func forEachStretch(of count: Int, grain: Int = grain, _ body: (Range<Int>) -> Void) {
    forEach((count + grain - 1) / grain) { body($0 * grain..<min(count, ($0 + 1) * grain)) }
  }

  /// The values of `body(0)`, `body(1)`, …, computed in parallel.
  package static func map<Value>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
    [Value](unsafeUninitializedCapacity: count) { values, filled in
      forEach(count) { values.initializeElement(at: $0, to: body($0)) }
      filled = count
    }
  }

  /// The same for calls that may throw.
  ///
  /// - Throws: the error of the first call that failed.
  package static func tryMap<Value>(_ count: Int, _ body: (Int) throws -> Value) throws -> [Value] {
    try map(count) { index in Result { try body(index) } }.map { try $0.get() }
  }
}
