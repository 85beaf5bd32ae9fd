// SPDX-License-Identifier: Apache-2.0
// Which tiles a convolution is computed with, by a model of its time.

extension WinogradConvolution {
  /// Output rows and columns of a tile.
  package enum Tile: Int, Sendable, CaseIterable {
    case two = 2
    case four = 4
  }
}

extension WinogradConvolution.Tile {
  /// The tile with which the convolution takes the least time; `nil` if a convolution by the definition takes less, or about the same.
  ///
  /// - Parameter packsAtEachRun: whether the weights change between runs.
  package static func fastest(_ geometry: WinogradConvolution.Geometry, packsAtEachRun: Bool) -> Self? {
    // Lanes hold channels.
    guard min(geometry.channels, geometry.outputs) >= leastChannels, hasWideVectors else { return nil }
    let own = geometry.flops
    let weights = 9 * geometry.channels * geometry.outputs
    let definition = Double(own) / flopsPerNanosecond + Double(weights) / floatsPerNanosecond
    let two = two.nanoseconds(geometry, packsAtEachRun: packsAtEachRun)
    let four = geometry.channels < leastChannelsOfFour ? .infinity : four.nanoseconds(geometry, packsAtEachRun: packsAtEachRun)
    // 4×4 tiles round more, and their weights take twice the memory, so they must gain something.
    let (tile, time) = four < 0.9 * two ? (Self.four, four) : (Self.two, two)
    return time < 0.9 * definition ? tile : nil
  }

  private static let leastChannels = 16
  /// With fewer channels the rounding errors of 4×4 tiles are more than 1.7 times those of a sum over all taps and channels (measured:
  /// 1.7 with 64 channels, 1.2 with 128, 0.9 with 256; those of 2×2 tiles are at most 0.8 times as large).
  private static let leastChannelsOfFour = 64

  // Measured on one core of an Intel Xeon (Emerald Rapids) with AVX-512. Only ratios matter, and those are similar elsewhere.
  private static let flopsPerNanosecond = 165.0
  /// Weights are read from the last cache or from memory.
  private static let floatsPerNanosecond = 3.0
  /// To transform one vector of channels of a tile's inputs, or of its sums.
  private var nanosecondsPerTransform: Double { self == .two ? 36 : 115 }
  /// To transform the weights of one input channel and sixteen output channels.
  private var nanosecondsPerPack: Double { self == .two ? 700 : 1400 }

  /// Positions of a transformed tile.
  private var positions: Int { (rawValue + 2) * (rawValue + 2) }

  /// The number of tiles of all images.
  func count(_ geometry: WinogradConvolution.Geometry) -> Int {
    geometry.images * ((geometry.outputHeight + rawValue - 1) / rawValue) * ((geometry.outputWidth + rawValue - 1) / rawValue)
  }

  /// Operations of the products of transformed tiles and weights.
  func flops(_ geometry: WinogradConvolution.Geometry) -> Int {
    2 * count(geometry) * positions * geometry.channels * ((geometry.outputs + 15) / 16 * 16)
  }

  private func nanoseconds(_ geometry: WinogradConvolution.Geometry, packsAtEachRun: Bool) -> Double {
    let (inputs, outputs) = ((geometry.channels + 15) / 16, (geometry.outputs + 15) / 16)
    let transforms = Double(count(geometry) * (inputs + outputs)) * nanosecondsPerTransform
    let weights = Double(positions * geometry.channels * outputs * 16) / Self.floatsPerNanosecond
    let packing = packsAtEachRun ? Double(geometry.channels * outputs) * nanosecondsPerPack : 0
    return Double(flops(geometry)) / Self.flopsPerNanosecond + transforms + weights + packing
  }
}
