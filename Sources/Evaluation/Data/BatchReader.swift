// SPDX-License-Identifier: Apache-2.0
// The batches of a data set, one after the other; from files, they are read ahead on threads of their own.

import Foundation

/// Batches in order. Samples in memory are cut on demand; samples from files are read by threads of the reader while earlier batches are
/// used, at most `ahead` batches.
package final class BatchReader {
  private let dataset: Dataset
  private let size: Int
  private let isCancelled: () -> Bool
  /// The index of the next batch.
  private var position: Int
  private let threads: ReadAhead?

  /// The number of batches of the data set.
  package let count: Int

  init(_ dataset: Dataset, size: Int, from first: Int, ahead: Int, isCancelled: @escaping () -> Bool) {
    precondition(size >= 1, "batches of \(size)")
    self.dataset = dataset
    self.size = size
    self.isCancelled = isCancelled
    position = first
    let count = (dataset.count + size - 1) / size
    self.count = count
    let (source, order) = (dataset.source, dataset.order)
    threads =
      !source.isSlow
      ? nil
      : ReadAhead(batches: first..<max(first, count), ahead: ahead) { number, isAbandoned in
        try source.read(Array(order[number * size..<min((number + 1) * size, order.count)]), isAbandoned: isAbandoned)
      }
  }

  deinit { threads?.close() }

  /// The next batch, which may be smaller than the others if it is the last; `nil` after it.
  ///
  /// - Throws: the error of the source; `EvaluationError.cancelled`.
  package func next() throws -> Dataset.Batch? {
    guard position < count else { return nil }
    let number = position
    let indices = Array(dataset.order[number * size..<min((number + 1) * size, dataset.count)])
    // There is nothing after a failure.
    position = count
    let pending =
      try threads.map { try $0.take(number, isCancelled: isCancelled) } ?? dataset.source.read(indices, isAbandoned: isCancelled)
    position = number + 1
    let samples = try pending.finish()
    return Dataset.Batch(inputs: samples.inputs, labels: samples.labels, indices: indices, number: number)
  }

  /// All remaining batches.
  package func all() throws -> [Dataset.Batch] {
    var batches: [Dataset.Batch] = []
    while let batch = try next() { batches.append(batch) }
    return batches
  }
}

/// Threads that read batches ahead of their use.
///
/// Unchecked `Sendable`: the condition guards the variables.
private final class ReadAhead: @unchecked Sendable {
  typealias Read = @Sendable (_ number: Int, _ isAbandoned: () -> Bool) throws -> PendingSamples

  private let condition = NSCondition()
  private let end: Int
  private let ahead: Int
  /// The next batch to read, and the next to be taken.
  private var (next, taken): (Int, Int)
  private var finished: [Int: Result<PendingSamples, any Error>] = [:]
  private var isClosed = false

  init(batches: Range<Int>, ahead: Int, _ read: @escaping Read) {
    end = batches.upperBound
    self.ahead = max(1, ahead)
    (next, taken) = (batches.lowerBound, batches.lowerBound)
    for _ in 0..<min(4, ProcessInfo.processInfo.activeProcessorCount, self.ahead, batches.count) {
      let thread = Thread { self.work(read) }
      thread.name = "samples"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  private func work(_ read: Read) {
    condition.lock()
    while !isClosed, next < end {
      guard next - taken < ahead else {
        condition.wait()
        continue
      }
      let number = next
      next += 1
      condition.unlock()
      let result = Result { try read(number) { self.isAbandoned } }
      condition.lock()
      finished[number] = result
      // What follows a failure is not read.
      if case .failure = result { next = end }
      condition.broadcast()
    }
    condition.unlock()
  }

  private var isAbandoned: Bool {
    condition.lock()
    defer { condition.unlock() }
    return isClosed
  }

  /// Waits for a batch; batches are taken in order.
  func take(_ number: Int, isCancelled: () -> Bool) throws -> PendingSamples {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if isCancelled() { throw EvaluationError.cancelled }
      if let result = finished.removeValue(forKey: number) {
        taken = number + 1
        condition.broadcast()
        return try result.get()
      }
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05))
    }
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }
}
