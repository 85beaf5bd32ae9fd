// SPDX-License-Identifier: Apache-2.0
// The result of an evaluation.

import TextLayout

/// The metrics of one candidate on a data set.
package struct EvaluationResult: Sendable, Equatable {
  /// A metric and its value; `nil` if it was not measured.
  package struct Entry: Sendable, Equatable {
    package let name: String
    package let unit: String
    package let better: MetricDefinition.Direction
    package let value: MetricValue?

    package init(name: String, unit: String, better: MetricDefinition.Direction, value: MetricValue?) {
      self.name = name
      self.unit = unit
      self.better = better
      self.value = value
    }
  }

  package let metrics: [Entry]
  package let samples: Int
  /// The time for the candidate's predictions in seconds, excluding metrics.
  package let seconds: Double

  package init(metrics: [Entry], samples: Int, seconds: Double) {
    self.metrics = metrics
    self.samples = samples
    self.seconds = seconds
  }

  package subscript(name: String) -> MetricValue? { metrics.first { $0.name == name }?.value }

  package var samplesPerSecond: Double { seconds > 0 ? Double(samples) / seconds : 0 }
}

extension EvaluationResult: CustomStringConvertible {
  /// An aligned table of the metrics and a line about the run.
  package var description: String { table.text() + "\n" + run }

  /// A table with one row per metric.
  package var table: Table {
    var table = Table(columns: [
      Table.Column("metric", .left), Table.Column("value"), Table.Column("unit", .left), Table.Column("95 % interval", .left),
    ])
    for entry in metrics {
      table.append([
        entry.name, entry.value.map { Quantity.metric($0.value) } ?? "–", entry.unit,
        entry.value?.interval.map { "\(Quantity.metric($0.lowerBound)) … \(Quantity.metric($0.upperBound))" } ?? "",
      ])
    }
    return table
  }

  /// A line about the run: `397 samples, 23900 a second`.
  package var run: String {
    let rate = samplesPerSecond
    return "\(samples) sample\(samples == 1 ? "" : "s")" + (rate > 0 ? ", \(Quantity.significant(rate, 3)) a second" : "")
  }
}
