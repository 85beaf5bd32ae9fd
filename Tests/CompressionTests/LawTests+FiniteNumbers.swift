// SPDX-License-Identifier: Apache-2.0
// Every technique produces finite numbers of the usual quality from finite weights of any magnitude.

import Calibration
import Compression
import Encodings
import MIL
import Operators
import Options
import Tensors
import Testing
import WeightStorage

extension LawTests {
  typealias Step = (name: String, options: [String: OptionValue])

  /// Weights of 8 × 16 elements near the limits of their dtype.
  static let extremes: [String: @Sendable (Int, inout SplitMix64) -> Float] = [
    "±40000": { i, _ in i % 2 == 0 ? 40000 : -40000 },
    "within ±40000": { _, random in Float(random.uniform() * 80000 - 40000) },
    "±65504": { i, _ in i % 3 == 0 ? 65504 : -65504 },
    "0 to 65504": { _, random in Float(random.uniform()) * 65504 },
    "65504 alone": { i, _ in i == 5 ? 65504 : 0.01 },
    "all 65504": { _, _ in 65504 },
    "−300 to 1000": { _, random in Float(random.uniform() * 1300 - 300) },
    "within ±300": { _, random in Float(random.uniform() * 600 - 300) },
    "smallest halves": { i, _ in Float(i % 5 - 2) * 0x1p-24 },
    "±3e38": { i, _ in i % 2 == 0 ? 3e38 : -3e38 },
    "within the largest": { _, random in Float(random.uniform() * 2 - 1) * Float.greatestFiniteMagnitude },
    "1e19": { _, random in Float(random.normal()) * 1e19 },
    "1e-24": { _, random in Float(random.normal()) * 1e-24 },
    "smallest": { i, _ in Float(i % 5 - 2) * Float.leastNonzeroMagnitude },
    "small and large": { i, random in Float(random.normal()) * (i % 7 == 0 ? 1e19 : 1e-24) },
  ]

  /// The weight, if the dtype can represent it.
  static func extreme(_ name: String, _ dtype: DType) throws -> Tensor? {
    let draw = try #require(extremes[name])
    var random = SplitMix64(seed: 5)
    let tensor = Tensor((0..<128).map { draw($0, &random) }, shape: [8, 16]).cast(to: dtype)
    return tensor.floats().allSatisfy(\.isFinite) && tensor.floats().contains { $0 != 0 } ? tensor : nil
  }

  /// All options of all techniques with representative values.
  static let everyOption: [Step] = quantizations + palettizations + prunings + algorithms

  private static let quantizations: [Step] = ["linear", "linear_symmetric"].flatMap { mode in
    ["int8", "uint8", "int4", "uint4"].flatMap { dtype -> [Step] in
      let own: [String: OptionValue] = ["mode": .string(mode), "dtype": .string(dtype)]
      let sizes: [OptionValue] = [.integer(0), .integer(4), .list([.integer(2), .integer(8)])]
      let blocks = sizes.map { ["granularity": OptionValue.string("per_block"), "block_size": $0] }
      let granularities = ["per_tensor", "per_channel"].map { ["granularity": OptionValue.string($0)] }
      return (granularities + blocks).map { ("quantize", own.merging($0) { $1 }) }
    }
  }

  private static let palettizations: [Step] = {
    let groups: [[String: OptionValue]] = [
      [:], ["granularity": .string("per_grouped_channel"), "group_size": .integer(4)],
      ["granularity": .string("per_grouped_channel"), "group_size": .integer(2), "channel_axis": .integer(1)],
    ]
    let ends = LUTFunction { group, _ in
      let (low, high) = (group.floats().min() ?? 0, group.floats().max() ?? 0)
      return (lut: [Double(low), Double(high)], indices: group.floats().map { $0 == high ? 1 : 0 })
    }
    var ways: [[String: OptionValue]] = [
      ["mode": .string("unique")], ["mode": .string("unique"), "cluster_dim": .integer(2)],
      ["mode": .string("custom"), "lut_function": .function(ends)],
      ["nbits": .integer(2), "cluster_dim": .integer(2), "num_kmeans_workers": .integer(2)],
    ]
    for mode in ["kmeans", "uniform"] {
      for bits in DType.indexWidths { ways.append(["mode": .string(mode), "nbits": .integer(bits)]) }
    }
    let scaled = ways.filter { $0["cluster_dim"] == nil }.map { $0.merging(["enable_per_channel_scale": .bool(true)]) { $1 } }
    return groups.flatMap { group in (ways + scaled).map { ("palettize", $0.merging(group) { $1 }) } }
  }()

