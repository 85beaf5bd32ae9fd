// SPDX-License-Identifier: Apache-2.0
// Samples from a folder of sounds, which are decoded when they are read.

import DataFiles
import Foundation
import Tensors

/// How sounds become tensors.
package struct SoundOptions: Sendable {
  package var inputName: String
  /// Samples a second, to which all are converted; `nil` requires that all have the same.
  package var rate: Int?
  /// The length of a window; `nil` takes whole sounds, which must have the same length.
  package var seconds: Double?
  /// The distance between the starts of windows; `nil` for the length.
  package var stride: Double?
  /// Whether the last window of a sound is filled up with zeros; otherwise it is left out, unless it is the only one.
  package var pads: Bool
  /// Whether channels are averaged.
  package var mixes: Bool

  package init(
    inputName: String = "audio", rate: Int? = nil, seconds: Double? = nil, stride: Double? = nil, pads: Bool = true, mixes: Bool = true
  ) {
    self.inputName = inputName
    self.rate = rate
    self.seconds = seconds
    self.stride = stride
    self.pads = pads
    self.mixes = mixes
  }
}

/// Windows of the sounds of a listing, float32 from -1 to 1: `[frames]`, or `[channels, frames]` if channels are not averaged.
package struct SoundSource: SampleSource {
  private struct Window {
    let file: Int
    /// The first frame, at the rate of the source.
    let start: Int
  }

  private let listing: FileListing
  private let options: SoundOptions
  private let rate: Int
  private let channels: Int
  /// The frames of a sample.
  private let length: Int
  private let windows: [Window]
  private let known: Tensor?

  /// Reads the header of the first sound, or of all sounds if they are cut into windows.
  ///
  /// - Throws: `DataFileError`; `EvaluationError` for options out of range and sounds without a window.
  package init(_ listing: FileListing, _ options: SoundOptions = SoundOptions()) throws {
    self.listing = listing
    self.options = options
    let first = try SoundFile(listing.path(0)).format
    let rate = options.rate ?? first.rate
    guard (1...RateConversion.highestRate).contains(rate) else {
      throw EvaluationError.badOption(name: "rate", value: "\(rate)", allowed: "1 to \(RateConversion.highestRate) samples a second")
    }
    self.rate = rate
    channels = options.mixes ? 1 : first.channels
    if let seconds = options.seconds {
      func frames(_ name: String, _ seconds: Double) throws -> Int {
        let frames = (seconds * Double(rate)).rounded()
        guard frames >= 1, frames < 1e9 else {
          throw EvaluationError.badOption(name: name, value: "\(seconds)", allowed: "at least one sample, at \(rate) a second")
        }
        return Int(frames)
      }
      let length = try frames("seconds", seconds)
      let step = try options.stride.map { try frames("stride", $0) } ?? length
      var windows: [Window] = []
      for file in listing.files.indices {
        let frames = try Self.frames(SoundFile(listing.path(file)).format, at: rate)
        var start = 0
        repeat {
          windows.append(Window(file: file, start: start))
          start += step
        } while options.pads ? start + length - step < frames && start < frames : start + length <= frames
      }
      (self.length, self.windows) = (length, windows)
    } else {
      length = Self.frames(first, at: rate)
      windows = listing.files.indices.map { Window(file: $0, start: 0) }
      guard length > 0 else { throw EvaluationError.notADataset(path: listing.path(0), reason: "the sound is empty") }
    }
    known = listing.labels?.tensor.gatheringRows(windows.map(\.file))
  }

  private static func frames(_ format: SoundFormat, at rate: Int) -> Int {
    RateConversion.frames(format.frames, from: format.rate, to: rate)
  }

  package var count: Int { windows.count }
  package var inputs: [String: SampleType] { [options.inputName: SampleType(.float32, options.mixes ? [length] : [channels, length])] }
  package var labels: SampleType? { known.map(SampleType.init(rowsOf:)) }
  package var knownLabels: Tensor? { known }
  package var isSlow: Bool { true }

  package func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    var samples: [Float] = []
    samples.reserveCapacity(indices.count * channels * length)
    var open: (file: Int, sound: SoundFile)?
    for index in indices {
      if isAbandoned() { throw EvaluationError.cancelled }
      let window = windows[index]
      let sound = try open?.file == window.file ? open?.sound ?? SoundFile(listing.path(window.file)) : SoundFile(listing.path(window.file))
      open = (window.file, sound)
      for channel in try part(of: sound, from: window.start) { samples += channel }
    }
    let shape = [indices.count] + (options.mixes ? [length] : [channels, length])
    return PendingSamples(
      Samples(inputs: [options.inputName: Tensor(samples, shape: shape)], labels: known.map { $0.gatheringRows(indices) }))
  }

  /// A window by channel, filled up with zeros.
  private func part(of sound: SoundFile, from start: Int) throws -> [[Float]] {
    let format = sound.format
    guard options.rate != nil || format.rate == rate else {
      throw EvaluationError.soundRate(file: sound.path, rate: format.rate, expected: rate)
    }
    guard options.mixes || format.channels == channels else {
      throw EvaluationError.soundChannels(file: sound.path, channels: format.channels, expected: channels)
    }
    let frames = Self.frames(format, at: rate)
    guard options.seconds != nil || frames == length else {
      throw EvaluationError.soundLength(file: sound.path, frames: frames, expected: length)
    }
    let range = min(start, frames)..<min(start + length, frames)
    return try sound.read(range, at: rate, mixes: options.mixes).map { $0 + [Float](repeating: 0, count: length - $0.count) }
  }

  package func add(_ order: [Int], to hash: inout ContentHash) throws {
    var files: [Int] = []
    for index in order where files.last != windows[index].file { files.append(windows[index].file) }
    let starts = order.map { "\(windows[$0].start)" }.joined(separator: " ")
    try listing.add(files, "\(options) \(rate) \(channels) \(length) \(starts)", to: &hash)
    if let known { hash.add(known.gatheringRows(order)) }
  }
}
