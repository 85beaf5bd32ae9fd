// SPDX-License-Identifier: Apache-2.0
// A table and indices for one group of a weight's elements: by k-means, uniformly, from its distinct values.

import CKernels

/// A lookup table with an index into it for each element.
struct Palette: Sendable {
  /// In ascending order of index; may have fewer entries than the indices' width allows.
  var table: [Float]
  var indices: [UInt8]
}

extension Palette {
  /// The table of least squared error.
  static func kMeans(
    _ values: [Float], bits: Int, _ precision: WeightPrecision, checkCancelled: () throws -> Void
  ) throws -> Palette {
    let distinct = DistinctValues(values, precision: precision)
    let clusters = try KMeansOnLine.cluster(
      distinct, into: 1 << bits, checkCancelled: checkCancelled)
    let table = KMeansOnLine.centroids(distinct, clusters).map { precision.round($0) }
    let firsts = clusters.starts.map { distinct.values[$0] }
    return Palette(table: table, indices: intervals(of: values, startingAt: firsts, precision))
  }

  /// Evenly spaced values from the smallest to the largest.
  static func uniform(_ values: [Float], bits: Int, _ precision: WeightPrecision) -> Palette {
    let low = values.min() ?? 0
    let high = values.max() ?? 0
    let steps = Float(1 << bits - 1)
    let span = precision.round(high - low)
    let scale = precision.round(span / steps)
    var places = values
    for i in places.indices { places[i] -= low }
    precision.round(&places)
    for i in places.indices { places[i] /= span }
    precision.round(&places)
    for i in places.indices { places[i] *= steps }
    precision.round(&places)
    return Palette(
      table: (0..<1 << bits).map { precision.round(Double($0) * Double(scale) + Double(low)) },
      // A constant group has span 0; 0/0 is NaN and its index 0.
      indices: places.map {
        $0.isFinite ? UInt8(min(max($0.rounded(.toNearestOrEven), 0), steps)) : 0
      })
  }

  /// The distinct values themselves; `nil` when there are more than `limit`.
  static func unique(_ values: [Float], limit: Int, _ precision: WeightPrecision) -> Palette? {
    let distinct = DistinctValues(values, precision: precision)
    guard distinct.values.count <= limit else { return nil }
    return Palette(
      table: distinct.values, indices: intervals(of: values, startingAt: distinct.values, precision)
    )
  }

  /// For each value, the last of the ascending `firsts` that does not exceed it (0 where all do).
  private static func intervals(
    of values: [Float], startingAt firsts: [Float], _ precision: WeightPrecision
  ) -> [UInt8] {
    guard precision == .half, values.count >= 16384 else { return search(values, firsts) }
    // One answer per bit pattern, then a look-up per element.
    let halves = Halves.encode(values)
    let map = search(everyHalf, firsts)
    return [UInt8](unsafeUninitializedCapacity: values.count) { out, filled in
      filled = values.count
      if let out = out.baseAddress { ck_map16(out, halves, map, values.count) }
    }
  }

  private static let everyHalf: [Float] = Halves.decode((0...UInt16.max).map { $0 })

  private static func search(_ values: [Float], _ firsts: [Float]) -> [UInt8] {
    var steps = 1
    while steps < firsts.count { steps *= 2 }
    let padded = firsts + [Float](repeating: .infinity, count: 2 * steps - firsts.count)
    return padded.withUnsafeBufferPointer { firsts in
      values.map { value in
        var at = 0
        var step = steps / 2
        while step > 0 {
          at += firsts[at + step] <= value ? step : 0
          step /= 2
        }
        return UInt8(truncatingIfNeeded: at)
      }
    }
  }
}
