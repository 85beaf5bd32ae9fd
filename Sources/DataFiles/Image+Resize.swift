// SPDX-License-Identifier: Apache-2.0
// Bilinear resizing with an antialiasing filter when shrinking.
//
// For output index X of a row of `n` samples made `N` long, with s = n / N and f = max(s, 1):
//   center c = (X + 1/2) s,   weight of input i = max(0, 1 - |i + 1/2 - c| / f), normalized to sum 1.
// Enlarging, this is ordinary bilinear interpolation with half-pixel centers and clamped edges. Weights are rounded
// to 22 fractional bits and rows are rounded to 8 bits before columns are summed, like Pillow's `Image.resize(…, BILINEAR)`,
// so that images prepared in Python and here have identical bits (except images with alpha: Pillow premultiplies
// colors by alpha, here channels are independent).

extension Image {
  /// The image at another size; the formula is above.
  package func resized(width newWidth: Int, height newHeight: Int) -> Image {
    precondition(newWidth > 0 && newHeight > 0, "an image resized to \(newWidth)×\(newHeight)")
    let channels = format.channels
    var result = samples
    if newWidth != width {
      result = Self.resample(
        result, Resampling(from: width, to: newWidth), lines: height,
        lineStride: (width * channels, newWidth * channels), step: channels, lanes: channels)
    }
    if newHeight != height {
      let row = newWidth * channels
      result = Self.resample(
        result, Resampling(from: height, to: newHeight), lines: 1, lineStride: (0, 0), step: row, lanes: row)
    }
    return Image(width: newWidth, height: newHeight, format: format, samples: result)
  }

  /// Filters `lines` lines; consecutive samples of a line are `step` apart, with `lanes` independent samples side by side.
  private static func resample(
    _ source: [UInt8], _ filter: Resampling, lines: Int, lineStride: (from: Int, to: Int), step: Int, lanes: Int
  ) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: lines * filter.taps.count * step)
    for line in 0..<lines {
      for (x, tap) in filter.taps.enumerated() {
        for lane in 0..<lanes {
          var sum = Resampling.half
          var at = line * lineStride.from + tap.first * step + lane
          for weight in tap.weights {
            sum += weight * Int(source[at])
            at += step
          }
          out[line * lineStride.to + x * step + lane] = UInt8(min(max(sum >> Resampling.fractionBits, 0), 255))
        }
      }
    }
    return out
  }
}

/// The input samples of each output sample, and their fixed-point weights.
private struct Resampling {
  static let fractionBits = 22
  static let half = 1 << (fractionBits - 1)

  struct Tap {
    let first: Int
    let weights: [Int]
  }

  let taps: [Tap]

  init(from n: Int, to count: Int) {
    let scale = Double(n) / Double(count)
    let support = max(scale, 1)
    taps = (0..<count).map { x in
      let center = (Double(x) + 0.5) * scale
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), n)
      let raw = (first..<end).map { max(0, 1 - abs((Double($0) - center + 0.5) * (1 / support))) }
      let sum = raw.reduce(0, +)
      return Tap(first: first, weights: raw.map { Int(($0 / sum) * Double(1 << Self.fractionBits) + 0.5) })
    }
  }
}
