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
    var result = samples
    // The order of Pillow 13. The results of the first pass are rounded, so another order may differ by one.
    let rowsFirst = height - newHeight > 2 * max(width - newWidth, 0)
    if rowsFirst { result = Self.rows(result, Resampling(from: height, to: newHeight), width * format.channels) }
    if newWidth != width { result = Self.columns(result, Resampling(from: width, to: newWidth), width, format.channels) }
    if newHeight != height, !rowsFirst { result = Self.rows(result, Resampling(from: height, to: newHeight), newWidth * format.channels) }
    return Image(width: newWidth, height: newHeight, format: format, samples: result)
  }

  /// Filters along rows of `width` pixels.
  private static func columns(_ source: [UInt8], _ filter: Resampling, _ width: Int, _ channels: Int) -> [UInt8] {
    let lines = source.count / (width * channels)
    let size = filter.taps.count * channels
    return [UInt8](unsafeUninitializedCapacity: lines * size) { to, filled in
      source.withUnsafeBufferPointer { from in
        for (x, tap) in filter.taps.enumerated() {
          tap.weights.withUnsafeBufferPointer { weights in
            for line in 0..<lines {
              for channel in 0..<channels {
                var sum = Resampling.half
                var at = (line * width + tap.first) * channels + channel
                for weight in weights {
                  sum &+= weight &* Int32(from[at])
                  at += channels
                }
                to[line * size + x * channels + channel] = Resampling.rounded(sum)
              }
            }
          }
        }
      }
      filled = lines * size
    }
  }

  /// Filters along columns; a row has `size` samples.
  private static func rows(_ source: [UInt8], _ filter: Resampling, _ size: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: filter.taps.count * size) { to, filled in
      var sums = [Int32](repeating: 0, count: size)
      source.withUnsafeBufferPointer { from in
        sums.withUnsafeMutableBufferPointer { sums in
          for (y, tap) in filter.taps.enumerated() {
            sums.update(repeating: Resampling.half)
            for (row, weight) in tap.weights.enumerated() {
              let line = UnsafeBufferPointer(rebasing: from[(tap.first + row) * size..<(tap.first + row + 1) * size])
              for i in 0..<size { sums[i] &+= weight &* Int32(line[i]) }
            }
            for i in 0..<size { to[y * size + i] = Resampling.rounded(sums[i]) }
          }
        }
      }
      filled = filter.taps.count * size
    }
  }
}

/// The input samples of each output sample, and their fixed-point weights.
private struct Resampling {
  /// The weights of a result sum to about 2²², so that sums of 8-bit samples fit in 32 bits.
  static let fractionBits: Int32 = 22
  static let half: Int32 = 1 << (fractionBits - 1)

  struct Tap {
    let first: Int
    let weights: [Int32]
  }

  @inline(__always)
  static func rounded(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(max(sum >> fractionBits, 0), 255)) }

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
      return Tap(first: first, weights: raw.map { Int32(($0 / sum) * Double(1 << Self.fractionBits) + 0.5) })
    }
  }
}
