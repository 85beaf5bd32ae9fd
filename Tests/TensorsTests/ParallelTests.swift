// SPDX-License-Identifier: Apache-2.0
// The thread pool: every iteration runs exactly once, including in nested and concurrent loops.

import Foundation
import Synchronization
import Tensors
import Testing

/// Serialized because the number of threads belongs to the process; other suites may change it at any time.
@Suite(.serialized) struct ParallelTests {
  private struct Fault: Error, Equatable { let index: Int }

  private func withThreads<R>(_ count: Int, _ body: () throws -> R) rethrows -> R {
    let before = Parallel.threads
    Parallel.threads = count
    defer { Parallel.threads = before }
    return try body()
  }

  private func counts(_ count: Int, lanes: Int = 0, _ body: (Int, Int) -> Void = { _, _ in }) -> [Int] {
    var hits = [Int](repeating: 0, count: count)
    hits.withUnsafeMutableBufferPointer { hits in
      nonisolated(unsafe) let hits = hits
      Parallel.forEach(count, lanes: lanes) { index, lane in
        hits[index] += 1
        body(index, lane)
      }
    }
    return hits
  }

  @Test(arguments: [1, 2, 3, 16]) func everyIndexRunsOnce(threads: Int) {
    withThreads(threads) {
      for count in [0, 1, 2, 7, 1000] { #expect(counts(count) == Array(repeating: 1, count: count)) }
    }
  }

  @Test(arguments: [2, 5]) func loopsMayBeNested(threads: Int) {
    withThreads(threads) {
      let total = Atomic(0)
      let outer = counts(20) { _, _ in
        Parallel.forEach(10) { _ in Parallel.forEach(3) { _ in total.add(1, ordering: .relaxed) } }
      }
      #expect(outer == Array(repeating: 1, count: 20) && total.load(ordering: .relaxed) == 600)
    }
  }

  /// Lanes stay below their number, and no two iterations are in one lane at a time.
  @Test(arguments: [1, 2, 3]) func lanesAreExclusive(lanes: Int) {
    withThreads(8) {
      let busy = (0..<lanes).map { _ in Mutex(false) }.count
      nonisolated(unsafe) let inUse = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: busy)
      for i in 0..<lanes { (inUse + i).initialize(to: Atomic(0)) }
      defer {
        inUse.deinitialize(count: lanes)
        inUse.deallocate()
      }
      let clashes = Atomic(0)
      for _ in 0..<50 {
        _ = counts(40, lanes: lanes) { _, lane in
          guard lane < lanes else {
            clashes.add(1, ordering: .relaxed)
            return
          }
          if inUse[lane].add(1, ordering: .sequentiallyConsistent).newValue != 1 { clashes.add(1, ordering: .relaxed) }
          inUse[lane].subtract(1, ordering: .sequentiallyConsistent)
        }
      }
      #expect(clashes.load(ordering: .relaxed) == 0)
    }
  }

  @Test func severalCallersAtOnce() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<200).allSatisfy { _ in counts(30) == Array(repeating: 1, count: 30) } }
      }
      for await isWhole in group { #expect(isWhole) }
    }
  }

  @Test func valuesComeInOrder() throws {
    #expect(Parallel.map(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
    #expect(try Parallel.tryMap(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
  }

  @Test func theFirstErrorIsThrown() {
    #expect(throws: Fault(index: 5)) { try Parallel.tryMap(10) { index in if index >= 5 { throw Fault(index: index) } } }
    #expect(throws: Fault(index: 5)) {
      try Parallel.tryForEach(10) { index, _ in if index >= 5 { throw Fault(index: index) } }
    }
  }

  @Test func stretchesCoverAll() {
    for count in [0, 1, 10, 11] {
      let sum = Atomic(0)
      Parallel.forEachStretch(of: count, grain: 3) { sum.add($0.reduce(0, +), ordering: .relaxed) }
      #expect(sum.load(ordering: .relaxed) == (0..<count).reduce(0, +))
    }
  }
}
