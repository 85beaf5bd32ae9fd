// SPDX-License-Identifier: Apache-2.0
// Products of many rows with packed weights, in slices of rows and columns.

import CKernels
import Tensors

/// A prepared product of rows with 32-bit weights: `y[rows, columns] = x[rows, inner] · weight[inner, columns]`. The rows of x may be the
/// windows of a convolution.
package final class DenseProduct {
  private struct Slice {
    let rows: Range<Int>
    /// The rows in parts that one call computes.
    let parts: [Range<Int>]
    /// Blocks of columns.
    let blocks: Range<Int>
  }

  private let rows: Int
  private let inner: Int
  private let columns: Int
  private let windows: ck_windows?
  private let blocks: Int
  private let slices: [Slice]
  private let lanes: Int
  /// Floats from one row to the next of the copies of x that are multiplied; 0 if x itself is.
  private let copyStride: Int
  /// Whether all rows are copied before the product, because several slices read each.
  private let copiesFirst: Bool
  /// Packed weights.
  package let weight: TensorStorage

  private static let block = CK_PRODUCT_BLOCK
  private static let mostRows = CK_PRODUCT_ROWS
  /// Rows that use each weight often enough: the most whose sums fit in registers.
  private static let leastRows = 14
  /// Bytes of copied rows that several slices may read from the last cache.
  private static let mostCopied = 1 << 22
  /// Rows that lie at multiples of this many floats compete for the same lines of the first cache.
  private static let aliasing = 1024

  /// - Precondition: all extents are positive.
  /// - Parameters:
  ///   - windows: what the rows of x are; `nil` if x is a contiguous matrix.
  ///   - weight: packed weights of the same values, of another plan.
  package init(rows: Int, inner: Int, columns: Int, windows: ck_windows? = nil, weight shared: TensorStorage? = nil) {
    (self.rows, self.inner, self.columns, self.windows) = (rows, inner, columns, windows)
    weight = shared ?? TensorStorage(byteCount: ck_product_weight_count(columns, inner) * MemoryLayout<Float>.size)
    blocks = (columns + Self.block - 1) / Self.block
    // An additional vector keeps rows out of each other's way.
    copyStride = windows != nil || inner % Self.aliasing == 0 && rows > 1 ? inner + 16 : 0
    let wanted = Slices.count(flops: 2 * rows * inner * columns, chained: true)
    let copiedBytes = rows * copyStride * MemoryLayout<Float>.size
    let parts = copiedBytes > Self.mostCopied ? 1 : Self.parts(wanted, rows: rows, columns: columns)
    let groups = max(1, min((wanted + parts - 1) / parts, rows / Self.leastRows))
    let ranges = Self.ranges(of: rows, parts: groups)
    slices = Slices.ranges(of: blocks, parts: parts).flatMap { blocks in
      ranges.map { Slice(rows: $0, parts: Self.parts(of: $0), blocks: blocks) }
    }
    copiesFirst = copyStride > 0 && parts > 1
    lanes = max(1, min(slices.count, Parallel.threads))
  }

  /// Into how many parts the columns are cut, so that about `wanted` slices read the least: each slice of columns reads all rows, and
  /// each slice of rows reads all weights.
  private static func parts(_ wanted: Int, rows: Int, columns: Int) -> Int {
    func isLess(_ a: Int, _ b: Int) -> Bool {
      func slices(_ parts: Int) -> (count: Int, read: Int) {
        let groups = max(1, min((wanted + parts - 1) / parts, rows / leastRows))
        return (min(groups * parts, wanted), parts * rows + groups * columns)
      }
      let (a, b) = (slices(a), slices(b))
      return (-a.count, a.read) < (-b.count, b.read)
    }
    return (1...max(1, min(wanted, (columns + block - 1) / block))).min(by: isLess) ?? 1
  }

  private static func parts(of rows: Range<Int>) -> [Range<Int>] {
    ranges(of: rows.count, parts: (rows.count + mostRows - 1) / mostRows).map { part in
      part.lowerBound + rows.lowerBound..<part.upperBound + rows.lowerBound
    }
  }

  /// Ranges of whole groups of rows, where there are enough.
  private static func ranges(of rows: Int, parts: Int) -> [Range<Int>] {
    let length = (rows + parts - 1) / parts
    let whole = (length + leastRows - 1) / leastRows * leastRows
    return stride(from: 0, to: rows, by: whole).map { $0..<min(rows, $0 + whole) }
  }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  package var scratchByteCount: Int { lanes * bytesPerLane + (copiesFirst ? copyByteCount(rows) : 0) }

  private var bytesPerLane: Int {
    CK_PRODUCT_SCRATCH * MemoryLayout<Float>.size + (copiesFirst ? 0 : copyByteCount(min(rows, Self.mostRows)))
  }

  private func copyByteCount(_ rows: Int) -> Int { (rows * copyStride * MemoryLayout<Float>.size).alignedToLine }

  /// Packs the weights.
  ///
  /// - Parameters:
  ///   - taps: elements of a window; the inner index is that of the tap, then that of the channel.
  ///   - strides: from one column or channel to the next, in floats; taps are contiguous.
  package func pack(_ weight: UnsafePointer<Float>, taps: Int = 1, strides: (column: Int, channel: Int)) {
    var order = ck_product_order(channels: inner / taps, taps: taps, column_stride: strides.column, channel_stride: strides.channel)
    let packed = self.weight.base.assumingMemoryBound(to: Float.self)
    withUnsafePointer(to: &order) { order in
      Parallel.forEach(blocks) { ck_product_pack(packed, weight, order, columns, $0, $0 + 1) }
    }
  }

  /// Computes y with the weights packed last.
  ///
  /// - Parameters:
  ///   - bias: one value for each column.
  ///   - epilogue: further post-ops, for each row of a slice when it has been computed: the offset of its first element, that element's
  ///     column, and the number of elements.
  package func run(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>?, post: SumPost,
    scratch: UnsafeMutableRawPointer, epilogue: ((_ element: Int, _ column: Int, _ count: Int) -> Void)? = nil
  ) {
    let copies = (scratch + lanes * bytesPerLane).assumingMemoryBound(to: Float.self)
    if copiesFirst {
      let ranges = Slices.ranges(of: rows, parts: (rows + Self.mostRows - 1) / Self.mostRows)
      Parallel.forEach(ranges.count) { copy(x, ranges[$0], to: copies + ranges[$0].lowerBound * copyStride) }
    }
    Parallel.forEach(slices.count, lanes: lanes) { index, lane in
      run(slices[index], x, copiesFirst ? copies : nil, to: y, bias, post, scratch + lane * bytesPerLane, epilogue)
    }
  }

  /// The rows of x, or the elements of the images that windows cover, and the rows of y of each slice; `nil` if slices read memory that
  /// `run` prepares.
  package var extents: [(x: Range<Int>, y: Range<Int>)]? {
    guard !copiesFirst else { return nil }
    return slices.map { slice in
      let x = windows.map { $0.elements(of: slice.rows) } ?? slice.rows.lowerBound * inner..<slice.rows.upperBound * inner
      return (x, slice.rows.lowerBound * columns..<slice.rows.upperBound * columns)
    }
  }

  /// Bytes of scratch memory, aligned to 64, of a slice that runs on its own.
  package var scratchByteCountPerSlice: Int { bytesPerLane }

  /// Computes one of the slices in `extents`.
  package func run(
    slice: Int, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>?, post: SumPost,
    scratch: UnsafeMutableRawPointer, epilogue: ((_ element: Int, _ column: Int, _ count: Int) -> Void)? = nil
  ) {
    run(slices[slice], x, nil, to: y, bias, post, scratch, epilogue)
  }

  private func run(
    _ slice: Slice, _ x: UnsafePointer<Float>, _ copies: UnsafeMutablePointer<Float>?, to y: UnsafeMutablePointer<Float>,
    _ bias: UnsafePointer<Float>?, _ post: SumPost, _ scratch: UnsafeMutableRawPointer, _ epilogue: ((Int, Int, Int) -> Void)?
  ) {
    let sums = scratch.assumingMemoryBound(to: Float.self)
    for rows in slice.parts {
      var (from, stride) = (x + rows.lowerBound * inner, inner)
      if copyStride > 0 {
        let own = copies.map { $0 + rows.lowerBound * copyStride } ?? sums + CK_PRODUCT_SCRATCH
        if copies == nil { copy(x, rows, to: own) }
        (from, stride) = (UnsafePointer(own), copyStride)
      }
      multiply(from, stride, rows, slice.blocks, to: y, bias, post, sums)
      if let epilogue { self.epilogue(rows, slice.blocks, epilogue) }
    }
  }

  private func copy(_ x: UnsafePointer<Float>, _ rows: Range<Int>, to copies: UnsafeMutablePointer<Float>) {
    guard var windows else {
      for (i, row) in rows.enumerated() { (copies + i * copyStride).update(from: x + row * inner, count: inner) }
      return
    }
    ck_windows_gather(copies, copyStride, x, &windows, rows.lowerBound, rows.count)
  }

  private func multiply(
    _ x: UnsafePointer<Float>, _ stride: Int, _ rows: Range<Int>, _ blocks: Range<Int>, to y: UnsafeMutablePointer<Float>,
    _ bias: UnsafePointer<Float>?, _ post: SumPost, _ sums: UnsafeMutablePointer<Float>
  ) {
    let first = rows.lowerBound * columns
    var product = ck_product(
      weight: weight.base.assumingMemoryBound(to: Float.self), bias: bias, inner: inner, columns: columns, x_stride: stride)
    var post = post
    post.addend = post.addend.map { $0 + first }
    var loop = post.loop
    ck_product_run(y + first, x, &product, &loop, rows.count, blocks.lowerBound, blocks.upperBound, sums)
  }

  private func epilogue(_ rows: Range<Int>, _ blocks: Range<Int>, _ body: (Int, Int, Int) -> Void) {
    let column = blocks.lowerBound * Self.block
    let count = min(blocks.upperBound * Self.block, columns) - column
    for row in rows { body(row * columns + column, column, count) }
  }
}

extension ck_windows {
  /// The elements of the images that the windows of some output pixels cover, or more.
  fileprivate func elements(of pixels: Range<Int>) -> Range<Int> {
    func row(_ pixel: Int) -> (image: Int, row: Int) {
      let line = pixel / output_width
      return (line / output_height, line % output_height * row_step)
    }
    let (first, last) = (row(pixels.lowerBound), row(pixels.upperBound - 1))
    let from = min(max(0, first.row - pad_top), height)
    let to = max(0, min(height, last.row - pad_top + (kernel_height - 1) * row_dilation + 1))
    let low = first.image * height + from
    return low * width * channels..<max(low, last.image * height + to) * width * channels
  }
}
