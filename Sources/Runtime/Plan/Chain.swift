// SPDX-License-Identifier: Apache-2.0
// Consecutive steps that run without meeting in between: a slice waits only for the slices that it depends on.

import Operators
import Tensors

/// Steps in slices, whose tasks are ordered so that a value is read soon after it has been computed, while it is in the cache.
package final class Chain {
  private struct Task {
    let step: Int
    let slice: Int
  }

  private let works: [SlicedWork]
  /// Each after those that it needs.
  private let order: [Task]
  /// Positions in `order` that the task at a position needs: from `starts[i]` to `starts[i + 1]`.
  private let needs: [Int32]
  private let starts: [Int32]
  /// The most threads that can work at once.
  private let lanes: Int
  private let bytesPerLane: Int

  /// Tasks between a task and those that need it, so that a few threads seldom wait.
  private static let width = 4

  package init(_ works: [SlicedWork]) {
    self.works = works
    bytesPerLane = works.map(\.scratchByteCount).max() ?? 0
    lanes = max(1, min(works.map(\.accesses.count).max() ?? 1, Parallel.threads))
    let dependencies = ChainDependencies(works)
    let order = dependencies.order(width: Self.width)
    var position = [Int](repeating: 0, count: order.count)
    for (at, task) in order.enumerated() { position[task] = at }
    var (needs, starts): ([Int32], [Int32]) = ([], [0])
    for task in order {
      needs += dependencies.needs[task].map { Int32(position[$0]) }
      starts.append(Int32(needs.count))
    }
    self.order = order.map { task in
      let step = dependencies.step(of: task)
      return Task(step: step, slice: task - dependencies.first[step])
    }
    (self.needs, self.starts) = (needs, starts)
  }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  package var scratchByteCount: Int { lanes * bytesPerLane }

  /// - Parameter isCancelled: polled by every task; may be called on several threads.
  /// - Throws: the error of the first task that failed; `RuntimeError.interrupted`.
  package func run(scratch: UnsafeMutableRawPointer, isCancelled: () -> Bool) throws {
    try Parallel.tryForEachOrdered(starts: starts, needs: needs, lanes: lanes) { index, lane in
      if isCancelled() { throw RuntimeError.interrupted }
      let task = order[index]
      try works[task.step].run(task.slice, scratch + lane * bytesPerLane)
    }
  }
}

/// Which slices of a chain must wait for which others, by the memory that they read and write. Tasks are numbered by step and slice.
private struct ChainDependencies {
  /// The first task of each step, and the number of tasks.
  private(set) var first: [Int] = [0]
  /// The tasks of earlier steps that each task needs.
  private(set) var needs: [[Int]] = []

  init(_ works: [SlicedWork]) {
    for work in works { first.append(first[first.count - 1] + work.accesses.count) }
    let hulls = works.map { Hull($0.accesses) }
    for (step, work) in works.enumerated() {
      let earlier = (0..<step).filter { hulls[$0].conflicts(with: hulls[step]) }
      for access in work.accesses {
        needs.append(
          earlier.flatMap { other in
            works[other].accesses.indices.filter { works[other].accesses[$0].conflicts(with: access) }.map { first[other] + $0 }
          })
      }
    }
  }

  func step(of task: Int) -> Int { (first.firstIndex { $0 > task } ?? first.count) - 1 }

  /// The tasks, each after those that it needs: as `width` threads would run tasks of equal length that always prefer the latest step.
  func order(width: Int) -> [Int] {
    var waiting = needs.map(\.count)
    var dependents = [[Int]](repeating: [], count: needs.count)
    for (task, needed) in needs.enumerated() { for other in needed { dependents[other].append(task) } }
    // Ready tasks by step, the slices in order.
    var ready = first.dropLast().indices.map { step in (first[step]..<first[step + 1]).filter { waiting[$0] == 0 } }
    var order: [Int] = []
    order.reserveCapacity(needs.count)
    while order.count < needs.count {
      var running: [Int] = []
      for step in ready.indices.reversed() where running.count < width && !ready[step].isEmpty {
        let taken = ready[step].prefix(width - running.count)
        running += taken
        ready[step].removeFirst(taken.count)
      }
      for task in running {
        order.append(task)
        for dependent in dependents[task] {
          waiting[dependent] -= 1
          guard waiting[dependent] == 0 else { continue }
          let step = step(of: dependent)
          let at = ready[step].firstIndex { $0 > dependent } ?? ready[step].count
          ready[step].insert(dependent, at: at)
        }
      }
    }
    return order
  }
}

/// All that the slices of a step read and write.
private struct Hull {
  private let accesses: SlicedWork.Access?

  init(_ accesses: [SlicedWork.Access]) {
    func union(_ ranges: [Range<UInt>]) -> Range<UInt>? {
      guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max() else { return nil }
      return low..<high
    }
    self.accesses = union(accesses.map(\.writes)).map { writes in
      // The reads of slices correspond by position.
      let count = accesses.map(\.reads.count).max() ?? 0
      let reads = (0..<count).compactMap { index in union(accesses.compactMap { $0.reads.count > index ? $0.reads[index] : nil }) }
      return SlicedWork.Access(reads: reads, writes: writes)
    }
  }

  func conflicts(with other: Hull) -> Bool {
    guard let accesses, let others = other.accesses else { return false }
    return accesses.conflicts(with: others)
  }
}

extension SlicedWork.Access {
  /// Whether one writes what the other reads or writes.
  fileprivate func conflicts(with other: SlicedWork.Access) -> Bool {
    writes.overlaps(other.writes) || other.reads.contains(where: writes.overlaps) || reads.contains(where: other.writes.overlaps)
  }
}
