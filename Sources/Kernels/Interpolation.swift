// SPDX-License-Identifier: Apache-2.0
// Resizing of two adjacent axes by nearest or linear interpolation.

import Tensors

/// How the output grid maps to the input grid (MIL `resize_bilinear`).
package enum SamplingMode: String, Sendable, CaseIterable {
  case strictAlignCorners = "STRICT_ALIGN_CORNERS"
  case alignCorners = "ALIGN_CORNERS"
  case `default` = "DEFAULT"
  case offsetCorners = "OFFSET_CORNERS"
  case unalignCorners = "UNALIGN_CORNERS"

  /// The input position of output point `i`, before clamping; a box may cover a fractional number of input points.
  package func position(_ i: Int, input n: Double, output: Int) -> Double {
    let (m, x) = (Double(output), Double(i))
    switch self {
    case .strictAlignCorners: return output == 1 ? 0 : x * (n - 1) / (m - 1)
    case .alignCorners: return output == 1 ? (n - 1) / 2 : x * (n - 1) / (m - 1)
    case .default: return x * n / m
    case .offsetCorners:
      let delta = max(1, n - 1) / m
      return 0.5 * delta + x * delta
    case .unalignCorners: return (x + 0.5) * n / m - 0.5
    }
  }
}

/// For each point of the output axis: its two neighbors on the input axis and the weight of the second.
package struct InterpolationTable: Sendable {
  package let lower: [Int]
  package let upper: [Int]
  package let weight: [Float]

  package init(linear mode: SamplingMode, input: Int, output: Int) {
    let points = (0..<output).map { min(max(mode.position($0, input: Double(input), output: output), 0), Double(input - 1)) }
    lower = points.map { Int($0) }
    upper = lower.map { min($0 + 1, input - 1) }
    weight = zip(points, lower).map { Float($0 - Double($1)) }
  }

  /// The input point nearest to each output point. Halfway between two it is the lower one in the mode `DEFAULT`, so that
  /// doubling the size repeats each input point twice, and the upper one in the other modes.
  package init(nearest mode: SamplingMode, input: Int, output: Int) {
    self.init(
      picks: (0..<output).map { i in
        let point = mode.position(i, input: Double(input), output: output)
        let nearest = mode == .default ? (point - 0.5).rounded(.up) : (point + 0.5).rounded(.down)
        return min(max(Int(nearest), 0), input - 1)
      })
  }

  /// The input point below each output point: `floor(i · input / output)`.
  package init(below input: Int, output: Int) {
    self.init(picks: (0..<output).map { $0 * input / output })
  }

  private init(picks: [Int]) {
    lower = picks
    upper = picks
    weight = Array(repeating: 0, count: picks.count)
  }
}

/// Interpolation over the axes `rank - 2` and `rank - 1` of a block of floats. Where all weights are 0 (nearest), elements are
/// only moved and may have any 32-bit type.
package struct Interpolation {
  private let from: UnsafeMutablePointer<Float>
  private let to: UnsafeMutablePointer<Float>
  private let outer: Int
  private let inner: Int
  private let first: InterpolationTable
  private let second: InterpolationTable
  private let oldFirst: Int
  private let oldSecond: Int

  /// - Precondition: the two axes are adjacent in the memory order that both buffers share.
  package init(from x: Buffer, to y: Buffer, height: InterpolationTable, width: InterpolationTable) {
    let rank = x.shape.count
    let (h, w) = (x.storedAxis(rank - 2), x.storedAxis(rank - 1))
    precondition(abs(h - w) == 1 && x.order == y.order, "height and width are not neighbors in memory")
    from = x.pointer.assumingMemoryBound(to: Float.self)
    to = y.pointer.assumingMemoryBound(to: Float.self)
    let stored = x.storedShape
    outer = Array(stored[..<min(h, w)]).elementCount
    inner = Array(stored[(max(h, w) + 1)...]).elementCount
    (first, second) = h < w ? (height, width) : (width, height)
    (oldFirst, oldSecond) = (stored[min(h, w)], stored[max(h, w)])
  }

  package func run() {
    let (rows, columns, inner) = (first.lower.count, second.lower.count, inner)
    Chunks.forEachRow(of: outer * rows, width: columns * inner) { range in
      for at in range {
        let (o, r) = (at / rows, at % rows)
        let base = from + o * oldFirst * oldSecond * inner
        let top = base + first.lower[r] * oldSecond * inner
        let bottom = base + first.upper[r] * oldSecond * inner
        row(top, bottom, first.weight[r], to + at * columns * inner)
      }
    }
  }

  private func row(
    _ top: UnsafePointer<Float>, _ bottom: UnsafePointer<Float>, _ v: Float, _ out: UnsafeMutablePointer<Float>
  ) {
    let inner = inner
    for c in 0..<second.lower.count {
      let (a, b, u) = (second.lower[c] * inner, second.upper[c] * inner, second.weight[c])
      let target = out + c * inner
      if u == 0, v == 0 {
        target.update(from: top + a, count: inner)
        continue
      }
      for i in 0..<inner {
        let upper = top[a + i] + (top[b + i] - top[a + i]) * u
        let lower = bottom[a + i] + (bottom[b + i] - bottom[a + i]) * u
        target[i] = upper + (lower - upper) * v
      }
    }
  }
}
