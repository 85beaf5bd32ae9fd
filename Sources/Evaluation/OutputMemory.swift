// SPDX-License-Identifier: Apache-2.0
// A model's outputs on data sets, kept for everything that is compared with it.

import Foundation
import Tensors

/// Outputs by data set and batch, within a share of the machine's memory.
///
/// The outputs of a data set go with the data set. Where there is no room, those of the data set that was used longest ago
/// go first, and a data set whose outputs do not fit as a whole is remembered as far as they do.
package final class OutputMemory {
  private struct Entry {
    weak var data: Dataset.Identity?
    let batchSize: Int
    var batches: [Int: [String: Tensor]] = [:]
    var bytes = 0
  }

  private let limit: Int
  /// The one that was used last comes last.
  private var entries: [Entry] = []

  /// - Parameter limit: bytes to keep at most; an eighth of the machine's memory when left out.
  package init(limit: Int? = nil) {
    self.limit = limit ?? Int(clamping: ProcessInfo.processInfo.physicalMemory / 8)
  }

  /// Bytes that are kept now.
  package var byteCount: Int { entries.reduce(0) { $0 + $1.bytes } }

  /// The outputs for a batch; `nil` when they are not known.
  func outputs(_ data: Dataset, batchSize: Int, batch: Int) -> [String: Tensor]? {
    place(data, batchSize).flatMap { entries[$0].batches[batch] }
  }

  /// How many samples of a data set have no known outputs.
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