  private static let algorithms: [Step] = {
    let modes: [[String: OptionValue]] = [
      ["dtype": .string("int4")], ["dtype": .string("uint4"), "mode": .string("linear")],
      ["dtype": .string("int8"), "mode": .string("linear"), "granularity": .string("per_tensor")],
      ["dtype": .string("uint8"), "granularity": .string("per_block"), "block_size": .integer(4)],
    ]
    var steps: [Step] = []
    for algorithm in ["mse", "hqq", "importance", "awq", "gptq"] {
      for mode in modes where algorithm != "hqq" || mode["mode"] != nil {
        steps.append(("quantize", mode.merging(["algorithm": .string(algorithm)]) { $1 }))
      }
    }
    let order: [String: OptionValue] = [
      "use_activation_order_heuristic": .bool(false), "processing_group_size": .integer(3), "hessian_dampening": .number(0.1),
    ]
    for ranges in ["minmax", "mse"] {
      steps.append(("quantize", order.merging(["algorithm": .string("gptq"), "ranges": .string(ranges), "dtype": .string("int4")]) { $1 }))
    }
    for algorithm in ["importance", "gptq"] {
      for more: [String: OptionValue] in [
        [:], ["granularity": .string("per_grouped_channel"), "group_size": .integer(4)], ["enable_per_channel_scale": .bool(true)],
      ] {
        let own: [String: OptionValue] = ["algorithm": .string(algorithm), "nbits": .integer(2)]
        steps.append(("palettize", own.merging(more) { $1 }))
      }
    }
    for own: [String: OptionValue] in [
      ["algorithm": .string("skm")], ["algorithm": .string("importance"), "importance": .string("fisher")],
      ["algorithm": .string("gptq"), "importance": .string("fisher"), "enable_per_channel_scale": .bool(true)],
    ] {
      steps.append(("palettize", own.merging(["nbits": .integer(2)]) { $1 }))
    }
    steps.append(("palettize", order.merging(["algorithm": .string("gptq"), "nbits": .integer(3)]) { $1 }))
    for algorithm in ["wanda", "sparse_gpt"] {
      for more: [String: OptionValue] in [
        ["target_sparsity": .number(0.3)], ["target_sparsity": .number(0)], ["n_m_ratio": .list([.integer(2), .integer(4)])],
      ] {
        steps.append(("prune", more.merging(["algorithm": .string(algorithm)]) { $1 }))
      }
    }
    steps.append(("prune", order.merging(["algorithm": .string("sparse_gpt"), "target_sparsity": .number(0.5)]) { $1 }))
    return steps
  }()

  /// Statistics of correlated inputs, some of which are much larger than others.
  static let statistics: WeightStatistics = {
    var random = SplitMix64(seed: 11)
    var rows = (0..<16 * 200).map { _ in Float(random.normal()) }
    for i in rows.indices where i % 16 > 0 { rows[i] = 0.5 * rows[i] + 0.7 * rows[i - 1] }
    for i in rows.indices where i % 16 < 2 { rows[i] *= 12 }
    var moments = SecondMoments(size: 16)
    moments.add(rows)
    return WeightStatistics(moments: [moments], squaredGradients: (0..<128).map { _ in random.uniform() * random.uniform() })
  }()

