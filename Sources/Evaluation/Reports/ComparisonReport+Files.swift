// SPDX-License-Identifier: Apache-2.0
// A comparison as CSV, JSON and a self-contained web page.

import Foundation

extension ComparisonReport {
  /// Comma-separated (RFC 4180, lines ending in \n), full precision: name, group, bytes, ratio, each metric
  /// (with `_low` and `_high` where it has an interval), latency in seconds. Empty where there is no value.
  package func toCSV() -> String {
    let metrics = rows.first?.metrics ?? []
    let hasInterval = metrics.indices.map { i in rows.contains { $0.metrics[i].value?.interval != nil } }
    var header = ["name", "group", "baseline", "bytes", "ratio"]
    for (i, metric) in metrics.enumerated() {
      header.append(metric.name)
      if hasInterval[i] { header += ["\(metric.name)_low", "\(metric.name)_high"] }
    }
    header += ["latency_median_s", "latency_p90_s", "latency_min_s", "latency_mean_s", "latency_runs"]
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let lines = rows.map { row in
      var cells = [row.name, row.group, row.isBaseline ? "true" : "false", "\(row.bytes)", number(row.ratio)]
      for (i, metric) in row.metrics.enumerated() {
        cells.append(number(metric.value?.value))
        if hasInterval[i] { cells += [number(metric.value?.interval?.lowerBound), number(metric.value?.interval?.upperBound)] }
      }
      let latency = row.latency
      cells += [latency?.median, latency?.p90, latency?.min, latency?.mean].map(number) + [latency.map { "\($0.runs)" } ?? ""]
      return cells
    }
    return ([header] + lines).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// Indented JSON with sorted keys; infinite and undefined numbers are the strings "inf", "-inf", "nan".
  package func toJSON() throws -> String {
    struct Entry: Encodable {
      let name, unit, better: String
      let value, low, high: Double?
    }
    struct Times: Encodable { let median, p90, min, mean: Double; let runs: Int }
    struct Line: Encodable {
      let name, group: String
      let baseline: Bool
      let bytes: Int
      let ratio: Double?
      let metrics: [Entry]
      let latency_seconds: Times?
    }
    struct Page: Encodable { let samples: Int; let rows: [Line] }
    let lines = rows.map { row in
      Line(
        name: row.name, group: row.group, baseline: row.isBaseline, bytes: row.bytes, ratio: row.ratio,
        metrics: row.metrics.map {
          Entry(
            name: $0.name, unit: $0.unit, better: $0.better.rawValue, value: $0.value?.value,
            low: $0.value?.interval?.lowerBound, high: $0.value?.interval?.upperBound)
        },
        latency_seconds: row.latency.map { Times(median: $0.median, p90: $0.p90, min: $0.min, mean: $0.mean, runs: $0.runs) })
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(Page(samples: samples, rows: lines)), as: UTF8.self) + "\n"
  }

  /// One page that needs nothing else: the chart (where there is one to draw) and a table that sorts by a click on its header.
  package func toHTML(title: String = "Comparison", maxDrop: Double? = nil) throws -> String {
    let table = self.table
    func row(_ cells: [String], _ tag: String) -> String {
      let inner = cells.indices.map { i in
        "<\(tag)\(table.columns[i].alignment == .right ? " class=\"number\"" : "")>\(SVGText.escaped(cells[i]))</\(tag)>"
      }
      return "<tr>" + inner.joined() + "</tr>\n"
    }
    let picture: String
    do {
      picture = mainMetric == nil ? "" : try SVGChart.draw(chart(maxDrop: maxDrop))
    } catch EvaluationError.nothingToDraw {
      picture = "<p>No finite values to draw.</p>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(SVGText.escaped(title))</title>
      <style>
      body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #24292f; max-width: 900px; margin: 2em auto; padding: 0 1em; }
      svg { max-width: 100%; height: auto; }
      table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
      th, td { padding: .35em .7em; text-align: left; border-bottom: 1px solid #e6e8eb; }
      th { cursor: pointer; border-bottom-color: #6e7781; }
      .number { text-align: right; }
      tbody tr:hover { background: #f6f8fa; }
      </style>
      </head>
      <body>
      <h1>\(SVGText.escaped(title))</h1>
      \(picture)<table>
      <thead>
      \(row(table.columns.map(\.header), "th"))</thead>
      <tbody>
      \(table.rows.map { row($0, "td") }.joined())</tbody>
      </table>
      <p>\(samples) samples.</p>
      <script>
      document.querySelectorAll("th").forEach((header, column) => header.addEventListener("click", () => {
        const body = document.querySelector("tbody"), rising = header.dataset.rising !== "1";
        header.dataset.rising = rising ? "1" : "0";
        const key = row => { const text = row.cells[column].textContent, n = parseFloat(text); return isNaN(n) ? text : n; };
        const order = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : (typeof a === "number" ? -1 : 1);
        [...body.rows].sort((a, b) => (rising ? 1 : -1) * order(key(a), key(b))).forEach(row => body.append(row));
      }));
      </script>
      </body>
      </html>

      """
  }
}
