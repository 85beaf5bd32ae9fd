// SPDX-License-Identifier: Apache-2.0
// A cache of a model's outputs on data sets, for comparisons with the model.

import Foundation
import Tensors

/// Caches outputs by data set and batch, within a share of the machine's memory.
///
/// Entries are removed when their data set is released. If the limit is exceeded, the entries of the least recently
/// used data set are removed first. If the outputs of a data set exceed the limit, only a part of them is cached.
package final class OutputMemory {
  private struct Entry {
    weak var data: Dataset.Identity?
    let batchSize: Int
    var batches: [Int: [String: Tensor]] = [:]
    var bytes = 0
  }

  private let limit: Int
  /// The entries in order of use, with the most recently used last.
  private var entries: [Entry] = []

  /// - Parameter limit: the maximum size in bytes; by default an eighth of the machine's memory.
  package init(limit: Int? = nil) {
    self.limit = limit ?? Int(clamping: ProcessInfo.processInfo.physicalMemory / 8)
  }

  /// The current size in bytes.
  package var byteCount: Int { entries.reduce(0) { $0 + $1.bytes } }

  /// The outputs for a batch; `nil` if they are not cached.
  func outputs(_ data: Dataset, batchSize: Int, batch: Int) -> [String: Tensor]? {
    place(data, batchSize).flatMap { entries[$0].batches[batch] }
  }

  /// The number of samples of a data set whose outputs are not cached.
  func missing(_ data: Dataset, batchSize: Int) -> Int {
    let known = place(data, batchSize).map { Array(entries[$0].batches.keys) } ?? []
    return data.count - known.reduce(0) { $0 + min(batchSize, data.count - $1 * batchSize) }
  }

  func remember(_ outputs: [String: Tensor], _ data: Dataset, batchSize: Int, batch: Int) {
    entries.removeAll { $0.data == nil }
    var entry = place(data, batchSize).map { entries.remove(at: $0) } ?? Entry(data: data.identity, batchSize: batchSize)
    defer { entries.append(entry) }
    let bytes = outputs.values.reduce(0) { $0 + $1.byteCount }
    while byteCount + entry.bytes + bytes > limit {
      guard !entries.isEmpty else { return }
      entries.removeFirst()
    }
    guard entry.batches.updateValue(outputs, forKey: batch) == nil else { return }
    entry.bytes += bytes
  }

  private func place(_ data: Dataset, _ batchSize: Int) -> Int? {
    entries.firstIndex { $0.data === data.identity && $0.batchSize == batchSize }
  }
}
