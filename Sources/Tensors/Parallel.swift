// SPDX-License-Identifier: Apache-2.0
// Independent work on all processors.

import Foundation

package enum Parallel {
  /// Elements that are worth a thread of their own.
  package static let grain = 1 << 18

  /// `body(0)`, `body(1)`, … side by side.
  package static func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1 else { return (0..<count).forEach(body) }
    withoutActuallyEscaping(body) { body in
      // Every call keeps to what belongs to its number.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: count) { body($0) }
    }
  }

  /// `body` for stretches that cover `0..<count`, each `grain` long or shorter, side by side.
  package static func forEachStretch(of count: Int, grain: Int = grain, _ body: (Range<Int>) -> Void) {
    forEach((count + grain - 1) / grain) { body($0 * grain..<min(count, ($0 + 1) * grain)) }
  }

  /// The values of `body(0)`, `body(1)`, …, found side by side.
  package static func map<Value>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
    [Value](unsafeUninitializedCapacity: count) { values, filled in
      forEach(count) { values.initializeElement(at: $0, to: body($0)) }
      filled = count
    }
  }

  /// The same for work that may fail.
  ///
  /// - Throws: the error of the first that failed.
  package static func tryMap<Value>(_ count: Int, _ body: (Int) throws -> Value) throws -> [Value] {
    try map(count) { index in Result { try body(index) } }.map { try $0.get() }
  }
}
