// SPDX-License-Identifier: Apache-2.0
// Reductions of elements of any type, for dtypes and functions that MIL's reductions do not have.

import Kernels
import Tensors

/// A reduction over axes: each output starts with `start` and combines its elements in row-major order, in parts that do not
/// depend on the number of threads.
enum Fold {
  /// The number of elements that are combined before their result joins that of others: sums of parts lose less precision.
  private static let part = 4_096

  /// `y = fold(x)`, where `y` is row-major and has an element for each kept position.
  ///
  /// - Parameters:
  ///   - add: combines a partial result with an element.
  ///   - join: combines two partial results.
  @inline(__always)
  static func run<T: BitwiseCopyable, A: BitwiseCopyable>(
    _ x: Buffer, axes: [Int], to y: UnsafeMutablePointer<A>, _ type: T.Type, start: A, add: (A, T) -> A, join: (A, A) -> A
  ) {
    let walk = ReducedAxes(x, axes: axes)
    let from = x.pointer.assumingMemoryBound(to: T.self)
    guard walk.outputCount > 0 else { return }
    withoutActuallyEscaping(add) { add in
      withoutActuallyEscaping(join) { join in
        if walk.reducedCount == 0 {
          for i in 0..<walk.outputCount { y[i] = start }
        } else if walk.isRows, walk.outputCount < 8, walk.run > 2 * Self.part {
          for row in 0..<walk.outputCount { y[row] = long(from + row * walk.run, walk.run, start, add, join) }
        } else if walk.runIsReduced {
          Chunks.forEachRow(of: walk.kept.count, width: walk.reducedCount) { range in
            for index in range {
              let at = walk.kept.offset(of: index)
              var total = start
              for row in 0..<walk.reduced.count {
                let base = from + at.input + walk.reduced.offset(of: row).input
                for first in stride(from: 0, to: walk.run, by: Self.part) {
                  total = join(total, line(base + first, min(Self.part, walk.run - first), start, add))
                }
              }
              y[at.output] = total
            }
          }
        } else {
          columns(walk, from, y, start, add)
        }
      }
    }
  }

  @inline(__always)
  private static func line<T, A>(_ x: UnsafePointer<T>, _ count: Int, _ start: A, _ add: (A, T) -> A) -> A {
    var total = start
    for i in 0..<count { total = add(total, x[i]) }
    return total
  }

  /// One long line, divided among threads.
  @inline(__always)
  private static func long<T, A: BitwiseCopyable>(
    _ x: UnsafePointer<T>, _ count: Int, _ start: A, _ add: (A, T) -> A, _ join: (A, A) -> A
  ) -> A {
    let parts = (count + part - 1) / part
    let partials = [A](unsafeUninitializedCapacity: parts) { values, filled in
      filled = parts
      guard let base = values.baseAddress else { return }
      Chunks.forEachRow(of: parts, width: part) { range in
        for i in range { base[i] = line(x + i * part, min(part, count - i * part), start, add) }
      }
    }
    return partials.reduce(start, join)
  }

  /// Many columns side by side.
  @inline(__always)
  private static func columns<T, A: BitwiseCopyable>(
    _ walk: ReducedAxes, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<A>, _ start: A, _ add: (A, T) -> A
  ) {
    let block = 256
    let blocks = (walk.run + block - 1) / block
    Chunks.forEachRow(of: walk.kept.count * blocks, width: walk.reducedCount * min(block, walk.run)) { range in
      withUnsafeTemporaryAllocation(of: A.self, capacity: block) { totals in
        guard let total = totals.baseAddress else { return }
        for item in range {
          let at = walk.kept.offset(of: item / blocks)
          let column = item % blocks * block
          let width = min(block, walk.run - column)
          for i in 0..<width { total[i] = start }
          for row in 0..<walk.reduced.count {
            let from = x + at.input + column + walk.reduced.offset(of: row).input
            for i in 0..<width { total[i] = add(total[i], from[i]) }
          }
          for i in 0..<width { y[at.output + (column + i) * walk.runOutputStride] = total[i] }
        }
      }
    }
  }
}

extension Tensor {
  /// The shape without the reduced axes, or with extent 1 for them.
  func shape(reducing axes: [Int], keeping: Bool) -> Shape {
    shape.indices.compactMap { axes.contains($0) ? (keeping ? 1 : nil) : shape[$0] }
  }
}