  private static let prunings: [Step] = {
    var ways: [[String: OptionValue]] = [["threshold": .number(0.02), "minimum_sparsity_percentile": .number(0)]]
    for sparsity in [0, 0.3, 0.75, 1] { ways.append(["target_sparsity": .number(sparsity)]) }
    for dim in [0, 1] {
      ways.append(["target_sparsity": .number(0.5), "block_size": .integer(2), "dim": .integer(dim)])
      ways.append(["n_m_ratio": .list([.integer(2), .integer(4)]), "dim": .integer(dim)])
    }
    return ways.map { ("prune", $0) }
  }()

  /// The weight after some steps; `nil` if one skips it or the format does not support the combination.
  func compressed(_ weight: Tensor, _ steps: [Step], compatible: Bool = false) throws -> EncodedWeight? {
    var context = WeightContext(name: "w", compatible: compatible, statistics: Self.statistics)
    context.consumers = [Consumer(operatorType: "linear", operatorName: "l", parameter: "weight", traits: Catalog.weightTable["linear"])]
    var encoded = EncodedWeight.dense(weight)
    for (name, options) in steps {
      let technique = try Techniques.standard.make(step: name, options)
      guard encoded.scheme == [] || technique.joint(with: encoded.scheme) == .allowed else { return nil }
      do { encoded = try technique.compress(encoded, context) } catch is SkipReason { return nil }
    }
    return encoded
  }

  func expectFinite(_ encoded: EncodedWeight, _ what: @autoclosure () -> String) throws {
    let parts = encoded.tensors.filter(\.dtype.isFloat)
    #expect(parts.allSatisfy { $0.floats().allSatisfy(\.isFinite) }, "stored: \(what())")
    #expect(try encoded.decoded().floats().allSatisfy(\.isFinite), "decoded: \(what())")
  }

  @Test func everyOptionIsCovered() {
    for name in Techniques.standard.names {
      let declared = Set(Techniques.standard.options(step: name).map(\.name)).subtracting(["weight_threshold"])
      let used = Self.everyOption.filter { $0.name == name }.flatMap(\.options.keys)
      #expect(Set(used) == declared, "\(name)")
    }
  }

  @Test(arguments: extremes.keys.sorted(), [DType.float16, .float32])
  func finiteNumbersStayFinite(weight: String, dtype: DType) throws {
    guard let tensor = try Self.extreme(weight, dtype) else {
      #expect(dtype == .float16, "\(weight) does not fit \(dtype)")
      return
    }
    var done: [String: Int] = [:]
    for step in Self.everyOption {
      for compatible in [false, true] {
        guard let encoded = try compressed(tensor, [step], compatible: compatible) else { continue }
        try expectFinite(encoded, "\(step)")
        let ratio = try SignalToNoise.decibels(.dense(tensor), encoded)
        #expect(!ratio.isNaN && ratio != -.infinity, "\(step)")
        done[step.name, default: 0] += 1
      }
    }
    // The only reason to skip such weights is too many distinct values.
    #expect(done["quantize"] == 2 * Self.everyOption.count { $0.name == "quantize" })
    #expect(done["prune"] == 2 * Self.everyOption.count { $0.name == "prune" })
    #expect(
      try #require(done["palettize"]) >= 2 * Self.everyOption.count { $0.name == "palettize" && $0.options["mode"] != .string("unique") })
  }

  /// Joint forms in every order that the format supports.
  @Test(arguments: extremes.keys.sorted(), [DType.float16, .float32])
  func finiteNumbersStayFiniteInChains(weight: String, dtype: DType) throws {
    guard let tensor = try Self.extreme(weight, dtype) else {
      #expect(dtype == .float16, "\(weight) does not fit \(dtype)")
      return
    }
    let perTensor: [String: OptionValue] = ["granularity": .string("per_tensor")]
    var steps: [Step] = [("prune", ["target_sparsity": .number(0.4)])]
    for mode in ["linear", "linear_symmetric"] {
      steps.append(("quantize", perTensor.merging(["mode": .string(mode)]) { $1 }))
      steps.append(("quantize", ["mode": .string(mode), "dtype": .string("uint4")]))
    }
    for mode in ["kmeans", "uniform"] { steps.append(("palettize", ["mode": .string(mode), "nbits": .integer(4)])) }
    steps.append(("palettize", ["mode": .string("uniform"), "nbits": .integer(8), "enable_per_channel_scale": .bool(true)]))
    var done = 0
    for first in steps {
      for second in steps where second.name != first.name {
        for third in [nil] + steps.map({ Optional($0) }) where third?.name != second.name {
          let chain = [first, second] + (third.map { [$0] } ?? [])
          guard let encoded = try compressed(tensor, chain) else { continue }
          try expectFinite(encoded, "\(chain)")
          done += 1
        }
      }
    }
    #expect(done > 40)
  }

