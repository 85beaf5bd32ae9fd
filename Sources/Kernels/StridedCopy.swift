// SPDX-License-Identifier: Apache-2.0
// Copies between strided views, which implement slices, transposes, concatenation, padding and tiling.

import CKernels
import Platform
import Tensors

/// A prepared copy of one view to another of the same extents.
///
/// Preparation drops and merges axes, so that contiguous runs use `memcpy`, and transposition of the innermost axes
/// uses tiles.
package struct StridedCopy {
  private let source: UnsafeRawPointer
  private let destination: UnsafeMutableRawPointer
  private let pieces: [StridedPiece]

  /// - Parameter isParallel: whether large copies are divided among threads.
  /// - Precondition: extents and element sizes are equal; the destination's elements do not overlap each other or the
  ///   source.
  package init(from source: StridedView, to destination: StridedView, isParallel: Bool = true) {
    precondition(source.extents == destination.extents, "copy of \(source.extents) into \(destination.extents)")
    precondition(source.elementSize == destination.elementSize, "copy between elements of different sizes")
    self.source = UnsafeRawPointer(source.base)
    self.destination = destination.base
    let whole = StridedPiece(
      elementSize: source.elementSize,
      axes: (0..<source.rank).map {
        StridedAxis(count: source.extents[$0], source: source.strides[$0], destination: destination.strides[$0])
      })
    pieces = isParallel ? whole.shares() : [whole]
  }

  /// A copy of all elements between buffers whose axis orders may differ.
  package init(from source: Buffer, to destination: Buffer) {
    self.init(from: StridedView(source), to: StridedView(destination))
  }

  /// Runs the copy; both addresses may be offset by a number of bytes relative to the prepared ones.
  package func run(sourceOffset: Int = 0, destinationOffset: Int = 0) {
    run(from: source + sourceOffset, to: destination + destinationOffset)
  }

  /// Copies from another address than the prepared one.
  package func run(from source: UnsafeRawPointer) { run(from: source, to: destination) }

  /// Copies to another address than the prepared one.
  package func run(to destination: UnsafeMutableRawPointer) { run(from: source, to: destination) }

  fileprivate func run(from source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer) {
    if pieces.count == 1 { return pieces[0].run(source, destination) }
    Parallel.forEach(pieces.count) { pieces[$0].run(source, destination) }
  }
}

/// A prepared operation that fills a view with one element.
package struct StridedFill {
  private let copy: StridedCopy
  private let destination: UnsafeMutableRawPointer
  /// The element in the lowest bytes.
  private let pattern: UInt32

  /// - Parameter pattern: the element's bits, in the lowest bytes.
  package init(_ view: StridedView, pattern: UInt32) {
    self.pattern = pattern
    destination = view.base
    let element = StridedView(
      base: view.base, elementSize: view.elementSize, extents: view.extents, strides: Array(repeating: 0, count: view.rank))
    copy = StridedCopy(from: element, to: view)
  }

  package func run() {
    withUnsafeBytes(of: pattern.littleEndian) { bytes in
      if let base = bytes.baseAddress { copy.run(from: base, to: destination) }
    }
  }
}

/// An axis of a copy: the extent, and the strides in bytes on both sides.
struct StridedAxis {
  var count: Int
  var source: Int
  var destination: Int
}

/// The part of a copy that one thread executes.
struct StridedPiece {
  /// The loop over the two innermost axes.
  private enum Leaf { case empty, run, fill, exchange, strided }

  private var width: Int
  private var sourceOffset = 0
  private var destinationOffset = 0
  /// All axes except those of the leaf.
  private var outer: [StridedAxis]
  private var rows: StridedAxis
  private var columns: StridedAxis
  private var leaf: Leaf

