// SPDX-License-Identifier: Apache-2.0
// Masks, soft clusters and grids on single weights, against coremltools.optimize.torch 9.0 and torch 2.7.

import Encodings
import MIL
import Options
import Tensors
import TestSupport
import Testing
import Training

/// One method at work on one weight.
private final class Bench {
  let transform: any WeightTransform
  var weight: [Float]
  let shape: Shape

  init(
    _ method: String, _ options: [String: OptionValue], _ weight: [Float], _ shape: Shape, type: String = "linear", others: Set<String> = []
  ) throws {
    self.weight = weight
    self.shape = shape
    let kind = try #require(TrainingMethods.all.first { $0.name == method })
    transform = try kind.init(options).transform(
      TrainedWeight(name: "w", shape: shape, operatorType: type, outputAxis: 0, inputAxis: 1), MethodContext(others: others, opset: .iOS18))
  }

  func forward() throws -> [Float] {
    var out = weight
    try weight.withUnsafeMutableBufferPointer { w in
      try out.withUnsafeMutableBufferPointer { y in
        if let w = w.baseAddress, let y = y.baseAddress { try transform.forward(w, to: y) }
      }
    }
    return out
  }

  func evaluate() throws -> [Float] {
    var out = weight
    try weight.withUnsafeMutableBufferPointer { w in
      try out.withUnsafeMutableBufferPointer { y in
        if let w = w.baseAddress, let y = y.baseAddress { try transform.evaluate(w, to: y) }
      }
    }
    return out
  }

  func backward(_ gradient: [Float]) -> [Float] {
    var gradient = gradient
    weight.withUnsafeMutableBufferPointer { w in
      gradient.withUnsafeMutableBufferPointer { g in
        if let w = w.baseAddress, let g = g.baseAddress { transform.backward(w, g) }
      }
    }
    return gradient
  }

  func advance(_ step: Int) {
    weight.withUnsafeMutableBufferPointer { if let w = $0.baseAddress { transform.advance(step: step, w) } }
  }

  func decoded() throws -> [Float] { try transform.encode(Tensor(weight, shape: shape), dtype: .float32).decoded().floats() }
}

private func expectClose(_ a: [Float], _ b: [Float], _ tolerance: Float = 1e-5, _ comment: Comment? = nil) {
  #expect(a.count == b.count && !a.isEmpty, comment)
  for (i, (x, y)) in zip(a, b).enumerated() where !(abs(x - y) <= tolerance) { Issue.record("element \(i): \(x) against \(y)") }
}

struct PrunerTests {
  private let weight: [Float] = [0.1, -0.4, 0.3, 0.2, 0.5, -0.05, 0.25, 0.15, 0.6, 0.01, -0.02, 0.7, 0.03, 0.8, 0.9, -0.35]

  /// Made by coremltools' magnitude_ranked_mask and n_m_mask.
  static let masks: [([String: OptionValue], [Float])] = [
    ([:], [0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1]),
    (["block_size": .integer(2)], [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]),
    (["n_m_ratio": .list([.integer(2), .integer(4)])], [0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0]),
    (["n_m_ratio": .list([.integer(1), .integer(2)]), "dim": .integer(0)], [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0]),
  ]

  @Test(arguments: 0..<masks.count) func keepsWhatCoremltoolsKeeps(_ number: Int) throws {
    let (options, mask) = Self.masks[number]
    let bench = try Bench("prune", options, weight, [4, 4])
    #expect(try bench.forward() == weight)
    bench.advance(1)
    let pruned = zip(weight, mask).map { $0 * $1 }
    #expect(try bench.forward() == pruned)
    #expect(bench.backward([Float](repeating: 2, count: 16)) == mask.map { $0 * 2 })
    #expect(try bench.decoded() == pruned)
  }

