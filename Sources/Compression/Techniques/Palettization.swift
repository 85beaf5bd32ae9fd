// SPDX-License-Identifier: Apache-2.0
// Palettization: indices into tables of a few values, or of a few short vectors.

import Encodings
import MIL
import Tensors

/// Replaces each weight by an index into a lookup table, one table per tensor or per group of channels.
package struct Palettization: Technique {
  package enum Mode: String, CaseIterable, Sendable { case kmeans, uniform, unique, custom }
  package enum Granularity: String, CaseIterable, Sendable {
    case perTensor = "per_tensor"
    case perGroupedChannel = "per_grouped_channel"
  }

  package var mode: Mode = .kmeans
  package var nbits: Int?
  package var lutFunction: LUTFunction?
  package var granularity: Granularity = .perTensor
  package var groupSize: Int = 32
  package var channelAxis: Int?
  package var clusterDim: Int = 1
  package var enablePerChannelScale: Bool = false
  package var numKmeansWorkers: Int = 1
  package var weightThreshold: Int = 2048

  package init() {}

  package static let name = "palettize"
  package static let configType = "OpPalettizerConfig"
  package static let summary = "Store weights as indices into lookup tables of 2 to 256 values."
  package static let source = "coremltools: OpPalettizerConfig; exact k-means on a line after Wang and Song 2011, Grønlund et al. 2017"
  package static let action = "palettized"
  package static let suffix = "_palettized"

  package static var options: [TechniqueOption<Self>] {
    [
      .choice("mode", \.mode, "how a table is made: kmeans (least squared error), uniform (evenly spaced), unique (the distinct values), custom (lut_function)"),
      .integer("nbits", \.nbits, oneOf: DType.indexWidths, "bits of an index; needed for kmeans and uniform, not allowed for unique and custom; 3 needs iOS18"),
      .function("lut_function", \.lutFunction, "custom: given one group of a weight, returns its table and the index of each element"),
      .choice("granularity", \.granularity, "what shares a table; per_grouped_channel needs iOS18"),
      .integer("group_size", \.groupSize, in: 0...Int.max, "per_grouped_channel: channels that share a table (0: all)"),
      .integer("channel_axis", \.channelAxis, in: Int.min...Int.max, "per_grouped_channel: the axis of the groups; by default the output channels"),
      .integer("cluster_dim", \.clusterDim, in: 1...Int.max, "entries of a table are vectors of so many weights along the channel axis; more than 1 needs iOS18"),
      .bool("enable_per_channel_scale", \.enablePerChannelScale, "divide by the largest magnitude over the output channels first; needs iOS18"),
      .integer("num_kmeans_workers", \.numKmeansWorkers, in: 1...Int.max, "accepted for coremltools' sake; has no effect"),
      .integer("weight_threshold", \.weightThreshold, in: 0...Int.max, "only weights of more elements are palettized"),
    ]
  }

  package func validate() throws(CompressionError) {
    func fail(_ problem: String) -> CompressionError { .options(technique: Self.name, problem: problem) }
    switch mode {
    case .kmeans, .uniform:
      if nbits == nil { throw fail("mode \(mode.rawValue) needs nbits, one of 1, 2, 3, 4, 6, 8") }
    case .unique, .custom:
      if nbits != nil { throw fail("nbits cannot be set in mode \(mode.rawValue), which finds it by itself") }
    }
    if (mode == .custom) != (lutFunction != nil) {
      throw fail(mode == .custom ? "mode custom needs lut_function" : "lut_function is for mode custom, not \(mode.rawValue)")
    }
    if clusterDim > 1 {
      if mode == .uniform || mode == .custom { throw fail("mode \(mode.rawValue) makes no tables of vectors (cluster_dim \(clusterDim))") }
      if enablePerChannelScale { throw fail("enable_per_channel_scale cannot be used with cluster_dim \(clusterDim)") }
    }
  }

  package var requirement: (opset: Opset, feature: String)? {
    if granularity == .perGroupedChannel { return (.iOS18, "granularity per_grouped_channel") }
    if clusterDim > 1 { return (.iOS18, "cluster_dim \(clusterDim)") }
    if enablePerChannelScale { return (.iOS18, "enable_per_channel_scale") }
    if nbits == 3 { return (.iOS18, "nbits 3") }
    return nil
  }

  package var needsAxes: Bool {
    granularity == .perGroupedChannel ? channelAxis == nil : clusterDim > 1 || enablePerChannelScale
  }

  package func joint(with present: EncodingScheme) -> JointRule {
    if present.contains(.palettized) { return .refused(reason: "it has a table already") }
    if present.contains(.quantized) { return .refused(reason: "integer codes are not clustered; palettize first, then quantize the table") }
    if clusterDim > 1 { return .refused(reason: "a mask over single weights does not fit vectors (cluster_dim \(clusterDim))") }
    if enablePerChannelScale { return .refused(reason: "the format holds no scale between mask and table") }
    return .allowed
  }

  package func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight {
    switch weight {
    case .dense(let tensor):
      return try palettize(tensor, context)
    case .sparse(.plain(let mask, let nonzero)):
      // Zeros need no entry, as the mask stands for them; coremltools spends one.
      let dense = nonzero.scattered(under: mask)
      let (indices, lut) = try scalarPalette(dense, kept: context.compatible ? nil : mask.codes(), context)
      return .sparse(.palette(.plain(mask: mask, nonzero: indices.elements(under: mask)), lut: .dense(lut), vectorAxis: nil))
    default:
      throw CompressionError.cannotJoin(
        weight: context.name, present: weight.scheme, technique: Self.name, reason: "the format holds no such chain")
    }
  }

  private func palettize(_ tensor: Tensor, _ context: WeightContext) throws -> EncodedWeight {
    if clusterDim > 1 { return try vectorPalette(tensor, context) }
    guard enablePerChannelScale else {
      let (indices, lut) = try scalarPalette(tensor, kept: nil, context)
      return .palette(indices: indices, lut: .dense(lut), vectorAxis: nil)
    }
    let axis = try channels(tensor.shape, context).axis
    let scaled = try ChannelScale(tensor, over: axis)
    let (indices, lut) = try scalarPalette(scaled.quotient, kept: nil, context)
    return .palette(indices: indices, lut: scaled.scaling(table: lut), vectorAxis: nil)
  }

  // MARK: Groups

  /// The channel axis and the number of groups along it.
  private func channels(_ shape: Shape, _ context: WeightContext) throws -> (axis: Int, groups: Int) {
    if granularity == .perTensor {
      let needed = needsAxes || context.compatible
      return (needed ? try context.axes().output : context.outputAxis ?? 0, 1)
    }
    let axis: Int
    if let channelAxis {
      guard let counted = shape.normalizedAxis(channelAxis) else { throw SkipReason.channelAxis(channelAxis, rank: shape.count) }
      axis = counted
    } else {
      axis = try context.axes().output
    }
    let size = groupSize == 0 ? shape[axis] : groupSize
    guard shape[axis] % size == 0 else {
      throw SkipReason.indivisible(axis: axis, extent: shape[axis], by: size, option: "group_size")
    }
    return (axis, shape[axis] / size)
  }

  private static func check(_ tensor: Tensor) throws -> WeightPrecision {
    guard let precision = WeightPrecision(tensor.dtype) else { throw SkipReason.elementType(tensor.dtype) }
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    return precision
  }

  // MARK: Scalars

  /// - Parameter kept: which elements count (1) and which do not (0); `nil` for all.
  private func scalarPalette(_ tensor: Tensor, kept: [UInt8]?, _ context: WeightContext) throws -> (indices: Tensor, lut: Tensor) {
    let precision = try Self.check(tensor)
    let (axis, groups) = try channels(tensor.shape, context)
    var counts = Shape(repeating: 1, count: tensor.rank)
    counts[axis] = groups
    let grid = try BlockGrid(tensor.shape, into: counts, part: "weight")
    if context.isDryRun, mode == .kmeans || mode == .uniform, let nbits {
      return try assemble([Palette](repeating: Palette(table: [], indices: []), count: groups), nbits, grid, nil, tensor, .zeros)
    }
    var parts = gather(tensor.floats(), grid, kept)
    var palettes: [Palette] = []
    for group in parts.indices {
      try context.checkCancelled()
      palettes.append(try palette(parts[group], precision, grid, tensor.dtype, context))
      parts[group] = []
    }
    return try assemble(palettes, try indexBits(palettes, context), grid, kept, tensor, .given)
  }

  private func palette(
    _ values: [Float], _ precision: WeightPrecision, _ grid: BlockGrid, _ dtype: DType, _ context: WeightContext
  ) throws -> Palette {
    switch mode {
    case .kmeans:
      return try Palette.kMeans(values, bits: nbits ?? 8, precision, checkCancelled: context.checkCancelled)
    case .uniform:
      return Palette.uniform(values, bits: nbits ?? 8, precision)
    case .unique:
      guard let palette = Palette.unique(values, limit: 256, precision) else { throw SkipReason.tooManyValues(limit: 256) }
      return palette
    case .custom:
      let shape = values.count == grid.blockElements ? zip(grid.shape, grid.counts).map { $0 / $1 } : [values.count]
      return try customPalette(Tensor(values, shape: shape).cast(to: dtype), precision, context)
    }
  }

  private func customPalette(_ group: Tensor, _ precision: WeightPrecision, _ context: WeightContext) throws -> Palette {
    guard let lutFunction else { throw CompressionError.options(technique: Self.name, problem: "mode custom needs lut_function") }
    let (lut, indices) = try lutFunction.body(group)
    func fail(_ problem: String) -> CompressionError { .lutFunction(weight: context.name, problem: problem) }
    guard (1...256).contains(lut.count) else { throw fail("gave a table of \(lut.count) entries; 1 to 256 are possible") }
    guard indices.count == group.count else { throw fail("gave \(indices.count) indices for \(group.count) elements") }
    if let stray = indices.first(where: { !lut.indices.contains($0) }) {
      throw fail("gave the index \(stray), outside its table of \(lut.count) entries")
    }
    return Palette(table: lut.map { precision.round($0) }, indices: indices.map { UInt8($0) })
  }

  /// The narrowest width that holds every group's table.
  private func indexBits(_ palettes: [Palette], _ context: WeightContext) throws -> Int {
    if let nbits { return nbits }
    let entries = palettes.map(\.table.count).max() ?? 1
    let widths = DType.indexWidths.filter { $0 != 3 || context.opset >= .iOS18 }
    guard let bits = widths.first(where: { 1 << $0 >= entries }) else { throw SkipReason.tooManyValues(limit: 256) }
    return bits
  }

  /// The elements of each block, in row-major order.
  private func gather(_ values: [Float], _ grid: BlockGrid, _ kept: [UInt8]?) -> [[Float]] {
    if grid.blockCount == 1, kept == nil { return [values] }
    var parts = [[Float]](repeating: [], count: grid.blockCount)
    for i in parts.indices { parts[i].reserveCapacity(grid.blockElements) }
    grid.forEachRun { start, count, block in
      guard let kept else {
        parts[block].append(contentsOf: values[start..<start + count])
        return
      }
      for i in start..<start + count where kept[i] != 0 { parts[block].append(values[i]) }
    }
    return parts
  }

  private enum Indices { case given, zeros }

  /// Tables and indices of all blocks as tensors.
  private func assemble(
    _ palettes: [Palette], _ bits: Int, _ grid: BlockGrid, _ kept: [UInt8]?, _ tensor: Tensor, _ source: Indices
  ) throws -> (indices: Tensor, lut: Tensor) {
    guard let dtype = DType(indexBits: bits) else { throw SkipReason.tooManyValues(limit: 256) }
    let entries = 1 << bits
    var table = [Float](repeating: 0, count: palettes.count * entries)
    for (block, palette) in palettes.enumerated() {
      for (i, value) in palette.table.enumerated() { table[block * entries + i] = value }
    }
    let lut = Tensor(table, shape: grid.counts + [entries, 1]).cast(to: tensor.dtype)
    if source == .zeros { return (Tensor(zeros: dtype, tensor.shape), lut) }
    if palettes.count == 1, kept == nil { return (Tensor(codes: palettes[0].indices, dtype: dtype, shape: tensor.shape), lut) }
    var indices = [UInt8](repeating: 0, count: tensor.count)
    var next = [Int](repeating: 0, count: palettes.count)
    grid.forEachRun { start, count, block in
      palettes[block].indices.withUnsafeBufferPointer { given in
        for i in start..<start + count where kept.map({ $0[i] != 0 }) ?? true {
          indices[i] = given[next[block]]
          next[block] += 1
        }
      }
    }
    return (Tensor(codes: indices, dtype: dtype, shape: tensor.shape), lut)
  }

  // MARK: Vectors

  private func vectorPalette(_ tensor: Tensor, _ context: WeightContext) throws -> EncodedWeight {
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
        indices: Tensor(zeros: dtype, shape), lut: .dense(Tensor(zeros: tensor.dtype, counts + [1 << nbits, clusterDim])), vectorAxis: axis)
    }
    let parts = gatherVectors(tensor, grid, axis)
    var clusterings: [VectorKMeans.Clustering] = []
    for (group, vectors) in parts.enumerated() {
      try context.checkCancelled()
      let problem = VectorKMeans(vectors: vectors, size: clusterDim)
      if mode == .unique {
        guard let distinct = problem.distinct(limit: 256) else { throw SkipReason.tooManyValues(limit: 256) }
        clusterings.append(distinct)
      } else {
        clusterings.append(try problem.cluster(into: 1 << (nbits ?? 8), seed: UInt64(group), checkCancelled: context.checkCancelled))
      }
    }
    let palettes = clusterings.map { Palette(table: $0.centroids.map { precision.round($0) }, indices: $0.indices) }
    let bits = try indexBits(clusterings.map { Palette(table: Array($0.centroids.prefix($0.centroids.count / clusterDim)), indices: []) }, context)
    guard let dtype = DType(indexBits: bits) else { throw SkipReason.tooManyValues(limit: 256) }
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
      lut: .dense(Tensor(table, shape: counts + [1 << bits, clusterDim]).cast(to: tensor.dtype)), vectorAxis: axis)
  }

  private func checkDivisible(_ shape: Shape, _ axis: Int, _ groups: Int, _ context: WeightContext) throws(SkipReason) {
    guard (shape[axis] / groups) % clusterDim == 0 else {
      if granularity == .perGroupedChannel { throw .indivisibleGroup(groupSize: shape[axis] / groups, clusterDim: clusterDim) }
      throw .indivisible(axis: axis, extent: shape[axis], by: clusterDim, option: "cluster_dim")
    }
    for consumer in context.consumers where consumer.groups > 1 && axis == 0 {
      let extent = shape[0] / consumer.groups
      guard extent % clusterDim == 0 else {
        throw .groupedConvolution(extent: extent, clusterDim: clusterDim, groups: consumer.groups)
      }
    }
  }

  /// The vectors of each block: `clusterDim` elements one after the other along the axis.
  private func gatherVectors(_ tensor: Tensor, _ grid: BlockGrid, _ axis: Int) -> [[Float]] {
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
