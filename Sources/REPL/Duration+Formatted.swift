// SPDX-License-Identifier: Apache-2.0
// Human-readable durations.

extension Duration {
  /// Seconds with three digits and a unit: `0.52 s`, `12.3 s`, `85 ms`.
  var formatted: String {
    let seconds = Double(components.seconds) + Double(components.attoseconds) * 1e-18
    let (value, unit): (Double, String) =
      seconds >= 0.1
      ? (seconds, "s") : seconds >= 1e-4 ? (seconds * 1e3, "ms") : (seconds * 1e6, "µs")
    let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
    var scaled = value
    for _ in 0..<places { scaled *= 10 }
    let digits = String(Int(scaled.rounded()))
    guard places > 0 else { return digits + " " + unit }
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return padded.dropLast(places) + "." + padded.suffix(places) + " " + unit
  }
}
