// SPDX-License-Identifier: Apache-2.0
// The ratio of signal, or peak signal, to the difference from the reference.

import Platform

extension MetricDefinition {
  package static var snr: MetricDefinition {
    MetricDefinition(
      name: "snr_db", unit: "dB", better: .higher, needs: .reference,
      formula: "10 log₁₀(Σ reference² / Σ (candidate - reference)²) over all elements of all compared outputs",
      source: "definition; coremltools' tests use it with small terms added, absent here",
      make: { SignalToNoiseRatio(options: $0, isPeak: false) })
  }

  package static var psnr: MetricDefinition {
    MetricDefinition(
      name: "psnr_db", unit: "dB", better: .higher, needs: .reference,
      formula: "10 log₁₀(max reference² / mean (candidate - reference)²) over all elements of all compared outputs",
      source: "definition; coremltools' tests use it with small terms added, absent here",
      make: { SignalToNoiseRatio(options: $0, isPeak: true) })
  }
}

/// The signal-to-noise ratio, of the energy or of the peak. It is infinite if there is no difference, and -inf if
/// only the reference is zero.
struct SignalToNoiseRatio: Metric {
  let options: MetricOptions
  let isPeak: Bool
  private var signal = 0.0
  private var peak = 0.0
  private var noise = 0.0
  private var count = 0

  init(options: MetricOptions, isPeak: Bool) {
    self.options = options
    self.isPeak = isPeak
  }

  mutating func add(_ batch: MetricBatch) throws {
    for output in try batch.compared(for: isPeak ? "psnr_db" : "snr_db", options) {
      for (a, b) in zip(output.candidate, output.reference) {
        let reference = Double(b)
        let difference = Double(a) - reference
        signal += reference * reference
        peak = max(peak, reference * reference)
        noise += difference * difference
      }
      count += output.candidate.count
    }
  }

  var result: MetricValue? {
    guard count > 0 else { return nil }
    if noise == 0 { return MetricValue(.infinity, count: count) }
    let energy = isPeak ? peak * Double(count) : signal
    return MetricValue(10 * log10(energy / noise), count: count)
  }
}
