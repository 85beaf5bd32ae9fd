// SPDX-License-Identifier: Apache-2.0
// Cosine similarity of candidate and reference, per sample.

extension MetricDefinition {
  package static var cosine: MetricDefinition {
    MetricDefinition(
      name: "cosine", better: .higher, needs: .reference,
      formula: "mean over samples of a·b / (|a| |b|), a and b all compared outputs of the sample; 1 when both are zero, 0 when one is",
      source: "definition", make: { Cosine(options: $0) })
  }
}

struct Cosine: Metric {
  let options: MetricOptions
  private var sum = 0.0
  private var count = 0

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let outputs = try batch.compared(for: "cosine", options)
    for sample in 0..<batch.count {
      var dot = 0.0
      var ours = 0.0
      var theirs = 0.0
      for output in outputs {
        for i in sample * output.rowCount..<(sample + 1) * output.rowCount {
          let (a, b) = (Double(output.candidate[i]), Double(output.reference[i]))
          dot += a * b
          ours += a * a
          theirs += b * b
        }
      }
      if ours == 0 || theirs == 0 {
        sum += ours == theirs ? 1 : 0
      } else {
        sum += dot / (ours.squareRoot() * theirs.squareRoot())
      }
    }
    count += batch.count
  }

  var result: MetricValue? { count > 0 ? MetricValue(sum / Double(count), count: count) : nil }
}
