// SPDX-License-Identifier: Apache-2.0
// Compares sounds with SciPy and libsndfile, and tests malformed files.

import DataFiles
import Foundation
import Tensors
import Testing

@Suite struct SoundTests {
  static func source(_ name: String) -> String { fixture("../sources/\(name)") }

  /// The largest difference from an array of `sounds.npz`, `[channels, frames]`.
  static func difference(_ samples: [[Float]], _ name: String) throws -> Float {
    let expected = try #require(NPZ.read(source("sounds.npz"))[name])
    let flat = samples.flatMap { $0 }
    try #require(flat.count == expected.count, "\(flat.count) samples, expected \(expected.count)")
    return zip(flat, expected.floats()).map { abs($0 - $1) }.max() ?? 0
  }

  @Test(arguments: ["u8", "s16", "s24", "s32", "f32", "f64", "piped"])
  func wave(_ name: String) throws {
    let sound = try SoundFile(Self.source("sounds/\(name).wav"))
    #expect(sound.format == SoundFormat(rate: 8000, channels: 2, frames: 900))
    #expect(try Self.difference(sound.read(0..<900), name) <= 1e-7)
    #expect(try sound.read(100..<103)[1] == Array(sound.read(0..<900)[1][100..<103]))
  }

  @Test(arguments: ["flac", "ogg"])
  func compressed(_ ending: String) throws {
    let sound = try SoundFile(Self.source("tone.\(ending)"))
    #expect(sound.format == SoundFormat(rate: 8000, channels: 2, frames: 900))
    #expect(try Self.difference(sound.read(0..<900), ending) == 0)
    #expect(try sound.read(500..<600)[0] == Array(sound.read(0..<900)[0][500..<600]), "any part can be read")
  }

  @Test(arguments: [4000, 16000, 11025, 44100])
  func rates(_ rate: Int) throws {
    let sound = try SoundFile(Self.source("sounds/f64.wav"))
    let frames = RateConversion.frames(900, from: 8000, to: rate)
    let whole = try sound.read(0..<frames, at: rate, mixes: false)
    #expect(try Self.difference(whole, "at_\(rate)") <= 2e-7)
    let part = frames / 3..<frames / 2
    #expect(try sound.read(part, at: rate, mixes: false) == whole.map { Array($0[part]) }, "a part is the part of the whole")
    #expect(try sound.read(0..<0, at: rate, mixes: false).allSatisfy(\.isEmpty))
  }

  @Test func channelsAreAveraged() throws {
    let sound = try SoundFile(Self.source("sounds/f64.wav"))
    #expect(try Self.difference(sound.read(0..<1800, at: 16000, mixes: true), "mono_16000") <= 2e-7)
  }

  @Test func damagedFiles() throws {
    try withTemporaryFolder { folder in
      let good = try Data(contentsOf: URL(fileURLWithPath: Self.source("sounds/s16.wav")))
      func failure(_ bytes: Data, _ name: String = "x.wav") throws -> String {
        let path = "\(folder)/\(name)"
        try bytes.write(to: URL(fileURLWithPath: path))
        do {
          let sound = try SoundFile(path)
          _ = try sound.read(0..<sound.format.frames)
          return "no error"
        } catch { return "\(error)" }
      }
      #expect(try failure(good.prefix(1000)).contains("x.wav is damaged at byte 36: 3600 bytes of samples are declared, but 956 follow"))
      #expect(try failure(good.prefix(40)).contains("there is no data chunk"))
      #expect(try failure(good.prefix(20)).contains("format chunk of 16 bytes"))
      #expect(try failure(Data("hello, world".utf8)).contains("x.wav is not a WAV, FLAC or Ogg file"))
      #expect(try failure(Data()).contains("not a WAV"))
      #expect(try failure(Data("fLaC hello, this is no sound".utf8), "x.flac").contains("x.flac is damaged"))
      // No byte of a header crashes the reader.
      for at in 0..<44 {
        for value: UInt8 in [0, 1, 2, 0x7F, 0xFF] {
          var changed = good
          changed[at] = value
          _ = try failure(changed)
        }
      }
    }
  }
}
