// SPDX-License-Identifier: Apache-2.0
// Values of images at points that need not be pixels.

import Tensors

/// How a value between pixels is made.
package enum ImageFilter: String, Sendable, CaseIterable {
  /// From the four pixels around the point.
  case bilinear
  /// The nearest pixel; half-way between two, the one with the even index.
  case nearest
}

/// What is found beyond the edge pixels of an image.
package enum ImageBorder: Sendable, Equatable {
  /// Pixels of this value: a point less than one pixel outside is a mixture.
  case padding(Float)
  /// This value alone, at every point outside of the edge pixels' centers.
  case outside(Float)
  /// The edge pixels, repeated.
  case edge
  /// The image mirrored at the centers of its edge pixels.
  case reflection
  /// The image mirrored at its outer edges.
  case symmetric
}

/// The one or two pixels along an axis that make a value, and the weight of the second; `nil` is beyond the edge.
struct PixelPair: Equatable {
  let lower: Int?
  let upper: Int?
  let weight: Float

  /// - Parameters:
  ///   - position: in pixels; whole numbers are centers.
  ///   - extent: pixels along the axis, at least one.
  init(at position: Double, extent: Int, _ filter: ImageFilter, _ border: ImageBorder) {
    let last = Double(extent - 1)
    // A position that is not a number is outside of a padded image, and at the start of any other.
    func clamped(_ p: Double) -> Double { p > 0 ? min(p, last) : 0 }
    let point: Double?
    switch border {
    case .padding: point = position > -1 && position < Double(extent) ? position : nil
    case .outside: point = position >= 0 && position <= last ? position : nil
    case .edge: point = clamped(position)
    case .reflection: point = clamped(Self.mirrored(position, between: 0, and: last))
    case .symmetric: point = clamped(Self.mirrored(position, between: -0.5, and: last + 0.5))
    }
    guard let point else {
      (lower, upper, weight) = (nil, nil, 0)
      return
    }
    func pixel(_ index: Double) -> Int? { index >= 0 && index <= last ? Int(index) : nil }
    switch filter {
    case .nearest:
      lower = pixel(point.rounded(.toNearestOrEven))
      (upper, weight) = (lower, 0)
    case .bilinear:
      let below = point.rounded(.down)
      lower = pixel(below)
      weight = Float(point - below)
      upper = point == below ? lower : pixel(below + 1)
    }
  }

  private static func mirrored(_ position: Double, between low: Double, and high: Double) -> Double {
    let span = high - low
    guard span > 0 else { return low }
    let distance = abs(position - low)
    let turns = (distance / span).rounded(.down)
    let rest = distance - turns * span
    return turns.truncatingRemainder(dividingBy: 2) == 0 ? low + rest : high - rest
  }
}

/// Images of one size, sampled into images of another.
package struct ImageSampling {
  private let from: UnsafePointer<Float>
  private let to: UnsafeMutablePointer<Float>
  private let channels: Int
  private let input: (height: Int, width: Int)
  private let output: (height: Int, width: Int)
  private let images: Int
  private let filter: ImageFilter
  private let border: ImageBorder

  /// - Parameters:
  ///   - x: `[B, C, H, W]`, plain floats, at least one pixel. - y: `[*N, C, H2, W2]`, plain floats.
  package init(from x: Buffer, to y: Buffer, filter: ImageFilter, border: ImageBorder) {
    from = UnsafePointer(x.floats())
    to = y.floats()
    channels = x.shape[1]
    input = (x.shape[2], x.shape[3])
    let rank = y.shape.count
    output = (y.shape[rank - 2], y.shape[rank - 1])
    images = y.shape.dropLast(3).reduce(1, *)
    self.filter = filter
    self.border = border
  }

  /// Fills every image of the output.
  ///
  /// - Parameters:
  ///   - source: which image of the input an image of the output is taken from.
  ///   - position: where a point of the output lies in the input, in pixels: image, row, column to x, y.
  package func run(source: (Int) -> Int, position: (Int, Int, Int) -> (x: Double, y: Double)) {
    let plane = output.height * output.width
    Chunks.forEachRow(of: images * output.height, width: output.width * channels * 8) { rows in
      for item in rows {
        let (image, row) = (item / output.height, item % output.height)
        let pixels = from + source(image) * channels * input.height * input.width
        let out = to + image * channels * plane + row * output.width
        for column in 0..<output.width {
          let at = position(image, row, column)
          let x = PixelPair(at: at.x, extent: input.width, filter, border)
          let y = PixelPair(at: at.y, extent: input.height, filter, border)
          for c in 0..<channels { out[c * plane + column] = value(pixels + c * input.height * input.width, x, y) }
        }
      }
    }
  }

  private var beyond: Float {
    switch border {
    case .padding(let value), .outside(let value): value
    case .edge, .reflection, .symmetric: 0
    }
  }

  private func value(_ plane: UnsafePointer<Float>, _ x: PixelPair, _ y: PixelPair) -> Float {
    func pixel(_ row: Int?, _ column: Int?) -> Float {
      guard let row, let column else { return beyond }
      return plane[row * input.width + column]
    }
    func line(_ row: Int?) -> Float {
      let first = pixel(row, x.lower)
      return x.weight == 0 ? first : first + (pixel(row, x.upper) - first) * x.weight
    }
    let first = line(y.lower)
    return y.weight == 0 ? first : first + (line(y.upper) - first) * y.weight
  }
}
