// SPDX-License-Identifier: Apache-2.0
// Parts of sounds at another rate, with all channels or their mean.

extension SoundFile {
  /// The samples of a range of frames, counted at another rate.
  ///
  /// - Parameters:
  ///   - rate: samples a second, at most `RateConversion.highestRate`.
  ///   - mixes: whether the result is the mean of the channels.
  /// - Throws: `DataFileError`, also for a file whose rate is above the highest.
  package func read(_ range: Range<Int>, at rate: Int, mixes: Bool) throws -> [[Float]] {
    guard rate != format.rate else { return Self.mixed(try read(range), mixes) }
    guard format.rate <= RateConversion.highestRate else {
      throw DataFileError.unsupported(
        file: path, what: "a rate of \(format.rate) samples a second", advice: "convert it to at most \(RateConversion.highestRate)")
    }
    let conversion = RateConversion.cached(from: format.rate, to: rate)
    let source = conversion.source(of: range, frames: format.frames)
    return Self.mixed(try read(source), mixes).map { conversion.converted($0, from: source.lowerBound, to: range) }
  }

  private static func mixed(_ channels: [[Float]], _ mixes: Bool) -> [[Float]] {
    guard mixes, channels.count > 1, let first = channels.first else { return channels }
    return [first.indices.map { i in channels.reduce(Float(0)) { $0 + $1[i] } / Float(channels.count) }]
  }
}
