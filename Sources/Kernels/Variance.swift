// SPDX-License-Identifier: Apache-2.0
// Sums of squared deviations from the mean over axes, in double precision.

import CKernels
import Tensors

/// Sums of squared deviations: exact means of short parts, joined as by Chan, Golub and LeVeque (1979).
package enum Variance {
  /// Elements whose mean is taken before their deviations are summed.
  private static let part = 4_096
  /// Rows of a column that share an origin near their mean.
  private static let rowsPerOrigin = 64

  /// `y = Σ (x - mean)²` for each kept position, row-major.
  ///
  /// - Precondition: float32 or float64 elements.
  package static func run(_ x: Buffer, axes: [Int], to y: UnsafeMutablePointer<Double>) {
    let walk = ReducedAxes(x, axes: axes)
    if x.dtype == .float64 { run(UnsafePointer(x.elements(Double.self)), walk, y) } else { run(UnsafePointer(x.floats()), walk, y) }
  }

  private static func run<T: DeviatingElement>(_ x: UnsafePointer<T>, _ walk: ReducedAxes, _ y: UnsafeMutablePointer<Double>) {
    guard walk.outputCount > 0 else { return }
    if walk.reducedCount == 0 {
      for i in 0..<walk.outputCount { y[i] = 0 }
    } else if !walk.runIsReduced {
      columns(x, walk, y)
    } else if walk.kept.count < 4, walk.run > 2 * Chunks.grain {
      for index in 0..<walk.kept.count {
        let at = walk.kept.offset(of: index)
        var total = Moments()
        for row in 0..<walk.reduced.count { total.join(long(x + at.input + walk.reduced.offset(of: row).input, walk.run)) }
        y[at.output] = total.squares
      }
    } else {
      Chunks.forEachRow(of: walk.kept.count, width: walk.reducedCount) { range in
        for index in range {
          let at = walk.kept.offset(of: index)
          var total = Moments()
          for row in 0..<walk.reduced.count {
            let from = x + at.input + walk.reduced.offset(of: row).input
            for first in stride(from: 0, to: walk.run, by: part) { total.join(Moments(from + first, min(part, walk.run - first))) }
          }
          y[at.output] = total.squares
        }
      }
    }
  }

  /// One long line, divided among threads.
  private static func long<T: DeviatingElement>(_ x: UnsafePointer<T>, _ count: Int) -> Moments {
    let parts = (count + part - 1) / part
    let moments = [Moments](unsafeUninitializedCapacity: parts) { values, filled in
      filled = parts
      guard let base = values.baseAddress else { return }
      Chunks.forEachRow(of: parts, width: part) { range in
        for i in range { base[i] = Moments(x + i * part, min(part, count - i * part)) }
      }
    }
    var total = Moments()
    for part in moments { total.join(part) }
    return total
  }

  /// Many columns side by side.
  private static func columns<T: DeviatingElement>(_ x: UnsafePointer<T>, _ walk: ReducedAxes, _ y: UnsafeMutablePointer<Double>) {
    let parts = ColumnParts(walk, width: 512, step: rowsPerOrigin)
    withUnsafeTemporaryAllocation(of: Moments.self, capacity: parts.count * parts.width) { all in
      guard let moments = all.baseAddress else { return }
      parts.forEach { index, item in column(x + item.input, walk, item, moments + index * parts.width) }
      for first in stride(from: 0, to: parts.count, by: parts.parts) {
        let item = parts.item(first)
        for column in 0..<item.width {
          var total = moments[first * parts.width + column]
          for part in 1..<max(parts.parts, 1) { total.join(moments[(first + part) * parts.width + column]) }
          y[item.output + column * walk.runOutputStride] = total.squares
        }
      }
    }
  }

  private static func column<T: DeviatingElement>(
    _ x: UnsafePointer<T>, _ walk: ReducedAxes, _ item: ColumnParts.Item, _ out: UnsafeMutablePointer<Moments>
  ) {
    let width = item.width
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * width) { room in
      guard let origin = room.baseAddress else { return }
      let (sums, squares) = (origin + width, origin + 2 * width)
      for i in 0..<width { out[i] = Moments() }
      for start in stride(from: item.rows.lowerBound, to: item.rows.upperBound, by: rowsPerOrigin) {
        let rows = start..<min(item.rows.upperBound, start + rowsPerOrigin)
        // The first element is an origin as good as any: at most as far from the mean as the deviation of all rows together.
        let first = x + walk.reduced.offset(of: start).input
        for i in 0..<width { origin[i] = Double(first[i]) }
        sums.update(repeating: 0, count: 2 * width)
        for row in rows { T.addDeviations(sums, squares, x + walk.reduced.offset(of: row).input, origin, width) }
        let count = Double(rows.count)
        for i in 0..<width {
          let deviation = squares[i] - sums[i] * sums[i] / count
          out[i].join(Moments(count: count, mean: origin[i] + sums[i] / count, squares: deviation < 0 ? 0 : deviation))
        }
      }
    }
  }
}

/// Number, mean and sum of squared deviations of elements.
private struct Moments: BitwiseCopyable {
  var count = 0.0
  var mean = 0.0
  var squares = 0.0

  init() {}

  init(count: Double, mean: Double, squares: Double) {
    self.count = count
    self.mean = mean
    self.squares = squares
  }

  init<T: DeviatingElement>(_ x: UnsafePointer<T>, _ count: Int) {
    self.count = Double(count)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2) { out in
      T.moments(out.baseAddress, x, count)
      (mean, squares) = (out[0], out[1])
    }
  }

  mutating func join(_ other: Moments) {
    if count == 0 { return self = other }
    let total = count + other.count
    let difference = other.mean - mean
    mean += difference * other.count / total
    squares += other.squares + difference * difference * count * other.count / total
    count = total
  }
}

private protocol DeviatingElement: BinaryFloatingPoint, BitwiseCopyable {
  static func moments(_ out: UnsafeMutablePointer<Double>?, _ x: UnsafePointer<Self>, _ count: Int)
  static func addDeviations(
    _ sums: UnsafeMutablePointer<Double>, _ squares: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Self>,
    _ origin: UnsafePointer<Double>,
    _ count: Int)
}

extension Float: DeviatingElement {
  static func moments(_ out: UnsafeMutablePointer<Double>?, _ x: UnsafePointer<Float>, _ count: Int) { ck_wide_moments_f32(out, x, count) }
  static func addDeviations(
    _ sums: UnsafeMutablePointer<Double>, _ squares: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Float>,
    _ origin: UnsafePointer<Double>,
    _ count: Int
  ) { ck_add_deviations_f32(sums, squares, x, origin, count) }
}

extension Double: DeviatingElement {
  static func moments(_ out: UnsafeMutablePointer<Double>?, _ x: UnsafePointer<Double>, _ count: Int) { ck_wide_moments_f64(out, x, count) }
  static func addDeviations(
    _ sums: UnsafeMutablePointer<Double>, _ squares: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>,
    _ origin: UnsafePointer<Double>, _ count: Int
  ) { ck_add_deviations_f64(sums, squares, x, origin, count) }
}
