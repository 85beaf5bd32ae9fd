// SPDX-License-Identifier: Apache-2.0
// Palettization: indices into tables of a few values, or of a few short vectors.

import Calibration
import Encodings
import MIL
import Options
import Tensors
import WeightArithmetic
import WeightStorage

/// Replaces each weight by an index into a lookup table, one table per tensor or per group of channels.
package struct Palettization: FeedbackTechnique {
  package enum Mode: String, CaseIterable, Sendable { case kmeans, uniform, unique, custom }
  /// What tables and indices minimize: the error of the weight, or of the layer's output.
  package enum Algorithm: String, CaseIterable, Sendable { case kmeans, importance, gptq, skm }
  /// What makes an element important.
  package enum Importance: String, CaseIterable, Sendable {
    case secondMoments = "second_moments"
    case fisher
  }
  package enum Granularity: String, CaseIterable, Sendable {
    case perTensor = "per_tensor"
    case perGroupedChannel = "per_grouped_channel"
  }

  package var mode: Mode = .kmeans
  package var nbits: Int?
  package var lutFunction: LUTFunction?
  package var granularity: Granularity = .perTensor
  package var groupSize: Int = 32
  package var channelAxis: Int?
  package var clusterDim: Int = 1
  package var enablePerChannelScale: Bool = false
  package var numKmeansWorkers: Int = 1
  package var algorithm: Algorithm = .kmeans
  package var importance: Importance = .secondMoments
  package var feedback = FeedbackSettings()
  package var weightThreshold: Int = 2048

  package init() {}

  package static let step = TechniqueStep(
    "palettize", "Store weights as indices into a small table of values.", example: "model:palettize{ nbits = 4 }")
  package static let configType = "OpPalettizerConfig"
  package static let summary = "Store weights as indices into lookup tables of 2 to 256 values."
  package static let source =
    "coremltools: OpPalettizerConfig; exact k-means on a line after Wang and Song 2011, Grønlund et al. 2017"
  package static let action = "palettized"
  package static let suffixes = [WeightSuffix.palettized, WeightSuffix.scaledPalette]

  package static var options: [Option<Self>] {
    [
      .choice(
        "mode", \.mode,
        "how tables are computed: kmeans (minimum squared error), uniform (evenly spaced), unique (the distinct values), custom (lut_function)"
      ),
      .integer(
        "nbits", \.nbits, oneOf: DType.indexWidths,
        "bits of an index; needed for kmeans and uniform, not allowed for unique and custom; 3 needs iOS18"
      ).aliases("n_bits", "bits"),
      .function(
        "lut_function", \.lutFunction, expected: "a function of a tensor that returns a table and indices",
        "custom: given one group of a weight and the weight's context, returns the group's table and the index of each element"),
      .choice("granularity", \.granularity, "the elements that share a table; per_grouped_channel needs iOS18"),
      .integer(
        "group_size", \.groupSize, in: 0...Int.max,
        "per_grouped_channel: channels that share a table (0: all)"),
      .integer(
        "channel_axis", \.channelAxis, in: Int.min...Int.max,
        "per_grouped_channel: the axis of the groups; by default the output channels"),
      .integer(
        "cluster_dim", \.clusterDim, in: 1...Int.max,
        "size of the vectors in a table, along the channel axis; more than 1 needs iOS18"
      ),
      .bool(
        "enable_per_channel_scale", \.enablePerChannelScale,
        "divide by the largest magnitude over the output channels first; needs iOS18"),
      .integer(
        "num_kmeans_workers", \.numKmeansWorkers, in: 1...Int.max,
        "accepted for compatibility with coremltools; has no effect"),
      .choice(
        "algorithm", \.algorithm,
        "what k-means minimizes: kmeans: the error of the weight; with calibration: importance (the error of the output for independent inputs), gptq (the same, then each rounding error is corrected in the columns that follow), skm (the error weighted by squared gradients)"
      ),
      .choice(
        "importance", \.importance,
        "importance, gptq: weights of k-means: second_moments (mean squares of the inputs) or fisher (squared gradients)"),
    ] + feedbackOptions + [.weightThreshold(\.weightThreshold)]
  }

  package static let feedbackAlgorithm = "gptq"
  package var usesFeedback: Bool { algorithm == .gptq }
  package var needs: [String] {
    switch (algorithm, importance) {
    case (.kmeans, _): []
    case (.importance, .secondMoments), (.gptq, .secondMoments): ["second_moments"]
    case (.importance, .fisher), (.skm, _): ["squared_gradients"]
    case (.gptq, .fisher): ["second_moments", "squared_gradients"]
    }
  }

  package func validate() throws(OptionError) {
    func fail(_ problem: String) -> OptionError {
      .combination(of: Self.name, problem: problem)
    }
    switch mode {
    case .kmeans, .uniform:
      if nbits == nil {
        throw fail("mode \(mode.rawValue) needs nbits, one of \(DType.indexWidths.map(String.init).joined(separator: ", "))")
      }
    case .unique, .custom:
      if nbits != nil {
        throw fail("nbits cannot be set in mode \(mode.rawValue), which finds it by itself")
      }
    }
    if (mode == .custom) != (lutFunction != nil) {
      throw fail(
        mode == .custom
          ? "mode custom needs lut_function"
          : "lut_function is for mode custom, not \(mode.rawValue)")
    }
    if algorithm != .kmeans {
      if mode != .kmeans { throw fail("algorithm \(algorithm.rawValue) computes tables by k-means, not in mode \(mode.rawValue)") }
      if clusterDim > 1 { throw fail("algorithm \(algorithm.rawValue) makes no tables of vectors (cluster_dim \(clusterDim))") }
    }
    if clusterDim > 1 {
      if mode == .uniform || mode == .custom {
        throw fail("mode \(mode.rawValue) makes no tables of vectors (cluster_dim \(clusterDim))")
      }
      if enablePerChannelScale {
        throw fail("enable_per_channel_scale cannot be used with cluster_dim \(clusterDim)")
      }
    }
  }

  package var idleOptions: [String: OptionSetting] {
    var idle = idleFeedback
    if algorithm == .kmeans || algorithm == .skm { idle["importance"] = OptionSetting("algorithm", "importance") }
    if granularity != .perGroupedChannel {
      for option in ["group_size", "channel_axis"] { idle[option] = OptionSetting("granularity", "per_grouped_channel") }
    }
    return idle
  }

  /// An entry that selects a mode inherits neither `nbits` if the mode determines it, nor a function that the mode
  /// does not call. An entry with `nbits` does not inherit a mode that determines it.
  package static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    let findingWidth: [OptionValue?] = [.string("unique"), .string("custom")]
    var inherited = base
    if let mode = own["mode"] {
      if findingWidth.contains(mode) { inherited["nbits"] = nil }
      if mode != .string("custom") { inherited["lut_function"] = nil }
    } else if own["nbits"] != nil, findingWidth.contains(base["mode"]) {
      inherited["mode"] = nil
      inherited["lut_function"] = nil
    }
    return inherited.merging(own) { _, own in own }
  }

  package var requirement: (opset: Opset, feature: String)? {
    if granularity == .perGroupedChannel { return (.iOS18, "per_grouped_channel palettization") }
    if clusterDim > 1 { return (.iOS18, "vector palettization") }
    if enablePerChannelScale { return (.iOS18, "palettization with per-channel scale") }
    if nbits == 3 { return (.iOS18, "3-bit palettization") }
    return nil
  }

  package func suffix(of made: EncodedWeight) -> String {
    // Floating-point tables with a per-channel scale.
    if case .palette(_, .blockwise(let tables, _, _), _) = made, tables.dtype.isFloat { return WeightSuffix.scaledPalette }
    return WeightSuffix.palettized
  }

  package var callsScript: Bool { lutFunction != nil }

  package var needsAxes: Bool {
    if algorithm != .kmeans { return true }
    return granularity == .perGroupedChannel ? channelAxis == nil : clusterDim > 1 || enablePerChannelScale
  }

  package func joint(with present: EncodingScheme) -> JointRule {
    if present.contains(.palettized) { return .refused(reason: "it has a table already") }
    if present.contains(.quantized) { return jointWithCodes }
    if clusterDim > 1 {
      return .refused(
        reason: "a mask over single weights does not fit vectors (cluster_dim \(clusterDim))")
    }
    if enablePerChannelScale {
      return .refused(reason: "the format does not support a scale between mask and table")
    }
    return .allowed
  }

  package func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight {
    switch try weight.current() {
    case .dense(let tensor):
      return try palettize(tensor, context)
    case .sparse(.plain(let mask, let nonzero)):
      // Zeros need no table entry, since they are masked; coremltools uses one for them.
      let dense = nonzero.scattered(under: mask)
      let (indices, lut) = try anyPalette(
        dense, kept: context.compatible ? nil : mask.codes(), scale: nil, context)
      return .sparse(
        .palette(
          .plain(mask: mask, nonzero: indices.elements(under: mask)), lut: .dense(lut),
          vectorAxis: nil))
    case .blockwise(.dense(let codes), let scale, let offset):
      let (indices, lut) = try codePalette(codes, scale, offset, kept: nil, context)
      return .palette(indices: indices, lut: lut, vectorAxis: nil)
    case .sparse(.blockwise(.plain(let mask, let codes), let scale, let offset)):
      let (indices, lut) = try codePalette(
        codes.scattered(under: mask), scale, offset, kept: mask.codes(), context)
      return .sparse(
        .palette(.plain(mask: mask, nonzero: indices.elements(under: mask)), lut: lut, vectorAxis: nil))
    default:
      throw CompressionError.cannotJoin(
        weight: context.name, present: weight.scheme, technique: Self.name,
        reason: "the format does not support this combination")
    }
  }

  func palettize(_ tensor: Tensor, _ context: WeightContext) throws -> EncodedWeight {
    if clusterDim > 1 { return try vectorPalette(tensor, context) }
    guard enablePerChannelScale else {
      let (indices, lut) = try anyPalette(tensor, kept: nil, scale: nil, context)
      return .palette(indices: indices, lut: .dense(lut), vectorAxis: nil)
    }
    let axis = try channels(tensor.shape, context).axis
    let scaled = try ChannelScale(tensor, over: axis)
    var (indices, lut) = try anyPalette(scaled.quotient, kept: nil, scale: scaled.scale, context)
    if scaled.overflows(lut) {
      if mode == .custom {
        throw CompressionError.lutFunction(
          weight: context.name, problem: "gave entries that times the largest channel's scale exceed \(tensor.dtype)")
      }
      lut = lut.limitedToOne()
    }
    return .palette(indices: indices, lut: try scaled.scaling(table: lut), vectorAxis: nil)
  }

  // MARK: Groups

  /// The channel axis and the number of groups along it.
  func channels(_ shape: Shape, _ context: WeightContext) throws -> (axis: Int, groups: Int) {
    if granularity == .perTensor {
      let needed = needsAxes || context.compatible
      return (needed ? try context.axes().output : context.outputAxis ?? 0, 1)
    }
    let axis: Int
    if let channelAxis {
      guard let counted = shape.normalizedAxis(channelAxis) else {
        throw SkipReason.channelAxis(channelAxis, rank: shape.count)
      }
      axis = counted
    } else {
      axis = try context.axes().output
    }
    let size = groupSize == 0 ? shape[axis] : groupSize
    guard shape[axis] % size == 0 else {
      throw SkipReason.indivisible(axis: axis, extent: shape[axis], by: size, option: "group_size")
    }
    return (axis, shape[axis] / size)
  }

  static func check(_ tensor: Tensor) throws -> WeightPrecision {
    guard let precision = WeightPrecision(tensor.dtype) else {
      throw SkipReason.elementType(tensor.dtype)
    }
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    return precision
  }
}

/// A user-defined function that creates a lookup table: for one group of a weight, it returns the table and an index
/// for each element.
package final class LUTFunction: OptionFunction, Equatable {
  package typealias Body = @Sendable (Tensor, WeightContext) throws -> (lut: [Double], indices: [Int])
  package let body: Body

  package init(_ body: @escaping Body) { self.body = body }

  package static func == (a: LUTFunction, b: LUTFunction) -> Bool { a === b }
}
