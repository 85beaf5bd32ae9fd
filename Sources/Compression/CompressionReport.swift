// SPDX-License-Identifier: Apache-2.0
// What was done to each weight, and what it cost.

import Encodings
import WeightStorage

/// One entry per weight, and totals.
package struct CompressionReport: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var opType: String
    package var opName: String
    /// The function that holds it; empty where the report was not made from a program.
    package var function = ""
    /// `quantized`, `palettized`, `pruned`, `decompressed` or `skipped`.
    package var action: String
    /// Why it was skipped, or which rule chose it.
    package var reason: String
    /// How it is stored now: `dense`, `sparse+palettized`, ….
    package var scheme: String
    /// Stored bits per element now, tables and scales included.
    package var bits: Double
    package var count: Int
    package var bytesBefore: Int
    package var bytesAfter: Int
    /// Signal-to-noise ratio against the weight as it was before this step, in decibels; infinite when nothing changed,
    /// `nil` when it was not computed.
    package var snrDB: Double?
    /// What of it the totals count.
    package var counted: Counted

    /// The entry's part in the totals: less than its own numbers where earlier entries stand for the same stored bytes.
    package struct Counted: Sendable, Equatable {
      /// 1, or 0 for a weight of another function whose entry says the same.
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
  /// Whether nothing was compressed, only foretold.
  package var isDryRun: Bool

  package init(entries: [Entry] = [], isDryRun: Bool = false) {
    self.entries = entries
    self.isDryRun = isDryRun
  }

  /// An entry with the weight that it speaks of: in which function, how it was stored and how it is.
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
  }

  /// A report whose totals count stored bytes once, however many entries share them.
  ///
  /// - Parameter names: of the program's functions.
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

  // Totals count a weight that several functions share, or several entries of one function, once.

  package var bytesBefore: Int { entries.reduce(0) { $0 + $1.counted.bytesBefore } }
  package var bytesAfter: Int { entries.reduce(0) { $0 + $1.counted.bytesAfter } }
  package var skipped: Int { entries.reduce(0) { $0 + ($1.action == Self.skippedAction ? $1.counted.weights : 0) } }
  package var compressed: Int { entries.reduce(0) { $0 + ($1.action == Self.skippedAction ? 0 : $1.counted.weights) } }
  /// Stored bits per element over all weights.
  package var bits: Double {
    let count = entries.reduce(0) { $0 + $1.counted.elements }
    return count == 0 ? 0 : Double(bytesAfter * 8) / Double(count)
  }
  /// Whether totals are less than what the entries add up to.
  package var hasSharedWeights: Bool {
    entries.contains { $0.counted.bytesBefore < $0.bytesBefore || $0.counted.bytesAfter < $0.bytesAfter }
  }

  /// Whether the weights of several functions are reported, whose names may be alike.
  package var hasSeveralFunctions: Bool { entries.contains { $0.function != entries.first?.function } }

  /// Where nothing was compressed that the recipe chose: how many weights the commonest reason left alone, and the reason.
  ///
  /// Vectors do not count: they are never compressed.
  package var obstacle: (weights: Int, reason: String)? {
    guard compressed == 0 else { return nil }
    var groups: [String: Int] = [:]
    for entry in entries where entry.counted.weights > 0 {
      let isChosen = entry.reason != SkipReason.notSelected.description && !entry.reason.hasPrefix(SkipReason.leftAlonePrefix)
      if isChosen, !entry.reason.hasPrefix(SkipReason.rankPrefix) { groups[entry.reason, default: 0] += 1 }
    }
    return groups.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.value, $0.key) }
  }

  /// Names of the weights that `Recipe.selector` left out.
  package var unselected: [String] {
    entries.filter { $0.action == Self.skippedAction && $0.reason == SkipReason.notSelected.description }.map(\.name)
  }

  /// The same as a dry run says it.
  package var foretold: CompressionReport {
    CompressionReport(
      entries: entries.map { entry in
        var entry = entry
        entry.snrDB = nil
        return entry
      }, isDryRun: true)
  }

  package static let skippedAction = "skipped"
}
