// SPDX-License-Identifier: Apache-2.0
// Parallel loops over independent work, on the one thread pool.

import CThreads
import Synchronization

/// Loops whose iterations run on whichever threads are free.
///
/// A loop's number of iterations must follow from its work, never from the number of threads, so that every machine computes the
/// same bits.
package enum Parallel {
  /// The number of threads of later loops; 0 restores the number at start-up.
  package static var threads: Int {
    get { Int(ct_threads()) }
    set { ct_set_threads(Int32(clamping: newValue)) }
  }

  /// Elements that justify another thread.
  package static let grain = 1 << 18

  /// Runs `body(0)`, `body(1)`, … in parallel.
  package static func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1 else { return (0..<count).forEach(body) }
    forEach(count, lanes: 0) { index, _ in body(index) }
  }

  /// Runs `body(index, lane)` for the indices in `0..<count` in parallel.
  ///
  /// - Parameters:
  ///   - lanes: the most threads that may take part, 0 for all.
  ///   - body: no two calls run at once with one lane, which is below `lanes`; so each lane can have scratch memory of its own.
  package static func forEach(_ count: Int, lanes: Int, _ body: (_ index: Int, _ lane: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { context in
        ct_run(Int32(count), Int32(clamping: lanes), call, UnsafeMutableRawPointer(mutating: context))
      }
    }
  }

  /// The same for calls that may throw; all of them run.
  ///
  /// - Throws: the error of the first call, by index, that failed.
  package static func tryForEach(_ count: Int, lanes: Int = 0, _ body: (_ index: Int, _ lane: Int) throws -> Void) throws {
    let first = FirstError()
    forEach(count, lanes: lanes) { index, lane in first.catching(index) { try body(index, lane) } }
    try first.rethrow()
  }

  /// The same for indices of which some wait for others: index i needs those at `starts[i]..<starts[i + 1]` of `needs`, all below i.
  package static func tryForEachOrdered(
    starts: [Int32], needs: [Int32], lanes: Int, _ body: (_ index: Int, _ lane: Int) throws -> Void
  ) throws {
    let first = FirstError()
    withoutActuallyEscaping({ index, lane in first.catching(index) { try body(index, lane) } }) { (body: @escaping (Int, Int) -> Void) in
      withUnsafePointer(to: body) { context in
        ct_run_ordered(Int32(starts.count - 1), Int32(clamping: lanes), starts, needs, call, UnsafeMutableRawPointer(mutating: context))
      }
    }
    try first.rethrow()
  }

  private static let call: ct_slice = { context, index, lane in
    context?.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(Int(index), Int(lane))
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

/// The error of the first call, by index, that failed.
private final class FirstError: Sendable {
  private let failed = Mutex<(index: Int, error: any Error)?>(nil)

  func catching(_ index: Int, _ body: () throws -> Void) {
    do {
      try body()
    } catch {
      failed.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
    }
  }

  func rethrow() throws { if let error = failed.withLock({ $0?.error }) { throw error } }
}
