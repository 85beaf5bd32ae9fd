// SPDX-License-Identifier: Apache-2.0
// The error that compression causes in a weight.

import CKernels
import Encodings
import Platform
import Tensors
import WeightArithmetic

/// The signal-to-noise ratio of compressed weights.
package enum SignalToNoise {
  /// The number of elements decoded at a time, so that they fit in the cache and no dense copy of a large weight is
  /// needed.
  private static let stretch = 1 << 14

  /// 10 · log10(Σ before² / Σ (before − after)²) in decibels; infinite if nothing changed.
  ///
  /// - Throws: `EncodingError` if stored parts are inconsistent; any error from `checkCancelled`.
  package static func decibels(
    _ before: EncodedWeight, _ after: EncodedWeight, checkCancelled: () throws -> Void = {}
  ) throws -> Double {
    guard let extent = before.shape.first, before.count > 0 else {
      return decibels(try sums(before, after))
    }
    let row = max(before.count / extent, 1)
    let step = leastCommonMultiple(before.rowStep, after.rowStep)
    let rows = max(stretch / row / step, 1) * step
    let stretches = (extent + rows - 1) / rows
    let perTask = max(Parallel.grain / (rows * row), 1)
    let parts = try Parallel.tryMap((stretches + perTask - 1) / perTask) { task in
      try checkCancelled()
      var total = Sums()
      for number in task * perTask..<min((task + 1) * perTask, stretches) {
        let part = number * rows..<min((number + 1) * rows, extent)
        total += try part.count == extent ? sums(before, after) : sums(before.rows(part), after.rows(part))
      }
      return total
    }
    return decibels(parts.reduce(into: Sums()) { $0 += $1 })
  }

  private struct Sums {
    var signal = 0.0
    var noise = 0.0

    static func += (a: inout Sums, b: Sums) {
      a.signal += b.signal
      a.noise += b.noise
    }
  }

  private static func sums(_ before: EncodedWeight, _ after: EncodedWeight) throws -> Sums {
    let (x, y) = (try before.decoded(), try after.decoded())
    let count = min(x.count, y.count)
    var sums = Sums()
    if x.dtype == .float16, y.dtype == .float16 {
      x.withBits(UInt16.self) { x in
        y.withBits(UInt16.self) { ck_squared_error16(x.baseAddress, $0.baseAddress, count, &sums.signal, &sums.noise) }
      }
    } else {
      ck_squared_error(x.floats(), y.floats(), count, &sums.signal, &sums.noise)
    }
    return sums
  }

  private static func decibels(_ sums: Sums) -> Double {
    sums.noise == 0 ? .infinity : 10 * log10(sums.signal / sums.noise)
  }
}
