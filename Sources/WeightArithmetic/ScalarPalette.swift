// SPDX-License-Identifier: Apache-2.0
// A lookup table and indices for one group of a weight's elements: by k-means, uniform, or from distinct values.

import CKernels
import Tensors

/// A lookup table with an index into it for each element.
package struct Palette: Sendable {
  /// In ascending order of index; may have fewer entries than the indices' width allows.
  package var table: [Float]
  package var indices: [UInt8]

  package init(table: [Float], indices: [UInt8]) {
    self.table = table
    self.indices = indices
  }
}

extension Palette {
  /// Evenly spaced values from the smallest to the largest.
  package static func uniform(_ elements: GroupElements, bits: Int) -> Palette {
    let precision = elements.precision
    var (low, high) = (Float.infinity, -Float.infinity)
    elements.forEachPiece(of: 0..<elements.count) { ck_bounds($1, $0.count, &low, &high) }
    if elements.count == 0 { (low, high) = (0, 0) }
    let (first, steps) = (low, Float(1 << bits - 1))
    let span = precision.round(high - low)
    let scale = precision.round(span / steps)
    let table = (0..<1 << bits).map { precision.round(Double($0) * Double(scale) + Double(first)) }
    guard span.isFinite, table.allSatisfy(\.isFinite) else { return wideUniform(elements, from: low, to: high, bits: bits) }
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
    return Palette(table: table, indices: indices)
  }

  /// The same in 64-bit arithmetic, for a range whose width or steps overflow or underflow the dtype of the elements.
  private static func wideUniform(_ elements: GroupElements, from low: Float, to high: Float, bits: Int) -> Palette {
    let (first, span, steps) = (Double(low), Double(high) - Double(low), Double(1 << bits - 1))
    let indices = [UInt8](unsafeUninitializedCapacity: elements.count) { indices, filled in
      filled = elements.count
      guard let indices = indices.baseAddress else { return }
      elements.forEachStretch { stretch, floats in
        for i in 0..<stretch.count {
          let place = (Double(floats[i]) - first) / span * steps
          indices[stretch.lowerBound + i] = UInt8(min(max(place.rounded(.toNearestOrEven), 0), steps))
        }
      }
    }
    return Palette(table: (0..<1 << bits).map { elements.precision.round(first + span * (Double($0) / steps)) }, indices: indices)
  }
}

/// A lookup table whose entries represent intervals.
package struct IntervalTable: Sendable {
  package let table: [Float]
  /// The smallest value of each interval, in ascending order; smaller values belong to the first interval.
  private let firsts: [Float]

  /// The table with minimum squared error.
  package static func kMeans(
    _ elements: GroupElements, bits: Int, checkCancelled: () throws -> Void
  ) throws -> IntervalTable {
    if case .singles(let floats) = elements, floats.count > LineBins.count,
      let clusters = try LineBins.cluster(floats, into: 1 << bits, checkCancelled)
    {
      return IntervalTable(table: clusters.centroids.map { Float($0) }, firsts: clusters.firsts)
    }
    let distinct = DistinctValues(elements)
    let clusters = try KMeansOnLine.cluster(distinct, into: 1 << bits, checkCancelled: checkCancelled)
    return IntervalTable(
      table: KMeansOnLine.centroids(distinct, clusters).map { elements.precision.round($0) },
      firsts: clusters.starts.map { distinct.values[$0] })
  }

  /// The distinct values as a table; `nil` if there are more than `limit`.
  package static func unique(_ elements: GroupElements, limit: Int) -> IntervalTable? {
    let distinct = DistinctValues(elements)
    guard distinct.values.count <= limit else { return nil }
    return IntervalTable(table: distinct.values, firsts: distinct.values)
  }

  package func palette(_ elements: GroupElements) -> Palette {
    let indices = [UInt8](unsafeUninitializedCapacity: elements.count) { indices, filled in
      filled = elements.count
      guard let indices = indices.baseAddress else { return }
      let write = writer(elements)
      Parallel.forEachStretch(of: elements.count) { write($0, indices + $0.lowerBound) }
    }
    return Palette(table: table, indices: indices)
  }

  /// Returns a function that writes the indices of a range of the elements.
  package func writer(_ elements: GroupElements) -> (Range<Int>, UnsafeMutablePointer<UInt8>) -> Void {
    switch elements {
    case .halves(let halves) where firsts.count <= 16:
      let firsts = Halves.encode(firsts)
      return { stretch, indices in
        guard let base = halves.baseAddress else { return }
        ck_rank16(indices, base + stretch.lowerBound, firsts, firsts.count, stretch.count)
      }
    case .halves(let halves) where halves.count >= 65536:
      // The index is computed once for each bit pattern, and then looked up for each element.
      let map = [UInt8](unsafeUninitializedCapacity: Self.everyHalf.count) { ranks, filled in
        filled = Self.everyHalf.count
        ck_rank(ranks.baseAddress, Self.everyHalf, firsts, firsts.count, filled)
      }
      return { stretch, indices in
        guard let base = halves.baseAddress else { return }
        ck_map16(indices, base + stretch.lowerBound, map, stretch.count)
      }
    default:
      return { stretch, indices in
        elements.forEachPiece(of: stretch) { piece, floats in
          ck_rank(indices + piece.lowerBound - stretch.lowerBound, floats, firsts, firsts.count, piece.count)
        }
      }
    }
  }

  private static let everyHalf: [Float] = Halves.decode((0...UInt16.max).map { $0 })
}

extension DistinctValues {
  /// - Precondition: no element is infinite or NaN.
  init(_ elements: GroupElements) {
    switch elements {
    case .halves(let halves): self.init(halves: halves)
    case .singles(let floats): self.init(floats: Array(floats))
    }
  }
}
