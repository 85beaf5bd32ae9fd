// SPDX-License-Identifier: Apache-2.0
// The structure of WAV files with PCM or floating-point samples.

import Files

/// The format and rate of a sound, and its length.
package struct SoundFormat: Sendable, Equatable {
  /// Frames a second.
  package let rate: Int
  package let channels: Int
  /// Samples of each channel.
  package let frames: Int

  package init(rate: Int, channels: Int, frames: Int) {
    self.rate = rate
    self.channels = channels
    self.frames = frames
  }
}

/// Where the samples of a WAV file are, and how they are stored.
struct WAV {
  /// How a sample is stored.
  enum Encoding: Equatable {
    case unsigned8, signed16, signed24, signed32, float32, float64

    var bytes: Int {
      switch self {
      case .unsigned8: 1
      case .signed16: 2
      case .signed24: 3
      case .signed32, .float32: 4
      case .float64: 8
      }
    }
  }

  let format: SoundFormat
  let encoding: Encoding
  /// The offset of the first sample.
  let start: Int

  /// Reads the chunks of a file.
  ///
  /// - Returns: `nil` for a file that is not WAV, or whose samples are neither PCM nor floats.
  /// - Throws: `DataFileError.damaged`.
  init?(_ bytes: UnsafeRawBufferPointer, file: String) throws {
    func damaged(_ offset: Int, _ problem: String) -> DataFileError { .damaged(file: file, offset: offset, problem: problem) }
    func number<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) throws -> Int {
      guard offset + MemoryLayout<T>.size <= bytes.count else { throw damaged(bytes.count, "the file ends within a chunk") }
      return Int(T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self)))
    }
    func name(_ offset: Int) -> String { String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self) }
    guard bytes.count >= 12, name(0) == "RIFF", name(8) == "WAVE" else { return nil }
    var at = 12
    var described: (encoding: Encoding, rate: Int, channels: Int)?
    while at + 8 <= bytes.count {
      let size = try number(at + 4, as: UInt32.self)
      let body = at + 8
      if name(at) == "fmt " {
        guard size >= 16, body + size <= bytes.count else { throw damaged(at, "a format chunk of \(size) bytes") }
        var code = try number(body, as: UInt16.self)
        // The extensible form has the code at the start of its identifier.
        if code == 0xFFFE, size >= 40 { code = try number(body + 24, as: UInt16.self) }
        let (channels, rate) = (try number(body + 2, as: UInt16.self), try number(body + 4, as: UInt32.self))
        let (block, bits) = (try number(body + 12, as: UInt16.self), try number(body + 14, as: UInt16.self))
        guard channels >= 1, rate >= 1 else { throw damaged(at, "\(channels) channels at \(rate) samples a second") }
        guard let encoding = Self.encoding(code, bits) else { return nil }
        guard block == channels * encoding.bytes else {
          throw damaged(at, "frames of \(block) bytes for \(channels) samples of \(encoding.bytes)")
        }
        described = (encoding, rate, channels)
      } else if name(at) == "data" {
        guard let described else { throw damaged(at, "samples before their format") }
        // Writers to a pipe leave the size open.
        let isOpen = size == 0xFFFF_FFFF || size == 0 && body < bytes.count
        guard isOpen || body + size <= bytes.count else {
          throw damaged(at, "\(size) bytes of samples are declared, but \(bytes.count - body) follow")
        }
        let frame = described.encoding.bytes * described.channels
        format = SoundFormat(
          rate: described.rate, channels: described.channels, frames: (isOpen ? bytes.count - body : size) / frame)
        encoding = described.encoding
        start = body
        return
      }
      at = body + size + size % 2
    }
    throw damaged(bytes.count, described == nil ? "there is no format chunk" : "there is no data chunk")
  }

  private static func encoding(_ code: Int, _ bits: Int) -> Encoding? {
    switch (code, bits) {
    case (1, 8): .unsigned8
    case (1, 16): .signed16
    case (1, 24): .signed24
    case (1, 32): .signed32
    case (3, 32): .float32
    case (3, 64): .float64
    default: nil
    }
  }

  /// The samples of a range of frames by channel; integers are divided by the magnitude of the least, so that they are from -1 to 1.
  func samples(_ range: Range<Int>, of bytes: UnsafeRawBufferPointer) -> [[Float]] {
    let (channels, size) = (format.channels, encoding.bytes)
    return (0..<channels).map { channel in
      [Float](unsafeUninitializedCapacity: range.count) { to, filled in
        for (i, frame) in range.enumerated() { to[i] = sample(at: start + (frame * channels + channel) * size, bytes) }
        filled = range.count
      }
    }
  }

  @inline(__always)
  private func sample(at offset: Int, _ bytes: UnsafeRawBufferPointer) -> Float {
    func bits<T: FixedWidthInteger>(_ type: T.Type) -> T { T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    switch encoding {
    case .unsigned8: return (Float(bytes[offset]) - 128) / 128
    case .signed16: return Float(bits(Int16.self)) / 32768
    case .signed24:
      let word = UInt32(bytes[offset]) << 8 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 24
      return Float(Int32(bitPattern: word) >> 8) / 8_388_608
    case .signed32: return Float(Double(bits(Int32.self)) / 2_147_483_648)
    case .float32: return Float(bitPattern: bits(UInt32.self))
    case .float64: return Float(Double(bitPattern: bits(UInt64.self)))
    }
  }
}
