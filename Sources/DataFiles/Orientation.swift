// SPDX-License-Identifier: Apache-2.0
// The orientation that cameras store in EXIF data, and turning pictures by it.

/// How the stored rows of a picture relate to what is seen: the value of EXIF's tag 0x0112.
package enum Orientation: Int, Sendable, CaseIterable {
  case upright = 1, mirrored, turnedAround, flipped, transposed, turnedRight, transversed, turnedLeft

  /// The orientation in a JPEG or PNG file; upright if there is none.
  package init(_ bytes: UnsafeRawBufferPointer) {
    self = Self.exif(bytes).flatMap(Self.tag).flatMap(Orientation.init(rawValue:)) ?? .upright
  }

  /// The EXIF data of a file, from the byte order mark on.
  private static func exif(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    func number(_ at: Int, _ count: Int) -> Int { bytes[at..<at + count].reduce(0) { $0 << 8 | Int($1) } }
    if bytes.starts(with: [0xFF, 0xD8]) {
      // Segments: a marker, and the size of what follows it.
      var at = 2
      while at + 4 <= bytes.count, bytes[at] == 0xFF, bytes[at + 1] != 0xDA {
        let end = at + 2 + number(at + 2, 2)
        guard end <= bytes.count, end >= at + 4 else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: bytes[at + 4..<end])
        if bytes[at + 1] == 0xE1, body.starts(with: "Exif\0\0".utf8) { return UnsafeRawBufferPointer(rebasing: body[6...]) }
        at = end
      }
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      var at = 8
      while at + 12 <= bytes.count {
        let size = number(at, 4)
        guard size <= bytes.count - at - 12 else { return nil }
        if bytes[at + 4..<at + 8].elementsEqual("eXIf".utf8) { return UnsafeRawBufferPointer(rebasing: bytes[at + 8..<at + 8 + size]) }
        at += 12 + size
      }
    }
    return nil
  }

  /// The value of the tag in the first directory of TIFF data.
  private static func tag(_ tiff: UnsafeRawBufferPointer) -> Int? {
    guard tiff.count >= 8, tiff[0] == tiff[1], [0x49, 0x4D].contains(tiff[0]) else { return nil }
    let isLittle = tiff[0] == 0x49
    func number(_ at: Int, _ count: Int) -> Int? {
      guard at >= 0, at + count <= tiff.count else { return nil }
      let part = tiff[at..<at + count]
      return isLittle ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for entry in 0..<entries {
      let at = directory + 2 + 12 * entry
      guard let tag = number(at, 2) else { return nil }
      if tag == 0x0112 { return number(at + 8, 2) }
    }
    return nil
  }
}

extension Image {
  /// The picture as it is seen, like Pillow's `exif_transpose`.
  package func turned(_ orientation: Orientation) -> Image {
    let swaps = orientation.rawValue >= 5
    let (w, h) = swaps ? (height, width) : (width, height)
    let channels = format.channels
    /// The stored column and row of a pixel.
    func source(_ x: Int, _ y: Int) -> (Int, Int) {
      switch orientation {
      case .upright: (x, y)
      case .mirrored: (width - 1 - x, y)
      case .turnedAround: (width - 1 - x, height - 1 - y)
      case .flipped: (x, height - 1 - y)
      case .transposed: (y, x)
      case .turnedRight: (y, height - 1 - x)
      case .transversed: (width - 1 - y, height - 1 - x)
      case .turnedLeft: (width - 1 - y, x)
      }
    }
    guard orientation != .upright else { return self }
    let out = [UInt8](unsafeUninitializedCapacity: samples.count) { to, filled in
      samples.withUnsafeBufferPointer { from in
        for y in 0..<h {
          for x in 0..<w {
            let (column, row) = source(x, y)
            for channel in 0..<channels { to[(y * w + x) * channels + channel] = from[(row * width + column) * channels + channel] }
          }
        }
      }
      filled = samples.count
    }
    return Image(width: w, height: h, format: format, samples: out)
  }

  /// The part of `width`×`height` pixels in the middle, like torchvision's `CenterCrop`. The part must not exceed the picture.
  package func cropped(width part: Int, height rows: Int) -> Image {
    precondition(part >= 1 && rows >= 1 && part <= width && rows <= height, "a part of \(part)×\(rows) of \(self)")
    let channels = format.channels
    let left = Int((Double(width - part) / 2).rounded(.toNearestOrEven))
    let top = Int((Double(height - rows) / 2).rounded(.toNearestOrEven))
    var out: [UInt8] = []
    out.reserveCapacity(part * rows * channels)
    for y in top..<top + rows { out += samples[(y * width + left) * channels..<(y * width + left + part) * channels] }
    return Image(width: part, height: rows, format: format, samples: out)
  }
}