  @Test func risesAlongACubic() throws {
    // Steps 0, 2, 4: t = 0, ½, 1; sparsity 0.8 (1 - (1 - t)³) = 0, 0.7, 0.8.
    let bench = try Bench(
      "prune", ["target_sparsity": .number(0.8), "scheduler": .dictionary(["update_steps": .string("range(0, 6, 2)")])],
      (1...20).map(Float.init), [4, 5])
    var zeros: [Int] = []
    for step in 0...5 {
      if step > 0 { bench.advance(step) }
      zeros.append(try bench.forward().count { $0 == 0 })
    }
    #expect(zeros == [0, 0, 14, 14, 16, 16])
  }

  @Test func prunesWholeChannels() throws {
    // Norms of the channels: √2, √8, √18, √32.
    let bench = try Bench(
      "prune", ["granularity": .string("per_channel")], [1, 1, 2, 2, 3, 3, 4, 4], [4, 1, 2], type: "conv")
    bench.advance(1)
    #expect(try bench.forward() == [0, 0, 0, 0, 3, 3, 4, 4])
  }

  @Test func restoresItself() throws {
    let bench = try Bench("prune", [:], weight, [4, 4])
    bench.advance(1)
    let other = try Bench("prune", [:], weight, [4, 4])
    try other.transform.restore(bench.transform.state)
    #expect(try other.forward() == bench.forward())
    #expect(throws: TrainingError.self) { try other.transform.restore([:]) }
  }

  @Test func refusesWhatMakesNoSense() {
    for options: [String: OptionValue] in [
      ["n_m_ratio": .list([.integer(4), .integer(4)])], ["n_m_ratio": .list([.integer(2), .integer(4)]), "block_size": .integer(2)],
      ["scheduler": .dictionary(["type": .string("polynomial_decay")])],
      ["scheduler": .dictionary(["update_steps": .string("range(9)"), "powr": .integer(2)])],
      ["target_sparsity": .number(1.5)],
    ] {
      #expect(throws: OptionError.self) { try Bench("prune", options, [0], [1, 1]) }
    }
  }
}

struct ClusterTests {
  private let weight: [Float] = [0.10, -0.12, 0.03, 0.2, 0.11, -0.1, 0.05, -0.22, 0.0, 0.04, 0.15, -0.05, 0.3, -0.02, 0.07, 0.01]
  private let gradient: [Float] = (0..<16).map { Float($0) * 0.1 - 0.5 }

