// SPDX-License-Identifier: Apache-2.0
// The result of compression for each weight.

import Encodings
import WeightStorage

/// One entry per weight, and totals.
package struct CompressionReport: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var opType: String
    package var opName: String
    /// The function that contains the weight; empty if the report was not made from a program.
    package var function = ""
    /// `quantized`, `palettized`, `pruned`, `decompressed` or `skipped`.
    package var action: String
    /// The reason for skipping the weight, or the rule that applied to it.
    package var reason: String
    /// The current storage: `dense`, `sparse+palettized`, ….
    package var scheme: String
    /// The current number of stored bits per element, including tables and scales.
    package var bits: Double
    package var count: Int
    package var bytesBefore: Int
    package var bytesAfter: Int
    /// Signal-to-noise ratio in decibels, relative to the weight before this step; infinite if nothing changed, `nil`
    /// if it was not computed.
    package var snrDB: Double?
    /// The algorithm of a technique that has several: `gptq`; empty for others.
    package var algorithm = ""
    /// Signal-to-noise ratio of the layer's output in decibels, from the statistics of its input; `nil` without them.
    package var outputSNRDB: Double?
    /// The entry's contribution to the totals.
    package var counted: Counted

    /// The entry's contribution to the totals. It is less than the entry's own numbers if earlier entries share the
    /// stored bytes.
    package struct Counted: Sendable, Equatable {
      /// 1, or 0 for a weight that another function's entry already counts.
      package var weights: Int
      package var elements: Int
      package var bytesBefore: Int
      package var bytesAfter: Int
    }

    package init(
      name: String, opType: String, opName: String, action: String, reason: String, scheme: String, bits: Double, count: Int,
      bytesBefore: Int, bytesAfter: Int, snrDB: Double? = nil
    ) {
      self.name = name
      self.opType = opType
      self.opName = opName
      self.action = action
      self.reason = reason
      self.scheme = scheme
      self.bits = bits
      self.count = count
      self.bytesBefore = bytesBefore
      self.bytesAfter = bytesAfter
      self.snrDB = snrDB
      counted = Counted(weights: 1, elements: count, bytesBefore: bytesBefore, bytesAfter: bytesAfter)
    }
  }

  package var entries: [Entry]
  /// Whether this is a dry run, which only predicts the results.
  package var isDryRun: Bool

  package init(entries: [Entry] = [], isDryRun: Bool = false) {
    self.entries = entries
    self.isDryRun = isDryRun
  }

  /// An entry with its weight: the function, and the stored forms before and after.
  package struct Row: Sendable {
    package var entry: Entry
    package var function: Int
    package var before: EncodedWeight
    package var after: EncodedWeight

    package init(_ entry: Entry, function: Int, before: EncodedWeight, after: EncodedWeight) {
      self.entry = entry
      self.function = function
      self.before = before
      self.after = after
    }

    /// A row for the weight of a site, with the operator of its first consumer.
    package init(_ site: WeightSite, action: String, reason: String = "", storedAs after: EncodedWeight, snrDB: Double? = nil) {
      let entry = Entry(
        name: site.name, opType: site.consumers.first?.operatorType ?? "", opName: site.consumers.first?.operatorName ?? "",
        action: action, reason: reason, scheme: after.scheme.description, bits: after.bitsPerWeight, count: after.count,
        bytesBefore: site.weight.byteCount, bytesAfter: after.byteCount, snrDB: snrDB)
      self.init(entry, function: site.function, before: site.weight, after: after)
    }
  }

  /// A report whose totals count stored bytes once, even if several entries share them.
  ///
  /// - Parameter names: the names of the program's functions.
  package init(_ rows: [Row], functions names: [String], isDryRun: Bool = false) {
    var (before, after) = (StorageCount(), StorageCount())
    var weights: Set<[StoredBytes]> = []
    var functions: [[[StoredBytes]]: Int] = [:]
    let entries = rows.map { row in
      var entry = row.entry
      entry.function = names[row.function]
      let change = [row.before.storedBytes, row.after.storedBytes]
      let isNew = weights.insert(change[0]).inserted
      let first = functions[change] ?? row.function
      functions[change] = first
      entry.counted = Entry.Counted(
        weights: first == row.function ? 1 : 0, elements: isNew ? entry.count : 0, bytesBefore: before.add(row.before),
        bytesAfter: after.add(row.after))
      return entry
    }
    self.init(entries: entries, isDryRun: isDryRun)
  }

  // Totals count a weight once if several functions or several entries of one function share it.

  package var bytesBefore: Int { entries.reduce(0) { $0 + $1.counted.bytesBefore } }
  package var bytesAfter: Int { entries.reduce(0) { $0 + $1.counted.bytesAfter } }
  package var skipped: Int { entries.reduce(0) { $0 + ($1.action == Self.skippedAction ? $1.counted.weights : 0) } }
  package var compressed: Int { entries.reduce(0) { $0 + ($1.action == Self.skippedAction ? 0 : $1.counted.weights) } }
  /// Stored bits per element over all weights.
  package var bits: Double {
    let count = entries.reduce(0) { $0 + $1.counted.elements }
    return count == 0 ? 0 : Double(bytesAfter * 8) / Double(count)
  }
  /// Whether the totals are less than the sums over the entries.
  package var hasSharedWeights: Bool {
    entries.contains { $0.counted.bytesBefore < $0.bytesBefore || $0.counted.bytesAfter < $0.bytesAfter }
  }

  /// Whether the report covers several functions, whose weights may have the same names.
  package var hasSeveralFunctions: Bool { entries.contains { $0.function != entries.first?.function } }

  /// The most common reason why a selected weight was skipped, with the number of such weights, if nothing was
  /// compressed.
  ///
  /// Scalars and vectors are ignored because they are never compressed.
  package var obstacle: (weights: Int, reason: String)? {
    guard compressed == 0 else { return nil }
    var groups: [String: Int] = [:]
    for entry in entries where entry.counted.weights > 0 {
      let isChosen = entry.reason != SkipReason.notSelected.description && !entry.reason.hasPrefix(SkipReason.leftAlonePrefix)
      if isChosen, !entry.reason.hasPrefix(SkipReason.rankPrefix) { groups[entry.reason, default: 0] += 1 }
    }
    return groups.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.value, $0.key) }
  }

  /// The names of the weights that `Recipe.selector` excluded.
  package var unselected: [String] {
    entries.filter { $0.action == Self.skippedAction && $0.reason == SkipReason.notSelected.description }.map(\.name)
  }

  /// The report in the form that a dry run returns.
  package var asDryRun: CompressionReport {
    CompressionReport(
      entries: entries.map { entry in
        var entry = entry
        entry.snrDB = nil
        return entry
      }, isDryRun: true)
  }

  package static let skippedAction = "skipped"
}
