// SPDX-License-Identifier: Apache-2.0
// Palettization of quantized weights: lookup tables of integer codes that keep the existing scales.

import Encodings
import Tensors
import WeightArithmetic
import WeightStorage

extension Palettization {
  /// The reason why quantized weights cannot be palettized with these options, if any.
  var jointWithCodes: JointRule {
    if mode == .custom { return .refused(reason: "lut_function expects the elements of a weight, not integer codes") }
    if clusterDim > 1 {
      return .refused(reason: "scales belong to single codes, not to vectors of them (cluster_dim \(clusterDim))")
    }
    if enablePerChannelScale {
      return .refused(reason: "its codes have a scale already, which enable_per_channel_scale would add again")
    }
    return .allowed
  }

  /// Indices into tables of codes, and the tables with their scales.
  ///
  /// The error of a code is weighted by the square of its scale, which is its contribution to the error of the
  /// weight.
  ///
  /// - Parameter kept: which codes are used (1) and which are masked (0); `nil` for all.
  func codePalette(
    _ codes: Tensor, _ scale: Tensor, _ offset: Tensor?, kept: [UInt8]?, _ context: WeightContext
  ) throws -> (indices: Tensor, lut: EncodedWeight) {
    let strange = scale.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    let (axis, groups) = try channels(codes.shape, context)
    var counts = Shape(repeating: 1, count: codes.rank)
    counts[axis] = groups
    guard max(groups, scale.shape[axis]) % min(groups, scale.shape[axis]) == 0 else {
      throw SkipReason.unnested(axis: axis, groups: groups, blocks: scale.shape[axis])
    }
    let grid = try BlockGrid(codes.shape, into: counts, part: "weight")
    let indices: Tensor
    let tables: Tensor
    if context.isDryRun, mode != .unique, let nbits {
      let empty = [Palette](repeating: Palette(table: [], indices: []), count: groups)
      (indices, tables) = try assemble(empty, nbits, grid, nil, codes, .zeros)
    } else {
      let palettes = try palettes(CodeGroups(codes, scale, counts, kept), context)
      (indices, tables) = try assemble(
        palettes, try indexBits(entries: palettes.map(\.table.count).max() ?? 1, context), grid, kept, codes, .given)
    }
    return (indices, try .blockwise(tables: tables, scale: scale, offset: offset))
  }

  private func palettes(_ groups: CodeGroups, _ context: WeightContext) throws -> [Palette] {
    try Parallel.tryMap(groups.codes.count) { group in
      try context.checkCancelled()
      let (table, index) = table(groups.weights(group), context)
      let map = (0..<256).map { index($0 + groups.lowest) }
      return Palette(table: table.map { Float($0) }, indices: groups.codes[group].map { map[Int($0)] })
    }
  }

  /// The table of a group, and a function from codes to indices.
  private func table(_ weights: CodeWeights, _ context: WeightContext) -> (table: [Int], index: (Int) -> UInt8) {
    let entries = 1 << (nbits ?? 8)
    let table: [Int]
    if mode == .uniform, let low = weights.codes.first, let high = weights.codes.last {
      let steps = Double(entries - 1)
      let spaced = (0..<entries).map { Double($0) * (Double(high - low) / steps) + Double(low) }
      if context.compatible {
        // coremltools truncates the entries, but computes the indices from the exact ones.
        return (
          spaced.map { Int($0) },
          { code in
            let place = Double(code - low) / Double(max(high - low, 1)) * steps
            return UInt8(min(max(place.rounded(.toNearestOrEven), 0), steps))
          }
        )
      }
      table = spaced.map { Int($0.rounded()) }
    } else {
      table = mode == .unique ? weights.codes : weights.kMeans(entries: entries)
    }
    return (table, { Self.nearest(to: $0, in: table) })
  }

  /// The index of the nearest number in an ascending list. The first of equally near numbers is used.
  private static func nearest(to value: Int, in numbers: [Int]) -> UInt8 {
    var best = 0
    for i in numbers.indices where abs(numbers[i] - value) < abs(numbers[best] - value) { best = i }
    return UInt8(truncatingIfNeeded: best)
  }
}

/// The codes of a quantized weight, grouped by the table that they share.
private struct CodeGroups {
  /// The smallest value of the code's dtype.
  let lowest: Int
  /// The codes of each group in row-major order, as offsets from `lowest`.
  private(set) var codes: [[UInt8]]
  private var sums: [[Double]]

  /// - Parameter counts: the number of groups along each axis. Along each axis, either it or the number of blocks of
  ///   the scale is a multiple of the other.
  init(_ tensor: Tensor, _ scale: Tensor, _ counts: Shape, _ kept: [UInt8]?) throws {
    let range = tensor.dtype.integerRange ?? 0...255
    lowest = range.lowerBound
    codes = [[UInt8]](repeating: [], count: counts.elementCount)
    sums = [[Double]](repeating: [Double](repeating: 0, count: 256), count: codes.count)
    // Each cell of the finer of the two partitions is in exactly one group and one block of the scale.
    let cells = zip(counts, scale.shape).map { max($0, $1) }
    let group = try BlockGrid(cells, into: counts, part: "lut").blockNumbers
    let block = try BlockGrid(cells, into: scale.shape, part: "scale").blockNumbers
    let weights = CodeWeights.ofElements(scales: scale.floats())
    let shift = UInt8(truncatingIfNeeded: -lowest)
    let patterns = tensor.codes()
    try BlockGrid(tensor.shape, into: cells, part: "weight").forEachRun { start, count, cell in
      let (group, weight) = (group[cell], weights[block[cell]])
      for i in start..<start + count where kept.map({ $0[i] != 0 }) ?? true {
        let code = patterns[i] &+ shift
        codes[group].append(code)
        sums[group][Int(code)] += weight
      }
    }
  }

  func weights(_ group: Int) -> CodeWeights { CodeWeights(sums: sums[group], lowest: lowest) }
}