  /// Made by FakePalettize with these options, started from the centroids [-0.1, 0.12].
  @Test func mixesAndGoesBackAsCoremltoolsDoes() throws {
    let bench = try Bench("palettize", ["n_bits": .integer(1), "palett_tau": .number(0.01)], weight, [4, 4])
    try bench.transform.restore(["step": Tensor([Int64(0)]), "centroids": Tensor([Float(-0.1), 0.12])])
    expectClose(
      try bench.forward(),
      [
        0.10261, -0.055343, 0.036438, 0.114179, 0.105926, -0.054219, 0.063816, -0.056453, -0.005659, 0.050719, 0.112321, -0.044493,
        0.114575,
        -0.02655, 0.084689, 0.007445,
      ], 2e-6)
    expectClose(
      bench.backward(gradient),
      [
        -0.16802, 0.17855, -0.51072, 0.09775, 0.01449, 0.19059, 0.03716, 0.19783, 0.4041, 0.46522, 0.12415, 0.38902, 0.10456, 0.7819,
        0.71614,
        1.37563,
      ], 3e-5)
    expectClose(try #require(bench.transform.state["centroids"]).floats(), [-0.05648975, 0.114588], 1e-6)
  }

  static let shapes: [[String: OptionValue]] = [
    ["n_bits": .integer(2)], ["n_bits": .integer(1), "cluster_dim": .integer(2)],
    ["n_bits": .integer(1), "granularity": .string("per_grouped_channel"), "group_size": .integer(2)],
    ["n_bits": .integer(2), "enable_per_channel_scale": .bool(true)],
  ]

  /// The way back against central differences; centroids are put back, for a step moves them.
  @Test(arguments: shapes) func goesBackExactly(_ options: [String: OptionValue]) throws {
    let options = options.merging(["palett_tau": .number(0.02), "palett_epsilon": .number(0)]) { a, _ in a }
    var random = SplitMix64(seed: 3)
    let start = (0..<32).map { _ in Float(random.normal() * 0.2) }
    let gradient = (0..<32).map { _ in Float(random.normal()) }
    let first = try Bench("palettize", options, start, [4, 8])
    _ = try first.forward()
    let state = first.transform.state
    func loss(_ weight: [Float]) throws -> (Double, Bench) {
      let bench = try Bench("palettize", options, weight, [4, 8])
      try bench.transform.restore(state)
      return (zip(try bench.forward(), gradient).reduce(0) { $0 + Double($1.0) * Double($1.1) }, bench)
    }
    let analytic = try loss(start).1.backward(gradient)
    for i in start.indices {
      var (up, down) = (start, start)
      up[i] += 1e-3
      down[i] -= 1e-3
      let numeric = (try loss(up).0 - loss(down).0) / 2e-3
      #expect(abs(numeric - Double(analytic[i])) < 2e-2 * max(1, abs(numeric)), "element \(i)")
    }
  }

  @Test(
    arguments: shapes + [["n_bits": .integer(2), "lut_dtype": .string("i8")], ["n_bits": .integer(2), "palett_mode": .string("hard")]])
  func storesWhatItEvaluates(_ options: [String: OptionValue]) throws {
    var random = SplitMix64(seed: 5)
    let bench = try Bench("palettize", options, (0..<32).map { _ in Float(random.normal()) }, [4, 8])
    for _ in 0..<3 { _ = try bench.forward() }
    let evaluated = try bench.evaluate()
    expectClose(try bench.decoded(), evaluated, 1e-6)
    #expect(Set(evaluated).count <= (options["enable_per_channel_scale"] == nil ? 8 : 16))
  }

  /// Two groups of two rows each, of which only the first learns: 0.5 of 2 groups.
  @Test(arguments: [1, 2]) func someGroupsKeepTheirTables(_ dim: Int) throws {
    let bench = try Bench(
      "palettize",
      [
        "n_bits": .integer(1), "granularity": .string("per_grouped_channel"), "group_size": .integer(2), "cluster_dim": .integer(dim),
        "percentage_palett_enable": .number(0.5), "palett_tau": .number(0.01),
      ], weight, [4, 4])
    let mixed = try bench.forward()
    // Nearest values of the table, without shares of the other: as in the finished weight.
    #expect(Array(mixed.suffix(8)) == Array(try bench.decoded().suffix(8)))
    #expect(Array(mixed.prefix(8)) != Array(try bench.decoded().prefix(8)))
    let back = bench.backward(gradient)
    #expect(back.suffix(8).allSatisfy { $0 == 0 } && back.prefix(8).contains { $0 != 0 })
  }

  @Test(arguments: [(0.0, true), (0.5, false)]) func equalValuesOfATableMayBeTolerated(_ tolerance: Double, _ moves: Bool) throws {
    let bench = try Bench(
      "palettize", ["n_bits": .integer(2), "palett_cluster_tol": .number(tolerance), "kmeans_max_iter": .integer(1)], weight, [4, 4])
    // Three different values of four; a tolerance of one half lets them be.
    try bench.transform.restore(["step": Tensor([Int64(0)]), "centroids": Tensor([Float(-0.1), 0.1, 0.1, 0.3])])
    _ = try bench.forward()
    let after = try #require(bench.transform.state["centroids"]).floats()
    #expect((abs(after[1] - after[2]) > 1e-4) == moves, "\(after)")
  }

  @Test func waitsForItsMilestone() throws {
    let bench = try Bench("palettize", ["n_bits": .integer(1), "milestone": .integer(2)], weight, [4, 4])
    bench.advance(2)
    #expect(try bench.forward() == weight)
    bench.advance(3)
    #expect(try bench.forward() != weight)
  }

  @Test func leavesZerosOfPruningAlone() throws {
    var pruned = weight
    for i in [1, 4, 7, 10] { pruned[i] = 0 }
    let bench = try Bench("palettize", ["n_bits": .integer(1)], pruned, [4, 4], others: ["prune"])
    let kept = try bench.forward()
    for i in pruned.indices { #expect((kept[i] == 0) == (pruned[i] == 0), "element \(i)") }
    expectClose(try bench.decoded(), try bench.evaluate(), 1e-6)
  }
}

struct GridTests {
  private let weight: [Float] = [0.5, -1.0, 0.26, 0.1, 0.02, -0.05]

  /// Scales of torch's MovingAveragePerChannelMinMaxObserver, values of fake_quantize_per_channel_affine.
  @Test func roundsAsTorchDoes() throws {
    let symmetric = try Bench("quantize", [:], weight, [2, 3])
    expectClose(
      try symmetric.forward(), [0.501960814, -0.996078491, 0.258823544, 0.0996078402, 0.0203921571, -0.0501960777], 1e-7)
    let affine = try Bench("quantize", ["weight_dtype": .string("qint4"), "quantization_scheme": .string("affine")], weight, [2, 3])
    expectClose(try affine.forward(), [0.5, -1.0, 0.3, 0.1, 0.02, -0.05], 1e-6)
    expectClose(try affine.decoded(), try affine.evaluate(), 1e-7)
  }

  @Test func clampedWeightsGetNoGradient() throws {
    let bench = try Bench(
      "quantize",
      ["weight_per_channel": .bool(false), "weight_dtype": .string("qint4"), "milestones": .list([-1, -1, -1, -1].map { .integer($0) })],
      weight, [2, 3])
    #expect(try bench.forward() == weight)
    // Scale ¼: codes of 2 and −2.25 are clamped to 7 and −8, that of −2 is −8.
    let narrow = try Bench(
      "quantize", ["weight_per_channel": .bool(false), "weight_dtype": .string("qint4")], [2, -2.25, -2, 0.3, 1.75, 0], [2, 3])
    try narrow.transform.restore([
      "step": Tensor([Int64(0)]), "scale": Tensor([Float(0.25)]), "zero_point": Tensor([Float(0)]), "low": Tensor([Float(-1.875)]),
      "high": Tensor([Float(1.875)]),
    ])
    // The range moves a hundredth: scale ¼ · (1 + 0.01 · 0.2) = 0.2505.
    expectClose(try narrow.forward(), [7 * 0.2505, -8 * 0.2505, -8 * 0.2505, 0.2505, 7 * 0.2505, 0], 1e-5)
    #expect(narrow.backward([1, 1, 1, 1, 1, 1]) == [0, 0, 1, 1, 1, 1])
  }

  @Test func milestonesTurnThingsOn() throws {
    let bench = try Bench("quantize", ["milestones": .list([1, 2, 3, -1].map { .integer($0) })], weight, [2, 3])
    for step in 1...4 {
      bench.advance(step)
      #expect((try bench.forward() != weight) == (step > 2), "after \(step) steps")
    }
  }

  /// The gradient of a learned scale against central differences of what it is derived from: straight through the rounding.
  @Test func learnsItsScale() throws {
    let bench = try Bench(
      "quantize", ["algorithm": .string("learnable"), "weight_dtype": .string("qint4"), "weight_per_channel": .bool(false)], weight, [2, 3])
    _ = try bench.forward()
    _ = try bench.forward()
    let scale = try #require(bench.transform.learned.first)
    let s = scale.values[0]
    _ = bench.backward([1, 2, 3, 4, 5, 6])
    // Σ g (q − [inside] w / s), over √(6 · 7).
    let expected = zip(weight, [1, 2, 3, 4, 5, 6] as [Float]).reduce(Float(0)) { sum, pair in
      let free = (pair.0 / s).rounded(.toNearestOrEven)
      let code = min(max(free, -8), 7)
      return sum + pair.1 * (code - (free == code ? pair.0 / s : 0))
    }
    #expect(abs(scale.gradient[0] - expected / Float(42).squareRoot()) < 1e-4)
  }
}

/// What methods store of weights near the ends of their type.
struct ExtremeWeightTests {
  static let weights: [String: [Float]] = [
    "±65504": (0..<32).map { $0 % 3 == 0 ? 65504 : -65504 }, "0 to 65504": (0..<32).map { Float($0) * 65504 / 31 },
    "smallest halves": (0..<32).map { Float($0 % 5 - 2) * 0x1p-24 }, "±3e38": (0..<32).map { $0 % 2 == 0 ? 3e38 : -3e38 },
    "smallest": (0..<32).map { Float($0 % 5 - 2) * Float.leastNonzeroMagnitude },
    "ordinary": (0..<32).map { Float(($0 * 7) % 32 - 15) / 8 },
  ]

  static let methods: [(String, [String: OptionValue])] =
    ["qint8", "quint8", "qint4", "quint4"].flatMap { dtype in
      ["symmetric", "affine"].flatMap { scheme in
        [true, false].map { perChannel in
          (
            "quantize",
            [
              "weight_dtype": OptionValue.string(dtype), "quantization_scheme": .string(scheme), "weight_per_channel": .bool(perChannel),
            ]
          )
        }
      }
    }
    + ["f32", "f16", "i8", "u8"].flatMap { dtype in
      [[:], ["enable_per_channel_scale": OptionValue.bool(true)], ["cluster_dim": .integer(2)]].map {
        ("palettize", $0.merging(["n_bits": .integer(2), "lut_dtype": .string(dtype)]) { $1 })
      }
    } + [("prune", ["target_sparsity": .number(0.5)]), ("prune", ["granularity": .string("per_channel")])]

  @Test(arguments: weights.keys.sorted(), [DType.float16, .float32])
  func areStoredFinitely(name: String, dtype: DType) throws {
    let values = try #require(Self.weights[name])
    guard Tensor(values).cast(to: dtype).floats().allSatisfy(\.isFinite) else {
      #expect(name == "±3e38" && dtype == .float16)
      return
    }
    var stored: [String: Int] = [:]
    for (method, options) in Self.methods {
      let bench = try Bench(method, options, values, [8, 4])
      bench.advance(1)
      let encoded: EncodedWeight
      do { encoded = try bench.transform.encode(Tensor(values, shape: [8, 4]), dtype: dtype) } catch let error as TrainingError {
        // Distances between clusters have no room for such numbers, and say so.
        #expect(name == "±3e38" && method == "palettize" && "\(error)".contains("too large"), "\(options): \(error)")
        continue
      }
      stored[method, default: 0] += 1
      #expect(encoded.tensors.allSatisfy { !$0.dtype.isFloat || $0.floats().allSatisfy(\.isFinite) }, "\(method) \(options)")
      #expect(try encoded.decoded().floats().allSatisfy(\.isFinite), "\(method) \(options)")
    }
    #expect(stored["quantize"] == 16 && stored["prune"] == 2 && (name == "±3e38" || stored["palettize"] == 12))
  }

  /// Norms whose squares 32 bits do not hold rank channels all the same.
  @Test(arguments: [1, 1e19, 1e38, 1e-24, 1e-38] as [Float]) func channelsOfAnyMagnitude(factor: Float) throws {
    let bench = try Bench(
      "prune", ["granularity": .string("per_channel")], ([2, 2, 1, 1, 3, 3, 0.5, 0.5] as [Float]).map { $0 / 3 * factor }, [4, 1, 2],
      type: "conv")
    bench.advance(1)
    #expect(try bench.forward().map { $0 != 0 } == [true, true, false, false, true, true, false, false])
  }
}
