// SPDX-License-Identifier: Apache-2.0
// Lookup tables of scalars, one for each group of channels.

import Encodings
import MIL
import Options
import Tensors
import WeightArithmetic
import WeightStorage

extension Palettization {
  /// - Parameter kept: which elements are used (1) and which are masked (0); `nil` for all.
  func scalarPalette(_ tensor: Tensor, kept: [UInt8]?, _ context: WeightContext) throws -> (
    indices: Tensor, lut: Tensor
  ) {
    _ = try Self.check(tensor)
    let (axis, groups) = try channels(tensor.shape, context)
    var counts = Shape(repeating: 1, count: tensor.rank)
    counts[axis] = groups
    let grid = try BlockGrid(tensor.shape, into: counts, part: "weight")
    if context.isDryRun, mode == .kmeans || mode == .uniform, let nbits {
      return try assemble(
        [Palette](repeating: Palette(table: [], indices: []), count: groups), nbits, grid, nil,
        tensor, .zeros)
    }
    if groups == 1, kept == nil, mode == .kmeans || mode == .unique {
      return try tensor.withGroupElements { elements in
        let intervals = try intervalTable(elements, context)
        let bits = try indexBits(entries: intervals.table.count, context)
        return (
          Tensor(codes: try indexType(bits), tensor.shape, fillStretch: intervals.writer(elements)),
          lookupTable([intervals.table], bits, grid, tensor.dtype)
        )
      }
    }
    let palettes = try forEachGroup(of: tensor, grid, kept) { elements in
      try context.checkCancelled()
      return try palette(elements, grid, tensor.dtype, context)
    }
    return try assemble(palettes, try indexBits(entries: palettes.map(\.table.count).max() ?? 1, context), grid, kept, tensor, .given)
  }

  private func palette(
    _ elements: GroupElements, _ grid: BlockGrid, _ dtype: DType, _ context: WeightContext
  ) throws -> Palette {
    switch mode {
    case .kmeans, .unique:
      return try intervalTable(elements, context).palette(elements)
    case .uniform:
      return Palette.uniform(elements, bits: nbits ?? 8)
    case .custom:
      let shape =
        elements.count == grid.blockElements
        ? zip(grid.shape, grid.counts).map { $0 / $1 } : [elements.count]
      return try customPalette(Tensor(elements.floats, shape: shape).cast(to: dtype), elements.precision, context)
    }
  }

  /// The table of a group whose entries represent intervals: by k-means, or from distinct values.
  private func intervalTable(_ elements: GroupElements, _ context: WeightContext) throws -> IntervalTable {
    try context.checkCancelled()
    guard mode == .unique else {
      return try IntervalTable.kMeans(elements, bits: nbits ?? 8, checkCancelled: context.checkCancelled)
    }
    guard let table = IntervalTable.unique(elements, limit: 256) else { throw SkipReason.tooManyValues(limit: 256) }
    return table
  }

  func customPalette(
    _ group: Tensor, _ precision: WeightPrecision, _ context: WeightContext
  ) throws -> Palette {
    guard let lutFunction else {
      throw OptionError.combination(
        of: Self.name, problem: "mode custom needs lut_function")
    }
    let (lut, indices) = try lutFunction.body(group, context)
    func fail(_ problem: String) -> CompressionError {
      .lutFunction(weight: context.name, problem: problem)
    }
    guard (1...256).contains(lut.count) else {
      throw fail("gave a table of \(lut.count) entries; 1 to 256 are possible")
    }
    guard indices.count == group.count else {
      throw fail("gave \(indices.count) indices for \(group.count) elements")
    }
    if let stray = indices.first(where: { !lut.indices.contains($0) }) {
      throw fail("gave the index \(stray), outside its table of \(lut.count) entries")
    }
    let table = lut.map { precision.round($0) }
    if let stray = table.firstIndex(where: { !$0.isFinite }) {
      throw fail("returned the entry \(lut[stray]), which \(group.dtype) cannot represent")
    }
    return Palette(table: table, indices: indices.map { UInt8($0) })
  }

  /// The smallest index width for a table with this number of entries, which is that of the largest group.
  func indexBits(entries: Int, _ context: WeightContext) throws -> Int {
    if let nbits { return nbits }
    let widths = DType.indexWidths.filter { $0 != 3 || context.opset >= .iOS18 }
    guard let bits = widths.first(where: { 1 << $0 >= entries }) else {
      throw SkipReason.tooManyValues(limit: 256)
    }
    return bits
  }

