// SPDX-License-Identifier: Apache-2.0
// A comparison as CSV and JSON.

import Foundation

extension ComparisonReport {
  /// Comma-separated values (RFC 4180, lines ending in \n) in full precision: name, group, bytes, ratio, each metric
  /// (with `_low` and `_high` if it has an interval), latency in seconds. Missing values are empty.
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
      let recipe: [String]
    }
    struct Missing: Encodable { let models: [String]; let latency: Bool }
    struct Page: Encodable {
      let samples: Int
      let data, environment: [String: String]
      let missing: Missing?
      let rows: [Line]
    }
    func table(_ facts: [RunEnvironment.Fact]) -> [String: String] {
      Dictionary(facts.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
    }
    let lines = rows.map { row in
      Line(
        name: row.name, group: row.group, baseline: row.isBaseline, bytes: row.bytes, ratio: row.ratio,
        metrics: row.metrics.map {
          Entry(
            name: $0.name, unit: $0.unit, better: $0.better.rawValue, value: $0.value?.value,
            low: $0.value?.interval?.lowerBound, high: $0.value?.interval?.upperBound)
        },
        latency_seconds: row.latency.map { Times(median: $0.median, p90: $0.p90, min: $0.min, mean: $0.mean, runs: $0.runs) },
        recipe: row.recipe)
    }
    let page = Page(
      samples: samples, data: table(data), environment: table(environment.facts),
      missing: interruption.map { Missing(models: $0.missing, latency: $0.lacksLatency) }, rows: lines)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(page), as: UTF8.self) + "\n"
  }
}