  /// Scaling a weight by a power of two does not change its relative error.
  ///
  /// This excludes zero points for ranges within the dtype, which follow coremltools and whose products may overflow.
  @Test(arguments: [(DType.float16, 15), (.float16, 8), (.float32, 127), (.float32, 63), (.float32, -80)])
  func scaleDoesNotMatter(dtype: DType, exponent: Int) throws {
    var random = SplitMix64(seed: 8)
    let values = (0..<128).map { _ in min(max(Float(random.normal()) * 0.7, -1.9), 1.9) }
    let plain = Tensor(values, shape: [8, 16]).cast(to: dtype)
    let scaled = Tensor(plain.floats().map { Float(sign: .plus, exponent: exponent, significand: $0) }, shape: [8, 16]).cast(to: dtype)
    var compared = 0
    let overflows = dtype == .float16 || exponent > 100
    for step in Self.everyOption where step.options["threshold"] == nil && !(overflows && step.options["mode"] == .string("linear")) {
      guard let one = try compressed(plain, [step]), let other = try compressed(scaled, [step]) else { continue }
      let before = try SignalToNoise.decibels(.dense(plain), one)
      let after = try SignalToNoise.decibels(.dense(scaled), other)
      #expect(before == after || abs(before - after) < 1, "\(step): \(before) dB against \(after) dB")
      compared += 1
    }
    #expect(compared > 80)
  }

  /// Zero points of ranges wider than the dtype have full quality.
  @Test(arguments: ["int8", "uint8", "int4", "uint4"], [(DType.float16, Float(40000)), (.float16, 65504), (.float32, 3e38)])
  func zeroPointsOfWideRanges(codes: String, weight: (dtype: DType, end: Float)) throws {
    var random = SplitMix64(seed: 4)
    let values = (0..<128).map { i in i == 0 ? weight.end : i == 1 ? -weight.end / 1.2 : Float(random.uniform() * 1.8 - 0.8) * weight.end }
    let tensor = Tensor(values, shape: [1, 128]).cast(to: weight.dtype)
    for granularity in ["per_tensor", "per_channel"] {
      let options: [String: OptionValue] = ["mode": .string("linear"), "dtype": .string(codes), "granularity": .string(granularity)]
      let ratio = try SignalToNoise.decibels(.dense(tensor), try #require(try compressed(tensor, [("quantize", options)])))
      #expect(ratio > (codes.hasSuffix("int4") ? 20 : 44), "\(codes): \(ratio) dB")
    }
  }

  /// Dry runs predict the results for such weights.
  @Test(arguments: ["within ±40000", "±65504", "within ±300"], [DType.float16, .float32])
  func extremesAreForetold(weight: String, dtype: DType) throws {
    let base = program(try #require(try Self.extreme(weight, dtype)))
    for step in Self.everyOption {
      let dry = try apply((step.name, step.options), to: base, isDryRun: true).report
      let real = try apply((step.name, step.options), to: base).report
      #expect(dry.entries.map(\.action) == real.entries.map(\.action) && dry.entries.map(\.reason) == real.entries.map(\.reason), "\(step)")
      #expect(dry.entries.map(\.bytesAfter) == real.entries.map(\.bytesAfter), "\(step)")
    }
  }
}
