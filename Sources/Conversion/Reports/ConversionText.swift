// SPDX-License-Identifier: Apache-2.0
// The text of a conversion report.

package enum ConversionText {
  /// The report as lines: totals, operators, notes, unsupported nodes.
  package static func text(_ report: ConversionReport) -> String {
    var lines = ["\(report.nodeCount) nodes became \(report.operationCount) operations"]
    let width = report.entries.map(\.source.count).max() ?? 0
    for entry in report.entries.sorted(by: { ($1.count, $0.source) < ($0.count, $1.source) }) {
      let results = entry.results.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
        $0.value == entry.count ? $0.key : "\($0.value) \($0.key)"
      }
      let name = entry.source.padding(to: width)
      lines.append("  \(entry.count) × \(name)  \(results.isEmpty ? "constants only" : results.joined(separator: ", "))")
    }
    for entry in report.unsupported {
      lines.append(
        "  unsupported: \(entry.nodes.count) × \(entry.title): \(entry.reason) (\(entry.nodes.prefix(3).joined(separator: ", ")))"
      )
    }
    for note in report.notes { lines.append("  note: \(note.subject): \(note.text)") }
    return lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}