  init(elementSize: Int, axes: [StridedAxis]) {
    var width = elementSize
    self.width = width
    outer = []
    let one = StridedAxis(count: 1, source: 0, destination: 0)
    rows = one
    columns = one
    guard axes.allSatisfy({ $0.count > 0 }) else {
      leaf = .empty
      return
    }
    var axes = StridedPiece.merged(axes)
    // Short contiguous runs are treated as elements: pairs, quads.
    while let last = axes.last, last.source == width, last.destination == width, [2, 4, 8, 16].contains(last.count * width) {
      width *= last.count
      axes.removeLast()
    }
    self.width = width
    columns = axes.popLast() ?? one
    let isDense = columns.destination == width || columns.count == 1
    if isDense, columns.source == width || columns.count == 1 {
      leaf = .run
    } else if isDense, columns.source == 0 {
      leaf = .fill
    } else if isDense, let i = axes.lastIndex(where: { [width] in $0.source == width }) {
      leaf = .exchange
      rows = axes.remove(at: i)
    } else {
      leaf = .strided
    }
    if leaf != .exchange { rows = axes.popLast() ?? one }
    outer = axes
  }

  /// The axes in the destination's order, without axes of extent 1, and with contiguous adjacent axes merged.
  private static func merged(_ axes: [StridedAxis]) -> [StridedAxis] {
    let sorted = axes.filter { $0.count > 1 }
      .sorted { (abs($0.destination), abs($0.source)) > (abs($1.destination), abs($1.source)) }
    var out: [StridedAxis] = []
    for axis in sorted {
      if let last = out.last, last.source == axis.source * axis.count, last.destination == axis.destination * axis.count {
        out[out.count - 1] = StridedAxis(count: last.count * axis.count, source: axis.source, destination: axis.destination)
      } else {
        out.append(axis)
      }
    }
    return out
  }

  /// The copy divided along its longest axis, if it is large enough.
  func shares() -> [StridedPiece] {
    let enough = 1 << 18
    let total = outer.reduce(rows.count * columns.count * width) { $0 * $1.count }
    guard leaf != .empty, total >= 2 * enough else { return [self] }
    let axes = outer + [rows, columns]
    guard let longest = axes.indices.max(by: { axes[$0].count < axes[$1].count }) else { return [self] }
    let axis = axes[longest]
    let parts = min(total / enough, axis.count, 64)
    guard parts > 1 else { return [self] }
    return (0..<parts).map { part in
      let from = axis.count * part / parts
      var piece = self
      var share = axis
      share.count = axis.count * (part + 1) / parts - from
      if longest < outer.count {
        piece.outer[longest] = share
      } else if longest == outer.count {
        piece.rows = share
      } else {
        piece.columns = share
      }
      piece.sourceOffset = from * axis.source
      piece.destinationOffset = from * axis.destination
      return piece
    }
  }

  func run(_ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer) {
    guard leaf != .empty else { return }
    descend(0, source + sourceOffset, destination + destinationOffset)
  }

  private func descend(_ depth: Int, _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer) {
    guard depth < outer.count else { return runLeaf(source, destination) }
    let axis = outer[depth]
    for i in 0..<axis.count { descend(depth + 1, source + i * axis.source, destination + i * axis.destination) }
  }

  private func runLeaf(_ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer) {
    if leaf == .run, columns.count > 1 {
      let bytes = columns.count * width
      for i in 0..<rows.count { memcpy(destination + i * rows.destination, source + i * rows.source, bytes) }
      return
    }
    switch width {
    case 1: runLeaf(source, destination, UInt8.self)
    case 2: runLeaf(source, destination, UInt16.self)
    case 4: runLeaf(source, destination, UInt32.self)
    case 8: runLeaf(source, destination, UInt64.self)
    default: runLeaf(source, destination, SIMD2<UInt64>.self)
    }
  }

  @inline(__always)
  private func runLeaf<E: BitwiseCopyable>(_ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer, _ type: E.Type) {
    switch leaf {
    case .empty: break
    case .fill: StridedLoops.fill(source, destination, rows, columns, type)
    case .exchange:
      if width == 4 {
        ck_transpose32(destination, rows.destination, source, columns.source, rows.count, columns.count)
      } else {
        StridedLoops.exchange(source, destination, rows, columns, type)
      }
    case .run, .strided: StridedLoops.copy(source, destination, rows, columns, type)
    }
  }
}
