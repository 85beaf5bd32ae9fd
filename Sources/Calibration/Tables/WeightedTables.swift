// SPDX-License-Identifier: Apache-2.0
// Lookup tables by exact weighted k-means.

import Tensors
import WeightArithmetic

package enum WeightedTables {
  /// The table of each set of adjacent rows with the least Σ importance · (w − ŵ)², ascending, rounded to the dtype.
  ///
  /// - Parameters:
  ///   - setOfRow: ascending from 0.
  ///   - importance: of each element, row-major.
  ///   - kept: 1 for elements that count; `nil` for all.
  ///   - entries: the most entries of a table.
  package static func tables(
    _ matrix: WeightMatrix, setOfRow: [Int], importance: ElementImportance, kept: [UInt8]? = nil, entries: Int, dtype: DType,
    checkCancelled: () throws -> Void = {}
  ) throws -> RowTables {
    let sets = (setOfRow.last ?? -1) + 1
    var rows = [[Int]](repeating: [], count: sets)
    for (row, set) in setOfRow.enumerated() { rows[set].append(row) }
    let precision = WeightPrecision(dtype) ?? .single
    let tables = try Parallel.tryMap(sets) { set -> [Float] in
      try checkCancelled()
      var (values, weights): ([Float], [Double]) = ([], [])
      let count = rows[set].count * matrix.columns
      values.reserveCapacity(count)
      weights.reserveCapacity(count)
      for row in rows[set] {
        for column in 0..<matrix.columns {
          let i = row * matrix.columns + column
          if let kept, kept[i] == 0 { continue }
          values.append(matrix.values[i])
          weights.append(importance[row, column])
        }
      }
      let distinct = dtype == .float16 ? DistinctValues(halves: values, weights: weights) : DistinctValues(values, weights: weights)
      guard !distinct.values.isEmpty else { return [0] }
      let clusters = try KMeansOnLine.cluster(distinct, into: entries, checkCancelled: checkCancelled)
      return KMeansOnLine.centroids(distinct, clusters).map { precision.round($0) }
    }
    return RowTables(tables, ofRow: setOfRow)
  }

  /// The index of the nearest entry for each element; the lower one of two.
  package static func nearest(_ matrix: WeightMatrix, _ tables: RowTables) -> [UInt8] {
    let columns = matrix.columns
    return [UInt8](unsafeUninitializedCapacity: matrix.values.count) { indices, filled in
      filled = matrix.values.count
      nonisolated(unsafe) let indices = indices
      Parallel.forEach(matrix.rows) { row in
        let table = tables.tables[tables.ofRow[row]]
        let bounds = zip(table, table.dropFirst()).map { $0 + ($1 - $0) * 0.5 }
        for i in row * columns..<(row + 1) * columns {
          var (low, high) = (0, bounds.count)
          while low < high {
            let middle = (low + high) / 2
            if matrix.values[i] > bounds[middle] { low = middle + 1 } else { high = middle }
          }
          indices[i] = UInt8(truncatingIfNeeded: low)
        }
      }
    }
  }
}

/// The importance of each element of a matrix.
package enum ElementImportance: Sendable {
  case uniform
  /// By column, for each group of `height` rows.
  case columns([[Double]], height: Int)
  /// By element, row-major with this number of columns.
  case elements([Double], columns: Int)

  subscript(row: Int, column: Int) -> Double {
    switch self {
    case .uniform: 1
    case .columns(let all, let height): all[row / max(height, 1)][column]
    case .elements(let all, let columns): all[row * columns + column]
    }
  }
}

extension DistinctValues {
  /// The same for values that are exactly halves: their bit patterns are counted.
  fileprivate init(halves elements: [Float], weights: [Double]) {
    let floor = max((weights.max() ?? 0) * 1e-12, .leastNormalMagnitude)
    var sums = [Double](repeating: 0, count: 1 << 16)
    Tensor(elements).cast(to: .float16).withBits(UInt16.self) { patterns in
      for (pattern, weight) in zip(patterns, weights) { sums[Int(pattern)] += max(weight, floor) }
    }
    // From the lowest negative number to the highest positive one; -0 counts as 0.
    sums[0] += sums[0x8000]
    let ascending = Array(stride(from: UInt16(0xFBFF), through: 0x8001, by: -1)) + Array(0...UInt16(0x7BFF))
    let present = ascending.filter { sums[Int($0)] > 0 }
    let patterns = present.withUnsafeBytes { Tensor(dtype: .float16, shape: [present.count], bytes: $0) }
    self.init(values: patterns.floats(), counts: present.map { sums[Int($0)] })
  }

  /// The distinct values with the sums of their weights; values of weight 0 count a little, so that they are clustered too.
  fileprivate init(_ elements: [Float], weights: [Double]) {
    let floor = max((weights.max() ?? 0) * 1e-12, .leastNormalMagnitude)
    let order = elements.indices.sorted { elements[$0] < elements[$1] }
    var (values, sums): ([Float], [Double]) = ([], [])
    for i in order {
      let weight = max(weights[i], floor)
      if values.last == elements[i] {
        sums[sums.count - 1] += weight
      } else {
        values.append(elements[i] == 0 ? 0 : elements[i])
        sums.append(weight)
      }
    }
    self.init(values: values, counts: sums)
  }
}
