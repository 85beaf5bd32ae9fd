// SPDX-License-Identifier: Apache-2.0
// What was done to each weight, and what it cost.

import Encodings

/// One entry per weight, and totals.
package struct CompressionReport: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var opType: String
    package var opName: String
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
    }
  }

  package var entries: [Entry]
  /// Whether nothing was compressed, only foretold.
  package var isDryRun: Bool

  package init(entries: [Entry] = [], isDryRun: Bool = false) {
    self.entries = entries
    self.isDryRun = isDryRun
  }

  package var bytesBefore: Int { entries.reduce(0) { $0 + $1.bytesBefore } }
  package var bytesAfter: Int { entries.reduce(0) { $0 + $1.bytesAfter } }
  package var skipped: Int { entries.reduce(0) { $0 + ($1.action == Self.skippedAction ? 1 : 0) } }
  package var compressed: Int { entries.count - skipped }
  /// Stored bits per element over all weights.
  package var bits: Double {
    let count = entries.reduce(0) { $0 + $1.count }
    return count == 0 ? 0 : Double(bytesAfter * 8) / Double(count)
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