  /// Calls `body` with each group's elements in row-major order: in parallel, except for a user-defined function,
  /// which must run on the caller's thread.
  private func forEachGroup(
    of tensor: Tensor, _ grid: BlockGrid, _ kept: [UInt8]?, _ body: (GroupElements) throws -> Palette
  ) throws -> [Palette] {
    func each<Element>(
      _ all: UnsafeBufferPointer<Element>, _ elements: (UnsafeBufferPointer<Element>) -> GroupElements
    ) throws -> [Palette] {
      let isContiguous = kept == nil && grid.blocksAreContiguous
      let parts = isContiguous ? [] : gather(all, grid, kept)
      func run(_ group: Int) throws -> Palette {
        guard isContiguous else { return try parts[group].withUnsafeBufferPointer { try body(elements($0)) } }
        let count = grid.blockElements
        return try body(elements(UnsafeBufferPointer(rebasing: all[group * count..<(group + 1) * count])))
      }
      return mode == .custom ? try (0..<grid.blockCount).map(run) : try Parallel.tryMap(grid.blockCount, run)
    }
    return try tensor.withGroupElements { elements in
      switch elements {
      case .halves(let halves): try each(halves) { .halves($0) }
      case .singles(let floats): try each(floats) { .singles($0) }
      }
    }
  }

  /// The elements of each block, in row-major order.
  private func gather<Element>(
    _ values: UnsafeBufferPointer<Element>, _ grid: BlockGrid, _ kept: [UInt8]?
  ) -> [[Element]] {
    var parts = [[Element]](repeating: [], count: grid.blockCount)
    for i in parts.indices { parts[i].reserveCapacity(kept == nil ? grid.blockElements : 0) }
    grid.forEachRun { start, count, block in
      guard let kept else {
        parts[block].append(contentsOf: values[start..<start + count])
        return
      }
      for i in start..<start + count where kept[i] != 0 { parts[block].append(values[i]) }
    }
    return parts
  }

  func indexType(_ bits: Int) throws -> DType {
    guard let dtype = DType(indexBits: bits) else { throw SkipReason.tooManyValues(limit: 256) }
    return dtype
  }

  /// The tables of all blocks, padded with zeros.
  func lookupTable(_ tables: [[Float]], _ bits: Int, _ grid: BlockGrid, _ dtype: DType) -> Tensor {
    let entries = 1 << bits
    var all = [Float](repeating: 0, count: tables.count * entries)
    for (block, table) in tables.enumerated() {
      for (i, value) in table.enumerated() { all[block * entries + i] = value }
    }
    return Tensor(all, shape: grid.counts + [entries, 1]).cast(to: dtype)
  }

  enum Indices { case given, zeros }

  /// Tables and indices of all blocks as tensors.
  func assemble(
    _ palettes: [Palette], _ bits: Int, _ grid: BlockGrid, _ kept: [UInt8]?, _ tensor: Tensor,
    _ source: Indices
  ) throws -> (indices: Tensor, lut: Tensor) {
    let dtype = try indexType(bits)
    let lut = lookupTable(palettes.map(\.table), bits, grid, tensor.dtype)
    if source == .zeros { return (Tensor(zeros: dtype, tensor.shape), lut) }
    if palettes.count == 1, kept == nil {
      return (Tensor(codes: palettes[0].indices, dtype: dtype, shape: tensor.shape), lut)
    }
    var indices = [UInt8](repeating: 0, count: tensor.count)
    var next = [Int](repeating: 0, count: palettes.count)
    indices.withUnsafeMutableBufferPointer { indices in
      grid.forEachRun { start, count, block in
        palettes[block].indices.withUnsafeBufferPointer { given in
          let first = next[block]
          guard let kept else {
            _ = indices[start..<start + count].update(fromContentsOf: given[first..<first + count])
            next[block] = first + count
            return
          }
          for i in start..<start + count where kept[i] != 0 {
            indices[i] = given[next[block]]
            next[block] += 1
          }
        }
      }
    }
    return (Tensor(codes: indices, dtype: dtype, shape: tensor.shape), lut)
  }
}
