// SPDX-License-Identifier: Apache-2.0
// The lookup table of least squared error for numbers or short vectors, from which learned tables start.

import Tensors

package enum FirstTable {
  /// - Parameters:
  ///   - elements: vectors of `dim` numbers, concatenated.
  ///   - clusters: at most 256.
  /// - Returns: `clusters` vectors, concatenated; if there are fewer distinct ones, the last is repeated.
  package static func centroids(_ elements: [Float], dim: Int, clusters: Int, seed: UInt64, checkCancelled: () throws -> Void = {}) throws
    -> [Float]
  {
    var table: [Float]
    if dim == 1 {
      table = try elements.withUnsafeBufferPointer { elements in
        try IntervalTable.kMeans(.singles(elements), bits: clusters.trailingZeroBitCount, checkCancelled: checkCancelled).table
      }
    } else {
      table = try VectorKMeans(vectors: elements, size: dim).cluster(into: clusters, seed: seed, checkCancelled: checkCancelled).centroids
    }
    let last = table.isEmpty ? [Float](repeating: 0, count: dim) : Array(table.suffix(dim))
    while table.count < clusters * dim { table += last }
    return table
  }
}
