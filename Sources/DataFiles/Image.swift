// SPDX-License-Identifier: Apache-2.0
// An image of interleaved 8-bit samples.

import Tensors

/// An image of 8-bit samples, rows from the top, pixels from the left, channels interleaved.
package struct Image: Sendable, Equatable {
  /// The channels of a pixel.
  package enum Format: Int, Sendable {
    case gray = 1, grayAlpha, rgb, rgba

    package var channels: Int { rawValue }
    package var hasAlpha: Bool { self == .grayAlpha || self == .rgba }
    package var isGray: Bool { self == .gray || self == .grayAlpha }
  }

  package let width: Int
  package let height: Int
  package let format: Format
  /// `width * height * format.channels` samples.
  package let samples: [UInt8]

  package init(width: Int, height: Int, format: Format, samples: [UInt8]) {
    precondition(width > 0 && height > 0, "an image of \(width)×\(height)")
    precondition(samples.count == width * height * format.channels, "\(samples.count) samples for \(width)×\(height) \(format)")
    self.width = width
    self.height = height
    self.format = format
    self.samples = samples
  }

  /// The image in another format.
  ///
  /// Color to gray is ITU-R BT.601 luma in 16-bit fixed point, (19595 R + 38470 G + 7471 B + 32768) >> 16, like Pillow's
  /// "L" mode. Gray to color repeats the sample. Alpha is dropped, not blended; a missing alpha becomes 255.
  package func converted(to target: Format) -> Image {
    guard target != format else { return self }
    let from = format.channels
    var out: [UInt8] = []
    out.reserveCapacity(width * height * target.channels)
    for at in stride(from: 0, to: samples.count, by: from) {
      let red = samples[at]
      let green = format.isGray ? red : samples[at + 1]
      let blue = format.isGray ? red : samples[at + 2]
      if target.isGray {
        let luma = (19595 * Int(red) + 38470 * Int(green) + 7471 * Int(blue) + 32768) >> 16
        out.append(format.isGray ? red : UInt8(luma))
      } else {
        out.append(red)
        out.append(green)
        out.append(blue)
      }
      if target.hasAlpha { out.append(format.hasAlpha ? samples[at + from - 1] : 255) }
    }
    return Image(width: width, height: height, format: target, samples: out)
  }

  /// Channel planes, `uint8[1, channels, height, width]`, values 0…255.
  ///
  /// - Parameter blueFirst: color planes in the order blue, green, red (Core ML's BGR images).
  package func planes(blueFirst: Bool = false) -> Tensor {
    let channels = format.channels
    let area = width * height
    var out = Tensor(uninitialized: .uint8, [1, channels, height, width])
    out.withMutableElements(of: UInt8.self) { to in
      for plane in 0..<channels {
        let channel = blueFirst && !format.isGray && plane < 3 ? 2 - plane : plane
        for i in 0..<area { to[plane * area + i] = samples[i * channels + channel] }
      }
    }
    return out
  }
}

extension Image: CustomStringConvertible {
  /// `Image 640×480 rgb`.
  package var description: String { "Image \(width)×\(height) \(format)" }
}
