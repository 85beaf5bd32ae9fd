// SPDX-License-Identifier: Apache-2.0
// Pruning of the smallest weights: single elements, blocks, or n of every m.

import Calibration
import Encodings
import MIL
import Options
import Tensors
import WeightArithmetic
import WeightStorage

/// Sets the given fraction of elements with the smallest magnitudes to zero, and stores the others sparsely.
package struct MagnitudePruning: FeedbackTechnique {
  package var targetSparsity: Double?
  package var blockSize: Int?
  package var nmRatio: [Int]?
  package var dim: Int?
  package var algorithm: Algorithm = .magnitude
  package var feedback = FeedbackSettings(byActivation: false)
  package var weightThreshold: Int = 2048

  /// How the elements that become zero are chosen, and whether the others are corrected.
  package enum Algorithm: String, CaseIterable, Sendable {
    case magnitude, wanda
    case sparseGPT = "sparse_gpt"
  }

  package init() {}

  package static let step = TechniqueStep.prune
  package static let configType = "OpMagnitudePrunerConfig"
  package static let summary = "Set the smallest weights to zero and store the others with a bit mask."
  package static let source =
    "coremltools: OpMagnitudePrunerConfig; n:m sparsity after Zhou et al. 2021"
  package static let action = "pruned"
  package static let suffixes = [WeightSuffix.sparsified]
  package static let dependsOnValues = true

  package static var options: [Option<Self>] {
    [
      .number(
        "target_sparsity", \.targetSparsity, in: 0...1, "fraction of weights that become zero"
      ).aliases("sparsity"),
      .integer(
        "block_size", \.blockSize, in: 2...Int.max,
        "with target_sparsity: size of the blocks along dim that are pruned as a whole, by their norm (conv and linear)"
      ),
      .pair(
        "n_m_ratio", \.nmRatio, in: 0...Int.max,
        "{n, m}: zero the n smallest of every m weights along dim (conv and linear)"),
      .integer(
        "dim", \.dim, oneOf: [0, 1],
        "axis of blocks (default 0, output channels) or of n:m groups (default 1, input channels)"),
      .choice(
        "algorithm", \.algorithm,
        "magnitude: the smallest become zero; with calibration: wanda (the smallest products with the input, row by row), sparse_gpt (those that cost least, and the others are corrected)"
      ),
    ] + feedbackOptions + [.weightThreshold(\.weightThreshold)]
  }

  package static let feedbackAlgorithm = "sparse_gpt"
  package var usesFeedback: Bool { algorithm == .sparseGPT }
  package var idleOptions: [String: OptionSetting] { idleFeedback }
  package var needs: [String] { algorithm == .magnitude ? [] : ["second_moments"] }

  package func validate() throws(OptionError) {
    func fail(_ problem: String) -> OptionError {
      .combination(of: Self.name, problem: problem)
    }
    if (targetSparsity == nil) == (nmRatio == nil) {
      throw fail(
        targetSparsity == nil
          ? "one of target_sparsity, n_m_ratio and threshold is needed"
          : "target_sparsity and n_m_ratio exclude each other")
    }
    if let nmRatio, nmRatio[0] > nmRatio[1] || nmRatio[1] < 1 {
      throw fail("n_m_ratio is {n, m} with n ≤ m and m ≥ 1, found {\(nmRatio[0]), \(nmRatio[1])}")
    }
    if blockSize != nil, nmRatio != nil {
      throw fail("block_size and n_m_ratio exclude each other")
    }
    if algorithm != .magnitude {
      if blockSize != nil { throw fail("algorithm \(algorithm.rawValue) prunes single elements or n_m_ratio, not block_size") }
      if dim == 0 { throw fail("algorithm \(algorithm.rawValue) prunes along the input channels, dim = 1") }
    }
    if dim != nil, !isStructured { throw fail("dim goes with block_size or n_m_ratio") }
  }

  package static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    TechniqueStep.inheritedPruning(base: base, own: own)
  }

  package func validate(operatorType: String, _ table: WeightTable) throws(CompressionError) {
    guard isStructured, !Self.hasStructure(table[operatorType]) else { return }
    throw .unsupportedOperator(
      technique: Self.name, operatorType: operatorType,
      supported: table.operators(of: Self.structuredLayers))
  }

  package var needsAxes: Bool { algorithm != .magnitude }

  package var looksAtStoredValues: Bool { false }

  package func joint(with present: EncodingScheme) -> JointRule { .allowed }

  /// Layers that support block-structured and n:m sparsity.
  private static let structuredLayers: Set<LayerKind> = [.convolution, .linear]
  private static func hasStructure(_ traits: WeightTraits) -> Bool {
    traits.layer.map(structuredLayers.contains) ?? false
  }
  private var isStructured: Bool { blockSize != nil || nmRatio != nil }

  package func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight {
    let storage = try PrunedStorage(weight)
    if isStructured, !context.isNamed {
      let strangers = context.consumers.filter {
        !Self.hasStructure($0.traits) || $0.parameter != "weight"
      }
      if let stranger = strangers.first {
        throw SkipReason.unstructuredConsumer("\(stranger.parameter) of a \(stranger.operatorType)")
      }
    }
    if algorithm != .magnitude, context.hasStatistics {
      if context.isDryRun { return try storage.keeping(try foretoldMask(storage.tensor, context)) }
      if let statistics = context.statistics { return try calibrated(weight, storage, statistics, context) }
    }
    return try storage.keeping(try mask(storage.tensor, storage.precision))
  }

  /// A mask of the elements that are kept.
  private func mask(_ tensor: Tensor, _ precision: WeightPrecision) throws(SkipReason) -> Tensor {
    if let nmRatio {
      var values = tensor.floats()
      try Self.check("m of n_m_ratio", nmRatio[1], tensor.shape[dim ?? 1])
      NeighborSparsity.zeroSmallest(nmRatio[0], ofEvery: nmRatio[1], in: &values, tensor.shape, along: dim ?? 1)
      return Tensor(values, shape: tensor.shape).nonzeroMask()
    }
    if let blockSize { try Self.check("block_size", blockSize, tensor.shape[dim ?? 0]) }
    guard let targetSparsity, targetSparsity < 1 else { return Tensor(zeros: .uint1, tensor.shape) }
    guard targetSparsity > 0 else { return tensor.nonzeroMask() }
    guard let blockSize else {
      return tensor.mask(above: Magnitudes(of: tensor).percentile(targetSparsity, precision))
    }
    var norms = tensor.floats()
    Self.replaceByNorms(&norms, tensor.shape, size: blockSize, along: dim ?? 0)
    let limit = Magnitudes(of: norms).percentile(targetSparsity, precision)
    // A block that is kept may contain zeros.
    return Tensor(norms, shape: tensor.shape).mask(above: limit).intersection(tensor.nonzeroMask())
  }

  // MARK: Structure

  /// Throws an error unless at least two blocks fit.
  private static func check(_ option: String, _ size: Int, _ channels: Int) throws(SkipReason) {
    guard 2 * size <= channels else { throw .blockTooLarge(option: option, size: size, channels: channels) }
  }

  /// Replaces each element by the norm of its block: `size` adjacent elements along the axis; the last block may be
  /// shorter.
  ///
  /// Norms are computed in float32 even for 16-bit weights, whose squares would underflow below 2.4e-4. They are only
  /// compared with each other, so if squares would overflow or underflow float32, the norms are those of the numbers
  /// scaled by `SquareRange`.
  private static func replaceByNorms(
    _ values: inout [Float], _ shape: Shape, size: Int, along axis: Int
  ) {
    SquareRange.scale(&values, by: values.withUnsafeBufferPointer { SquareRange.exponent($0) })
    let channels = shape[axis]
    let inner = Shape(shape.dropFirst(axis + 1)).elementCount
    for outer in 0..<Shape(shape.prefix(axis)).elementCount {
      for first in stride(from: 0, to: channels, by: size) {
        let members = first..<min(first + size, channels)
        for column in 0..<inner {
          func position(_ channel: Int) -> Int { (outer * channels + channel) * inner + column }
          var sum: Float = 0
          for channel in members { sum += values[position(channel)] * values[position(channel)] }
          let norm = sum.squareRoot()
          for channel in members { values[position(channel)] = norm }
        }
      }
    }
  }
}
