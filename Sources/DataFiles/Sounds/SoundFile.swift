// SPDX-License-Identifier: Apache-2.0
// Reading parts of sound files.

import CAudio
import Files

/// An open sound file: WAV with PCM or floating-point samples, or what libsndfile reads (FLAC, Ogg, other WAV). Not for several threads
/// at once.
package final class SoundFile {
  /// Extensions of sound files in a folder.
  package static let extensions = ["wav", "flac", "ogg"]

  private enum Content {
    case wave(WAV, MappedFile)
    case library(OpaquePointer)
  }

  package let path: String
  package let format: SoundFormat
  private let content: Content

  /// - Throws: `DataFileError`, also for FLAC and Ogg if libsndfile is not installed.
  package init(_ path: String, limits: DataLimits = DataLimits()) throws {
    let file = try DataFileError.wrapping { try MappedFile(path) }
    self.path = path
    if let wave = try WAV(file.bytes, file: path) {
      (content, format) = (.wave(wave, file), wave.format)
    } else {
      let (handle, found) = try Self.open(path, file.bytes, limits)
      (content, format) = (.library(handle), found)
    }
  }

  deinit {
    if case .library(let handle) = content { ca_close(handle) }
  }

  private static func open(_ path: String, _ bytes: UnsafeRawBufferPointer, _ limits: DataLimits) throws -> (OpaquePointer, SoundFormat) {
    guard ["fLaC", "OggS", "RIFF", "FORM"].contains(where: { bytes.starts(with: $0.utf8) }) else {
      throw DataFileError.notA(format: "WAV, FLAC or Ogg", file: path, advice: "convert it to one of them")
    }
    guard ca_available() else {
      throw DataFileError.unsupported(
        file: path, what: "a sound that is not PCM in WAV, without libsndfile,",
        advice: "install libsndfile1 (scripts/setup), or convert it to WAV")
    }
    var (frames, rate, channels): (Int64, Int32, Int32) = (0, 0, 0)
    var message = [CChar](repeating: 0, count: 200)
    guard let handle = ca_open(path, &frames, &rate, &channels, &message, message.count) else {
      throw DataFileError.damaged(
        file: path, offset: 0, problem: String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    // Compressed files may claim any length.
    let (size, overflow) = Int(frames).multipliedReportingOverflow(by: 4 * Int(max(channels, 1)))
    guard frames >= 0, channels >= 1, rate >= 1, !overflow, size <= limits.arrayBytes else {
      ca_close(handle)
      throw DataFileError.damaged(file: path, offset: 0, problem: "\(frames) frames of \(channels) channels at \(rate) a second")
    }
    return (handle, SoundFormat(rate: Int(rate), channels: Int(channels), frames: Int(frames)))
  }

  /// The samples of a range of frames by channel, from -1 to 1.
  ///
  /// - Throws: `DataFileError.damaged` if the file ends before.
  package func read(_ range: Range<Int>) throws -> [[Float]] {
    precondition(range.lowerBound >= 0 && range.upperBound <= format.frames, "frames \(range) of \(format.frames)")
    switch content {
    case .wave(let wave, let file): return wave.samples(range, of: file.bytes)
    case .library(let handle):
      let channels = format.channels
      var count = 0
      let all = [Float](unsafeUninitializedCapacity: range.count * channels) { to, filled in
        if let base = to.baseAddress, !range.isEmpty { count = Int(ca_read(handle, Int64(range.lowerBound), Int64(range.count), base)) }
        filled = max(0, count) * channels
      }
      guard count == range.count else {
        throw DataFileError.damaged(
          file: path, offset: 0, problem: "frame \(range.lowerBound + max(0, count)) of \(format.frames) cannot be read")
      }
      return (0..<channels).map { channel in (0..<count).map { all[$0 * channels + channel] } }
    }
  }
}
