// SPDX-License-Identifier: Apache-2.0
// 3×3 convolution with stride 1 by Winograd's minimal filtering, in slices of tiles and output channels.

import CKernels
import Tensors

/// A prepared 3×3 convolution of channels-last images with stride 1. A tile of 2×2 outputs takes 16 multiplications for each pair of
/// channels instead of 36, a tile of 4×4 takes 36 instead of 144.
package final class WinogradConvolution {
  /// Extents. The padding at the end follows from the output's.
  package struct Geometry: Sendable {
    package var images: Int
    package var channels: Int
    package var height: Int
    package var width: Int
    package var outputs: Int
    package var outputHeight: Int
    package var outputWidth: Int
    /// Rows above and columns before the input, at most 2.
    package var padTop: Int
    package var padLeft: Int

    package init(
      images: Int, channels: Int, input: (height: Int, width: Int), outputs: Int, output: (height: Int, width: Int),
      padding: (top: Int, left: Int)
    ) {
      (self.images, self.channels, self.outputs) = (images, channels, outputs)
      (height, width) = input
      (outputHeight, outputWidth) = output
      (padTop, padLeft) = padding
    }

    /// Operations of the convolution by its definition.
    var flops: Int { 2 * images * outputHeight * outputWidth * outputs * channels * 9 }
  }

  private struct Slice {
    let tiles: Range<Int>
    /// Blocks of output channels.
    let blocks: Range<Int>
  }

  private let geometry: Geometry
  package let tile: Tile
  /// Transformed weights.
  private let weight: TensorStorage
  private let blocks: Int
  private let slices: [Slice]
  private let lanes: Int
  private let bytesPerLane: Int

  private static let block = CK_WINOGRAD_BLOCK
  /// Bytes of transformed inputs and sums that stay in the L2 cache.
  private static let scratchLimit = 1 << 20
  /// Bytes of weights that the L2 cache keeps from one group of tiles to the next.
  private static let keptBytes = 1 << 20
  /// Tiles that use each weight often enough: the most whose sums fit in registers.
  private static let leastTiles = 14

  /// - Precondition: all extents are positive, and the padding is at most 2.
  ///
  /// - Parameter weight: transformed weights of the same values and tile, of another plan.
  package init(_ geometry: Geometry, tile: Tile, weight shared: TensorStorage? = nil) {
    self.geometry = geometry
    self.tile = tile
    let size = tile.rawValue
    let count = ck_winograd_weight_count(Int32(size), geometry.outputs, geometry.channels)
    let bytes = count * MemoryLayout<Float>.size
    weight = shared ?? TensorStorage(byteCount: bytes)
    blocks = (geometry.outputs + Self.block - 1) / Self.block
    let tiles = tile.count(geometry)
    func scratchBytes(_ tiles: Int) -> Int { ck_winograd_scratch(Int32(size), geometry.channels, tiles) * MemoryLayout<Float>.size }
    let wanted = Slices.count(flops: tile.flops(geometry))
    // Each slice of channels transforms the inputs again; each group of tiles reads all weights again.
    let mostParts = max(blocks / 2, 1)
    var parts = bytes > Self.keptBytes ? min(wanted, mostParts, 4) : 1
    let fitting = max(Self.scratchLimit / scratchBytes(1), Self.leastTiles)
    let fewest = (tiles + fitting - 1) / fitting
    let groups = max(fewest, min((wanted + parts - 1) / parts, tiles / Self.leastTiles))
    if groups * parts < wanted { parts = max(parts, min((wanted + groups - 1) / groups, mostParts)) }
    let ranges = Slices.ranges(of: tiles, parts: groups)
    slices = Slices.ranges(of: blocks, parts: parts).flatMap { blocks in ranges.map { Slice(tiles: $0, blocks: blocks) } }
    lanes = max(1, min(slices.count, Parallel.threads))
    bytesPerLane = scratchBytes(ranges[0].count).alignedToLine
  }

  /// The transformed weights, for another plan.
  package var transformedWeight: TensorStorage { weight }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  package var scratchByteCount: Int { lanes * bytesPerLane }

  /// Transforms the weights.
  ///
  /// - Parameters:
  ///   - weight: 3×3 contiguous floats for each pair of channels.
  ///   - strides: from one output or input channel to the next, in floats.
  ///   - flipped: whether both spatial axes are reversed.
  package func pack(_ weight: UnsafePointer<Float>, strides: (output: Int, channel: Int), flipped: Bool = false) {
    let packed = self.weight.base.assumingMemoryBound(to: Float.self)
    Parallel.forEach(blocks) { block in
      ck_winograd_pack(
        packed, Int32(tile.rawValue), weight, geometry.outputs, geometry.channels, strides.output, strides.channel, flipped, block,
        block + 1)
    }
  }

  /// Computes the output with the weights packed last.
  ///
  /// - Parameters:
  ///   - bias: one value for each output channel.
  ///   - slice: the only one to compute.
  ///   - epilogue: further post-ops, for each pixel of a slice when it has been computed: the offset of its first element, that element's
  ///     channel, and the number of elements.
  package func run(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>?, post: SumPost,
    scratch: UnsafeMutableRawPointer, slice: Int? = nil,
    epilogue: ((_ element: Int, _ channel: Int, _ count: Int) -> Void)? = nil
  ) {
    let indices = slice.map { $0..<$0 + 1 } ?? slices.indices
    let g = geometry
    var own = post.loop
    var convolution = ck_winograd(
      weight: weight.base.assumingMemoryBound(to: Float.self), bias: bias, channels: g.channels, height: g.height, width: g.width,
      outputs: g.outputs,
      output_height: g.outputHeight, output_width: g.outputWidth, pad_top: g.padTop, pad_left: g.padLeft, tile: Int32(tile.rawValue))
    withUnsafePointers(&convolution, &own) { convolution, post in
      Parallel.forEach(indices.count, lanes: lanes) { index, lane in
        let slice = slices[indices.lowerBound + index]
        let part = (scratch + lane * bytesPerLane).assumingMemoryBound(to: Float.self)
        ck_winograd_run(
          y, x, convolution, post, slice.tiles.lowerBound, slice.tiles.count, slice.blocks.lowerBound, slice.blocks.upperBound, part)
        if let epilogue { self.epilogue(slice, epilogue) }
      }
    }
  }

  /// The elements of x and y that each slice reads and writes, or more.
  package var extents: [(x: Range<Int>, y: Range<Int>)] {
    let (g, m) = (geometry, tile.rawValue)
    let (rows, columns) = ((g.outputHeight + m - 1) / m, (g.outputWidth + m - 1) / m)
    return slices.map { slice in
      let (first, last) = (slice.tiles.lowerBound / columns, (slice.tiles.upperBound - 1) / columns)
      func output(_ line: Int, _ row: Int) -> Int { line / rows * g.outputHeight + min(g.outputHeight, line % rows * m + row) }
      func input(_ line: Int, _ row: Int) -> Int {
        line / rows * g.height + min(g.height, max(0, line % rows * m + row - g.padTop))
      }
      let (x, y) = (g.width * g.channels, g.outputWidth * g.outputs)
      return (
        input(first, 0) * x..<max(input(first, 0), input(last, m + 2)) * x, output(first, 0) * y..<output(last, m) * y
      )
    }
  }

  /// Bytes of scratch memory, aligned to 64, of a slice that runs on its own.
  package var scratchByteCountPerSlice: Int { bytesPerLane }

  private func epilogue(_ slice: Slice, _ body: (Int, Int, Int) -> Void) {
    let (g, m) = (geometry, tile.rawValue)
    let (rows, columns) = ((g.outputHeight + m - 1) / m, (g.outputWidth + m - 1) / m)
    let channel = slice.blocks.lowerBound * Self.block
    let count = min(slice.blocks.upperBound * Self.block, g.outputs) - channel
    for index in slice.tiles {
      let (image, top, left) = (index / (rows * columns), index / columns % rows * m, index % columns * m)
      for row in top..<min(top + m, g.outputHeight) {
        for column in left..<min(left + m, g.outputWidth) {
          body(((image * g.outputHeight + row) * g.outputWidth + column) * g.outputs + channel, channel, count)
        }
      }
    }
  }
}

private func withUnsafePointers<A, B>(_ a: inout A, _ b: inout B, _ body: (UnsafePointer<A>, UnsafePointer<B>) -> Void) {
  withUnsafePointer(to: &a) { a in withUnsafePointer(to: &b) { body(a, $0) } }
}
