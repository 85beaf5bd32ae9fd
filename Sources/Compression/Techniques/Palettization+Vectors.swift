// SPDX-License-Identifier: Apache-2.0
// Lookup tables of short vectors along the channel axis.

import Encodings
import MIL
import Tensors
import WeightArithmetic
import WeightStorage

extension Palettization {
  func vectorPalette(_ tensor: Tensor, _ context: WeightContext) throws -> EncodedWeight {
    let precision = try Self.check(tensor)
    let (axis, groups) = try channels(tensor.shape, context)
    try checkDivisible(tensor.shape, axis, groups, context)
    var shape = tensor.shape
    shape[axis] /= clusterDim
    var counts = Shape(repeating: 1, count: shape.count)
    counts[axis] = groups
    let grid = try BlockGrid(shape, into: counts, part: "weight")
    if context.isDryRun, let nbits, let dtype = DType(indexBits: nbits) {
      return .palette(
        indices: Tensor(zeros: dtype, shape),
        lut: .dense(Tensor(zeros: tensor.dtype, counts + [1 << nbits, clusterDim])),
        vectorAxis: axis)
    }
    let parts = gatherVectors(tensor, grid, axis)
    var clusterings: [VectorKMeans.Clustering] = []
    for (group, vectors) in parts.enumerated() {
      try context.checkCancelled()
      let problem = VectorKMeans(vectors: vectors, size: clusterDim)
      if mode == .unique {
        guard let distinct = problem.distinct(limit: 256) else {
          throw SkipReason.tooManyValues(limit: 256)
        }
        clusterings.append(distinct)
      } else {
        clusterings.append(
          try problem.cluster(
            into: 1 << (nbits ?? 8), oneOf: groups, seed: UInt64(group), checkCancelled: context.checkCancelled))
      }
    }
    let palettes = clusterings.map {
      Palette(table: $0.centroids.map { precision.round($0) }, indices: $0.indices)
    }
    let bits = try indexBits(entries: clusterings.map { $0.centroids.count / clusterDim }.max() ?? 1, context)
    let dtype = try indexType(bits)
    let stride = (1 << bits) * clusterDim
    var table = [Float](repeating: 0, count: groups * stride)
    var indices = [UInt8](repeating: 0, count: shape.elementCount)
    for (group, palette) in palettes.enumerated() {
      for (i, value) in palette.table.enumerated() { table[group * stride + i] = value }
    }
    var next = [Int](repeating: 0, count: groups)
    grid.forEachRun { start, count, block in
      for i in start..<start + count {
        indices[i] = palettes[block].indices[next[block]]
        next[block] += 1
      }
    }
    return .palette(
      indices: Tensor(codes: indices, dtype: dtype, shape: shape),
      lut: .dense(Tensor(table, shape: counts + [1 << bits, clusterDim]).cast(to: tensor.dtype)),
      vectorAxis: axis)
  }

  func checkDivisible(_ shape: Shape, _ axis: Int, _ groups: Int, _ context: WeightContext)
    throws(SkipReason)
  {
    guard (shape[axis] / groups) % clusterDim == 0 else {
      if granularity == .perGroupedChannel {
        throw .indivisibleGroup(groupSize: shape[axis] / groups, clusterDim: clusterDim)
      }
      throw .indivisible(axis: axis, extent: shape[axis], by: clusterDim, option: "cluster_dim")
    }
    for consumer in context.consumers where consumer.groups > 1 && axis == 0 {
      let extent = shape[0] / consumer.groups
      guard extent % clusterDim == 0 else {
        throw .groupedConvolution(extent: extent, clusterDim: clusterDim, groups: consumer.groups)
      }
    }
  }

  /// The vectors of each block: `clusterDim` consecutive elements along the axis.
  func gatherVectors(_ tensor: Tensor, _ grid: BlockGrid, _ axis: Int) -> [[Float]] {
    let values = tensor.floats()
    let inner = Shape(tensor.shape.dropFirst(axis + 1)).elementCount
    var parts = [[Float]](repeating: [], count: grid.blockCount)
    grid.forEachRun { start, count, block in
      for i in start..<start + count {
        let first = (i / inner) * clusterDim * inner + i % inner
        for d in 0..<clusterDim { parts[block].append(values[first + d * inner]) }
      }
    }
    return parts
  }
}
