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
  static func kMeans(_ elements: GroupElements, bits: Int, checkCancelled: () throws -> Void) throws -> Palette {
    if case .singles(let floats) = elements, floats.count > LineBins.count,
      let clusters = try LineBins.cluster(floats, into: 1 << bits, checkCancelled)
    {
      return Palette(
        table: clusters.centroids.map { Float($0) }, indices: intervals(of: elements, startingAt: clusters.firsts))
    }
    let distinct = DistinctValues(elements)
    let clusters = try KMeansOnLine.cluster(distinct, into: 1 << bits, checkCancelled: checkCancelled)
    let table = KMeansOnLine.centroids(distinct, clusters).map { elements.precision.round($0) }
    return Palette(
      table: table, indices: intervals(of: elements, startingAt: clusters.starts.map { distinct.values[$0] }))
  }

  /// Evenly spaced values from the smallest to the largest.
  static func uniform(_ elements: GroupElements, bits: Int) -> Palette {
    let precision = elements.precision
    var (low, high) = (Float.infinity, -Float.infinity)
    elements.forEachPiece(of: 0..<elements.count) { ck_bounds($1, $0.count, &low, &high) }
    if elements.count == 0 { (low, high) = (0, 0) }
    let (first, steps) = (low, Float(1 << bits - 1))
    let span = precision.round(high - low)
    let scale = precision.round(span / steps)
    let indices = [UInt8](unsafeUninitializedCapacity: elements.count) { indices, filled in
      filled = elements.count
      guard let indices = indices.baseAddress else { return }
      elements.forEachStretch { stretch, floats in
        for start in stride(from: 0, to: stretch.count, by: GroupElements.pieceLimit) {
          let count = min(GroupElements.pieceLimit, stretch.count - start)
          var places = Array(UnsafeBufferPointer(start: floats + start, count: count))
          for i in places.indices { places[i] -= first }
          precision.round(&places)
          for i in places.indices { places[i] /= span }
          precision.round(&places)
          for i in places.indices { places[i] *= steps }
          precision.round(&places)
          // A constant group has span 0; 0/0 is NaN and its index 0.
          for (i, place) in places.enumerated() {
            indices[stretch.lowerBound + start + i] =
              place.isFinite ? UInt8(min(max(place.rounded(.toNearestOrEven), 0), steps)) : 0
          }
        }
      }
    }
    return Palette(
      table: (0..<1 << bits).map { precision.round(Double($0) * Double(scale) + Double(first)) }, indices: indices)
  }

  /// The distinct values themselves; `nil` when there are more than `limit`.
  static func unique(_ elements: GroupElements, limit: Int) -> Palette? {
    let distinct = DistinctValues(elements)
    guard distinct.values.count <= limit else { return nil }
    return Palette(table: distinct.values, indices: intervals(of: elements, startingAt: distinct.values))
  }

  /// For each element, the last of the ascending `firsts` that does not exceed it (0 where all do).
  private static func intervals(of elements: GroupElements, startingAt firsts: [Float]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: elements.count) { indices, filled in
      filled = elements.count
      guard let indices = indices.baseAddress else { return }
      if case .halves(let halves) = elements, halves.count >= 65536 {
        // One answer per bit pattern, then a look-up per element.
        let map = ranks(everyHalf, firsts)
        Parallel.forEachStretch(of: halves.count) { stretch in
          let part = UnsafeBufferPointer(rebasing: halves[stretch])
          ck_map16(indices + stretch.lowerBound, part.baseAddress, map, part.count)
        }
      } else {
        elements.forEachStretch { stretch, floats in
          ck_rank(indices + stretch.lowerBound, floats, firsts, firsts.count, stretch.count)
        }
      }
    }
  }

  private static let everyHalf: [Float] = Halves.decode((0...UInt16.max).map { $0 })

  private static func ranks(_ values: [Float], _ firsts: [Float]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: values.count) { ranks, filled in
      filled = values.count
      ck_rank(ranks.baseAddress, values, firsts, firsts.count, values.count)
    }
  }
}

extension DistinctValues {
  /// - Precondition: no element is infinite or not a number.
  init(_ elements: GroupElements) {
    switch elements {
    case .halves(let halves): self.init(halves: halves)
    case .singles(let floats): self.init(floats: Array(floats))
    }
  }
}
