// SPDX-License-Identifier: Apache-2.0
// Bar charts of compression reports: signal-to-noise ratio, bits or bytes of each weight.

import Compression
import Evaluation

/// The options of a bar chart of a compression report.
package struct ReportBars {
  /// The quantity shown by the bars: the signal-to-noise ratio in decibels, stored bits per element, or stored bytes.
  package enum Value: String, CaseIterable, Sendable {
    case snrDB = "snr_db"
    case bits
    case bytes = "bytes_after"
  }

  /// The order of the bars: that of the weights in the program, or by value with the worst first.
  package enum Order: String, CaseIterable, Sendable {
    case program, value
  }

  package var value: Value
  package var order: Order
  /// The maximum number of bars; those with the worst values are shown.
  package var limit: Int
  /// Returns the label of a bar; `nil` for the names of the weights without their common prefix and suffix.
  package var label: ((CompressionReport.Entry) throws -> String)?

  package init(value: Value = .snrDB, order: Order = .program, limit: Int, label: ((CompressionReport.Entry) throws -> String)? = nil) {
    self.value = value
    self.order = order
    self.limit = limit
    self.label = label
  }

  fileprivate func amount(_ entry: CompressionReport.Entry) -> Double? {
    switch value {
    case .snrDB: entry.snrDB.flatMap { $0.isFinite ? $0 : nil }
    case .bits: entry.bits
    case .bytes: Double(entry.bytesAfter)
    }
  }

  fileprivate var axis: (axis: Chart.Axis, title: String) {
    switch value {
    case .snrDB: (.init("signal to noise", unit: "dB"), "Signal to noise of each weight")
    case .bits: (.init("stored bits per element"), "Bits of each weight")
    case .bytes: (.init("stored", unit: "B"), "Bytes of each weight")
    }
  }
}

extension CompressionReport {
  /// A chart with a bar for each compressed weight that has a finite value, grouped by storage scheme.
  ///
  /// - Throws: `WorkflowError.nothingToPlot` if no weight has a finite value; any error that `label` throws.
  package func chart(_ bars: ReportBars) throws -> Chart {
    let compressed = entries.filter { $0.action != CompressionReport.skippedAction }
    let measured = compressed.enumerated().compactMap { place, entry in
      bars.amount(entry).map { (place: place, entry: entry, amount: $0) }
    }
    guard !measured.isEmpty else { throw WorkflowError.nothingToPlot(isDryRun: isDryRun) }
    let worst = measured.sorted { bars.value == .snrDB ? $0.amount < $1.amount : $0.amount > $1.amount }.prefix(bars.limit)
    let shown = bars.order == .value ? Array(worst) : worst.sorted { $0.place < $1.place }
    let names = try bars.label.map { label in try shown.map { try label($0.entry) } } ?? DistinctNames.shortened(shown.map(\.entry.name))
    let rows = zip(shown, names).map { ChartRow(x: .name($1), y: .number($0.amount), group: $0.entry.scheme) }
    let left =
      measured.count > bars.limit ? ", the \(bars.limit) \(bars.value == .snrDB ? "lowest" : "greatest") of \(measured.count)" : ""
    return try Chart(.bars, rows, x: Chart.Axis(""), y: bars.axis.axis, title: bars.axis.title + left)
  }
}
