// SPDX-License-Identifier: Apache-2.0
// Sampling of images at fractional positions.

import Tensors

/// How a value between pixels is computed.
package enum ImageFilter: String, Sendable, CaseIterable {
  /// Bilinear interpolation of the four surrounding pixels.
  case bilinear
  /// The nearest pixel; halfway between two, the one with the even index.
  case nearest
}

/// How an image is padded beyond its edge pixels.
package enum ImageBorder: Sendable, Equatable {
  /// A constant: a point less than one pixel outside is interpolated between edge pixel and constant.
  case padding(Float)
  /// A constant at every point outside the centers of the edge pixels.
  case outside(Float)
  /// The edge pixels are repeated.
  case edge
  /// The image is mirrored at the centers of its edge pixels.
  case reflection
  /// The image is mirrored at its outer edges.
  case symmetric
}

/// The one or two pixels along an axis that are interpolated, and the weight of the second; `nil` is beyond the edge.
struct PixelPair: Equatable {
  let lower: Int?
  let upper: Int?
  let weight: Float

  /// - Parameters:
  ///   - position: in pixels; integers are pixel centers.
  ///   - extent: number of pixels along the axis, at least one.
  init(at position: Double, extent: Int, _ filter: ImageFilter, _ border: ImageBorder) {
    let last = Double(extent - 1)
    // A NaN position is outside a padded image, and at the start of any other.
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

/// Images of one size, sampled to images of another size.
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
  ///   - x: `[B, C, H, W]`, row-major floats, at least one pixel. - y: `[*N, C, H2, W2]`, row-major floats.
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

  /// Computes every image of the output.
  ///
  /// - Parameters:
  ///   - source: index of the input image that an output image samples.
  ///   - position: maps image, row and column of the output to x and y in the input, in pixels.
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
