// SPDX-License-Identifier: Apache-2.0
// Reading PNG and JPEG files.

import CImages
import Files

/// Image files.
package enum ImageFile {
  /// Extensions of image files in a folder.
  package static let extensions = ["png", "jpg", "jpeg"]

  /// Decodes a PNG or JPEG file; the format is detected by the first bytes.
  ///
  /// PNG: palettes are expanded, transparency becomes alpha, and 16-bit samples are reduced to their high byte, except gray ones, which are
  /// an error. JPEG: gray or RGB; four colors become RGB as in Pillow. Gamma and color profiles are not applied.
  ///
  /// - Parameter turns: whether the orientation in EXIF data is applied, like Pillow's `exif_transpose`.
  /// - Throws: `DataFileError` with file and offset, also for truncated data.
  package static func read(_ path: String, turns: Bool = false, limits: DataLimits = DataLimits()) throws -> Image {
    let file = try DataFileError.wrapping { try MappedFile(path) }
    let image = try decode(file.bytes, file: path, limits: limits)
    return turns ? image.turned(Orientation(file.bytes)) : image
  }

  /// The size and format of a picture, without decoding it.
  ///
  /// - Throws: `DataFileError`, as `read` does for headers.
  package static func header(
    _ path: String, turns: Bool = false, limits: DataLimits = DataLimits()
  ) throws -> (width: Int, height: Int, format: Image.Format) {
    let file = try DataFileError.wrapping { try MappedFile(path) }
    let (_, _, facts, format) = try header(file.bytes, file: path, limits: limits)
    let swaps = turns && Orientation(file.bytes).rawValue >= 5
    let (width, height) = (Int(facts.width), Int(facts.height))
    return swaps ? (height, width, format) : (width, height, format)
  }

  /// Decodes the image in `bytes`; `file` is used in errors only.
  package static func decode(_ bytes: UnsafeRawBufferPointer, file: String, limits: DataLimits = DataLimits()) throws -> Image {
    let (codec, base, found, format) = try header(bytes, file: file, limits: limits)
    var facts = found
    let (width, height) = (Int(facts.width), Int(facts.height))
    let count = width * height * format.channels
    var status = ci_ok
    let samples = [UInt8](unsafeUninitializedCapacity: count) { to, filled in
      status = codec.pixels(base, bytes.count, &facts, to.baseAddress, count)
      filled = status == ci_ok ? count : 0
    }
    try check(status, facts, codec, file)
    return Image(width: width, height: height, format: format, samples: samples)
  }

  private static func header(
    _ bytes: UnsafeRawBufferPointer, file: String, limits: DataLimits
  ) throws -> (codec: Codec, base: UnsafePointer<UInt8>, facts: ci_image, format: Image.Format) {
    guard let codec = Codec.all.first(where: { bytes.starts(with: $0.magic) }) else {
      throw DataFileError.notA(format: "PNG or JPEG", file: file, advice: "convert it to one of them")
    }
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
      throw DataFileError.damaged(file: file, offset: 0, problem: "the file is empty")
    }
    var facts = ci_image()
    try check(codec.header(base, bytes.count, &facts), facts, codec, file)
    let (width, height, channels) = (Int(facts.width), Int(facts.height), Int(facts.channels))
    guard let format = Image.Format(rawValue: channels), width > 0, height > 0 else {
      throw DataFileError.damaged(file: file, offset: 0, problem: "an image of \(width)×\(height) with \(channels) channels")
    }
    // Extents have at most 31 bits, so the product cannot overflow.
    guard width * height <= limits.imagePixels else {
      throw DataFileError.tooLarge(file: file, bytes: width * height * channels, limit: limits.imagePixels * channels)
    }
    let (most, overflow) = bytes.count.multipliedReportingOverflow(by: codec.mostPixelsPerByte)
    guard overflow || width * height <= most else {
      throw DataFileError.damaged(
        file: file, offset: bytes.count, problem: "\(bytes.count) bytes cannot hold the declared \(width)×\(height) pixels")
    }
    return (codec, base, facts, format)
  }

  private static func check(_ status: ci_status, _ facts: ci_image, _ codec: Codec, _ file: String) throws {
    guard status != ci_ok else { return }
    let message = withUnsafeBytes(of: facts.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    switch status {
    case ci_unsupported:
      throw DataFileError.unsupported(file: file, what: "a \(message)", advice: "convert it to 8 bits first")
    case ci_no_memory:
      throw DataFileError.cannotOpen(file: file, reason: "not enough memory to decode it")
    default:
      throw DataFileError.damaged(file: file, offset: facts.offset, problem: "\(codec.name): \(message)")
    }
  }
}

/// One of the two decoders.
private struct Codec: Sendable {
  let name: String
  let magic: [UInt8]
  /// The most pixels that a byte of the file can encode; a larger claim is rejected.
  let mostPixelsPerByte: Int
  let header: @Sendable (UnsafePointer<UInt8>, Int, UnsafeMutablePointer<ci_image>) -> ci_status
  let pixels: @Sendable (UnsafePointer<UInt8>, Int, UnsafeMutablePointer<ci_image>, UnsafeMutablePointer<UInt8>?, Int) -> ci_status

  static let all = [png, jpeg]

  /// Deflate's best ratio times the eight pixels that a byte of a one-bit image holds.
  static let png = Codec(
    name: "PNG", magic: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A],
    mostPixelsPerByte: DataLimits.deflateRatio * 8,
    header: { ci_png_header($0, $1, $2) }, pixels: { ci_png_pixels($0, $1, $2, $3, $4) })

  /// A block of 64 pixels takes at least one bit; chroma may be subsampled 16 times, and end-of-band runs add nothing.
  static let jpeg = Codec(
    name: "JPEG", magic: [0xFF, 0xD8, 0xFF],
    mostPixelsPerByte: 8 * 64 * 16,
    header: { ci_jpeg_header($0, $1, $2) }, pixels: { ci_jpeg_pixels($0, $1, $2, $3, $4) })
}
