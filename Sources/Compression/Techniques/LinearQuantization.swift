// SPDX-License-Identifier: Apache-2.0
// Linear quantization of weights to 8 or 4 bits.

import Calibration
import Encodings
import MIL
import Options
import Tensors
import WeightArithmetic
import WeightStorage

/// Codes `q` with `w ≈ scale · (q − zero point)`, one scale per tensor, channel or block.
package struct LinearQuantization: FeedbackTechnique {
  package enum Mode: String, CaseIterable, Sendable {
    case symmetric = "linear_symmetric"
    case linear
  }
  package enum CodeType: String, CaseIterable, Sendable { case int8, uint8, int4, uint4 }
  /// How codes and scales are chosen.
  package enum Algorithm: String, CaseIterable, Sendable { case nearest, mse, hqq, importance, awq, gptq }
  /// The range that scales are computed from.
  package enum RangeChoice: String, CaseIterable, Sendable { case best, minmax, mse }
  package enum Granularity: String, CaseIterable, Sendable {
    case perTensor = "per_tensor"
    case perChannel = "per_channel"
    case perBlock = "per_block"
  }

  package var mode: Mode = .symmetric
  package var dtype: CodeType = .int8
  package var granularity: Granularity = .perChannel
  /// A single number applies to the input axis; blocks then have size 1 along the output axis and the full extent
  /// along the others. With one number per axis, 0 means the full extent.
  package var blockSize: PerAxis = .one(32)
  package var algorithm: Algorithm = .nearest
  package var ranges: RangeChoice = .best
  package var feedback = FeedbackSettings()
  package var weightThreshold: Int = 2048

  package init() {}

  package static let step = TechniqueStep(
    "quantize", "Store weights as 8- or 4-bit integers with scales.", example: "model:quantize{ dtype = \"int8\" }")
  package static let configType = "OpLinearQuantizerConfig"
  package static let summary =
    "Store weights as 8- or 4-bit integers with a scale per tensor, channel or block."
  package static let source = "coremltools: OpLinearQuantizerConfig"
  package static let action = "quantized"
  package static let suffixes = [WeightSuffix.quantized]

  package static var options: [Option<Self>] {
    [
      .choice(
        "mode", \.mode,
        "linear_symmetric: the range is [-R, R] with R the largest magnitude; linear: from smallest to largest, with a zero point"
      ),
      .choice("dtype", \.dtype, "dtype of the codes; int4 and uint4 need iOS18"),
      .choice("granularity", \.granularity, "the elements that share a scale; per_block needs iOS18"),
      .perAxis(
        "block_size", \.blockSize, in: 0...Int.max,
        "per_block: elements along the input axis that share a scale, or a size for each axis (0: the whole axis)"
      ),
      .choice(
        "algorithm", \.algorithm,
        "nearest: round to nearest; mse: ranges of least squared error; hqq: real zero points (iOS18); with calibration: importance (ranges of least error of the output), awq (scaled input channels, iOS18), gptq (each rounding error is corrected in the columns that follow)"
      ),
      .choice(
        "ranges", \.ranges, "gptq: from smallest to largest (minmax), of least squared error (mse), or for each row the better one (best)"),
    ] + feedbackOptions + [.weightThreshold(\.weightThreshold)]
  }

  package static let feedbackAlgorithm = "gptq"
  package var usesFeedback: Bool { algorithm == .gptq }

  package func validate() throws(OptionError) {
    guard algorithm == .hqq, mode == .symmetric else { return }
    throw .combination(of: Self.name, problem: "algorithm hqq finds zero points, which needs mode = \"linear\"")
  }

  package var idleOptions: [String: OptionSetting] {
    var idle = idleFeedback
    if granularity != .perBlock { idle["block_size"] = OptionSetting("granularity", "per_block") }
    if algorithm != .gptq { idle["ranges"] = OptionSetting("algorithm", "gptq") }
    return idle
  }

  package var needs: [String] {
    switch algorithm {
    case .nearest, .mse, .hqq: []
    case .importance, .awq, .gptq: ["second_moments"]
    }
  }

  package var requirement: (opset: Opset, feature: String)? {
    if granularity == .perBlock { return (.iOS18, "per_block quantization") }
    if dtype == .int4 || dtype == .uint4 { return (.iOS18, "4-bit quantization") }
    if algorithm == .hqq || algorithm == .awq { return (.iOS18, "algorithm \(algorithm.rawValue)") }
    return nil
  }

  package var needsAxes: Bool {
    if algorithm != .nearest { return true }
    if case .each = blockSize, granularity == .perBlock { return false }
    return granularity != .perTensor
  }

  package func joint(with present: EncodingScheme) -> JointRule {
    if present.contains(.quantized) {
      return .refused(reason: "quantized codes cannot be quantized again")
    }
    if present.contains(.palettized), granularity != .perTensor {
      return .refused(reason: "a lookup table can only be quantized with granularity per_tensor")
    }
    return .allowed
  }

  /// The dtype of the codes.
  var codeType: DType {
    switch dtype {
    case .int8: .int8
    case .uint8: .uint8
    case .int4: .int4
    case .uint4: .uint4
    }
  }

  package func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight {
    switch weight {
    case .dense(let tensor) where usesAlgorithm(context):
      return try calibrated(tensor, kept: nil, context)
    case .sparse(.plain(let mask, let nonzero)) where usesAlgorithm(context):
      return try calibrated(nonzero.scattered(under: mask), kept: mask, context)
    case .dense(let tensor):
      let (data, scale, offset) = try quantize(tensor, counts: blockCounts(tensor.shape, context))
      return .blockwise(data: .dense(data), scale: scale, offset: offset)
    case .palette(let indices, let lut, let axis):
      return .palette(indices: indices, lut: try quantizeTable(lut), vectorAxis: axis)
    case .sparse(.palette(let indices, let lut, let axis)):
      return .sparse(.palette(indices, lut: try quantizeTable(lut), vectorAxis: axis))
    case .sparse(.plain(let mask, let nonzero)):
      // The range includes zero, the value of masked elements.
      let dense = nonzero.scattered(under: mask)
      let (data, scale, offset) = try quantize(dense, counts: blockCounts(dense.shape, context))
      return .sparse(
        .blockwise(
          .plain(mask: mask, nonzero: data.elements(under: mask)), scale: scale, offset: offset))
    default:
      throw CompressionError.cannotJoin(
        weight: context.name, present: weight.scheme, technique: Self.name,
        reason: "the format does not support this combination")
    }
  }

  /// Quantizes tables with a single scale.
  private func quantizeTable(_ lut: EncodedWeight) throws -> EncodedWeight {
    let table = try lut.decoded()
    let (data, scale, offset) = try quantize(table, counts: Shape(repeating: 1, count: table.rank))
    return .blockwise(data: .dense(data), scale: scale, offset: offset)
  }

  private func quantize(_ tensor: Tensor, counts: Shape) throws -> (
    data: Tensor, scale: Tensor, offset: Tensor?
  ) {
    guard let precision = WeightPrecision(tensor.dtype) else {
      throw SkipReason.elementType(tensor.dtype)
    }
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    let grid = try BlockGrid(tensor.shape, into: counts, part: "weight")
    let linear = LinearCodes(tensor, grid, as: codeType, symmetric: mode == .symmetric, precision)
    return (
      data: linear.codes,
      scale: Tensor(linear.scales, shape: counts).cast(to: tensor.dtype),
      offset: linear.zeroPoints.map { Tensor(integers: $0, dtype: codeType, shape: counts) }
    )
  }

  /// Blocks along each axis.
  func blockCounts(_ shape: Shape, _ context: WeightContext) throws -> Shape {
    var counts = Shape(repeating: 1, count: shape.count)
    switch (granularity, blockSize) {
    case (.perTensor, _):
      if context.compatible { _ = try context.axes() }
    case (.perChannel, _):
      let axes = try context.axes()
      counts[axes.output] = shape[axes.output]
    case (.perBlock, .one(let size)):
      let axes = try context.axes()
      if size > 0 { counts[axes.input] = try Self.blocks(shape, axes.input, size) }
      counts[axes.output] = shape[axes.output]
    case (.perBlock, .each(let sizes)):
      guard sizes.count == shape.count else {
        throw CompressionError.blockRank(weight: context.name, sizes: sizes, shape: shape)
      }
      for (axis, size) in sizes.enumerated() where size > 0 {
        counts[axis] = try Self.blocks(shape, axis, size)
      }
    }
    return counts
  }

  private static func blocks(_ shape: Shape, _ axis: Int, _ size: Int) throws(SkipReason) -> Int {
    guard shape[axis] % size == 0 else {
      throw .indivisible(axis: axis, extent: shape[axis], by: size, option: "block_size")
    }
    return shape[axis] / size
  }
}
