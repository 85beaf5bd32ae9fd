// SPDX-License-Identifier: Apache-2.0
// Properties of every weight on seeded grids: error bounds, sizes, sparsity, determinism.

import Compression
import Encodings
import MIL
import Operators
import Options
import Tensors
import TestSupport
import Testing
import WeightStorage

@Suite("Laws of compression") struct LawTests {
  static let seeds: ClosedRange<UInt64> = 1...12

  /// A weight with random shape, dtype and distribution.
  struct Sample {
    let tensor: Tensor
    var random: SplitMix64

    init(seed: UInt64) {
      var random = SplitMix64(seed: seed)
      let shapes: [Shape] = [[8, 16], [12, 8, 3, 3], [32, 24], [16, 8, 1, 1], [64, 40]]
      let shape = shapes[Int(random.next() % 5)]
      let character = random.next() % 4
      let values = (0..<shape.elementCount).map { i -> Float in
        let x = Float(random.normal())
        return switch character {
        case 0: x
        case 1: abs(x) * 3 + 1
        case 2: x * 1e-3
        default: i % 37 == 0 ? x * 40 : x
        }
      }
      tensor = Tensor(values, shape: shape).cast(to: random.next() % 2 == 0 ? .float16 : .float32)
      self.random = random
    }

    var values: [Float] { tensor.floats() }
    /// Half a unit in the last place of the largest magnitude, relative to it.
    var rounding: Float { tensor.dtype == .float16 ? 0x1p-11 : 0x1p-23 }
  }

  func compress(_ weight: EncodedWeight, _ step: String, _ options: [String: OptionValue]) throws -> EncodedWeight {
    try Techniques.standard.make(step: step, options).compress(weight, WeightContext(name: "w"))
  }

  /// A weight whose storage form the property does not apply to.
  struct OtherForm: Error {
    let scheme: EncodingScheme
    init(_ scheme: EncodingScheme) { self.scheme = scheme }
  }

  func blockwise(_ weight: EncodedWeight) throws -> (data: Tensor, scale: Tensor, offset: Tensor?) {
    guard case .blockwise(.dense(let data), let scale, let offset) = weight else { throw OtherForm(weight.scheme) }
    return (data, scale, offset)
  }

  func table(_ weight: EncodedWeight) throws -> Tensor {
    guard case .palette(_, .dense(let lut), nil) = weight else { throw OtherForm(weight.scheme) }
    return lut
  }

  func squaredError(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
  }

  // MARK: Errors

  @Test(arguments: seeds, ["int8", "uint8", "int4", "uint4"]) func quantizationErrs(seed: UInt64, dtype: String) throws {
    let sample = Sample(seed: seed)
    for mode in ["linear_symmetric", "linear"] {
      for granularity in ["per_tensor", "per_channel", "per_block"] {
        let encoded = try compress(
          .dense(sample.tensor), "quantize",
          [
            "dtype": .string(dtype), "mode": .string(mode), "granularity": .string(granularity), "block_size": .integer(4),
          ])
        let (data, scale, offset) = try blockwise(encoded)
        // The scale of every element, obtained by decoding ones.
        let ones = EncodedWeight.blockwise(
          data: .dense(Tensor(integers: [Int](repeating: 1, count: data.count), dtype: .int8, shape: data.shape)),
          scale: scale, offset: nil)
        let steps = try ones.decoded().floats()
        let peak = sample.values.map(abs).max() ?? 0
        for ((w, got), step) in try pairs(Array(pairs(sample.values, encoded.decoded().floats())), steps) {
          // Rounding the zero point moves the bounds of the range by up to another half step.
          #expect(abs(w - got) <= step * (offset != nil && mode == "linear" ? 1 : 0.5) * 1.01 + 4 * peak * sample.rounding)
        }
      }
    }
  }

  @Test(arguments: seeds) func palettizationTakesTheNearest(seed: UInt64) throws {
    let sample = Sample(seed: seed)
    for mode in ["kmeans", "uniform"] {
      for bits in [1, 2, 4] {
        let encoded = try compress(.dense(sample.tensor), "palettize", ["mode": .string(mode), "nbits": .integer(bits)])
        let table = try table(encoded).floats()
        let slack = (sample.values.map(abs).max() ?? 0) * sample.rounding * 4
        for (w, got) in try pairs(sample.values, try encoded.decoded().floats()) {
          let nearest = table.map { abs($0 - w) }.min() ?? 0
          #expect(abs(got - w) <= nearest + slack)
        }
      }
    }
  }

  @Test(arguments: seeds) func noOtherTableIsBetter(seed: UInt64) throws {
    var sample = Sample(seed: seed)
    let values = sample.values
    for bits in [1, 2, 3] {
      let encoded = try compress(.dense(sample.tensor), "palettize", ["nbits": .integer(bits)])
      let lut = try table(encoded)
      let error = squaredError(values, try encoded.decoded().floats())
      let uniform = try compress(
        .dense(sample.tensor), "palettize", ["nbits": .integer(bits), "mode": .string("uniform")])
      let energy = squaredError(values, values.map { _ in 0 })
      let slack = energy * Double(sample.rounding) * Double(sample.rounding)
      #expect(error <= squaredError(values, try uniform.decoded().floats()) + slack)
      for _ in 0..<8 {
        let other = lut.floats().map { $0 * (1 + 0.1 * Float(sample.random.normal())) }
        let moved = values.map { w in other.min { abs($0 - w) < abs($1 - w) } ?? 0 }
        #expect(error <= squaredError(values, moved) + slack)
      }
    }
  }

  /// The same for tables of codes, whose entries are integers.
  @Test(arguments: seeds) func noOtherTableOfCodesIsBetter(seed: UInt64) throws {
    var sample = Sample(seed: seed)
    let codes = try compress(.dense(sample.tensor), "quantize", ["mode": .string("linear")])
    let values = try codes.decoded().floats()
    let encoded = try compress(codes, "palettize", ["nbits": .integer(2)])
    guard case .palette(_, let lut, nil) = encoded else { throw OtherForm(encoded.scheme) }
    let (tables, scale, offset) = try blockwise(lut)
    let error = squaredError(values, try encoded.decoded().floats())
    let (data, scales, offsets) = try blockwise(codes)
    #expect(tables.shape[0] == scale.shape[0] && offset != nil)
    let energy = squaredError(values, values.map { _ in 0 })
    for _ in 0..<8 {
      let other = tables.integers().prefix(4).map { $0 + Int(sample.random.next() % 7) - 3 }
      let moved = data.integers().map { code in other.min { abs($0 - code) < abs($1 - code) } ?? 0 }
      let table = EncodedWeight.blockwise(
        data: .dense(Tensor(integers: moved.map { min(max($0, -128), 127) }, dtype: .int8, shape: data.shape)),
        scale: scales, offset: offsets)
      let slack = energy * Double(sample.rounding) * 1e-3
      #expect(error <= squaredError(values, try table.decoded().floats()) + slack)
    }
  }

  // MARK: Sparsity

  @Test(arguments: seeds, [0, 0.3, 0.5, 0.9, 1]) func sparsityIsReached(seed: UInt64, target: Double) throws {
    let sample = Sample(seed: seed)
    let steps: [(String, [String: OptionValue])?] = [nil, ("quantize", [:]), ("palettize", ["nbits": .integer(8)])]
    for first in steps {
      let before = try first.map { try compress(.dense(sample.tensor), $0.0, $0.1) } ?? .dense(sample.tensor)
      let encoded = try compress(before, "prune", ["target_sparsity": .number(target)])
      let values = try before.decoded().floats()
      let after = try encoded.decoded().floats()
      #expect(encoded.scheme == before.scheme.union(.sparse))
      let zeros = after.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
      let wanted = target * Double(values.count)
      // Elements with the same magnitude as the last pruned one are pruned too, and zeros count as pruned.
      let limit = zip(values, after).filter { $0.1 == 0 }.map { abs($0.0) }.max() ?? 0
      let ties = values.reduce(0) { $0 + (abs($1) == limit ? 1 : 0) }
      #expect(Double(zeros) >= wanted - 1 && Double(zeros) <= wanted + 1 + Double(ties))
      // Remaining elements are unchanged, and nothing larger was pruned.
      for (w, got) in try pairs(values, after) { #expect(got == 0 ? abs(w) <= limit : got == w && abs(w) > limit) }
    }
  }

  // MARK: Sizes and repetition

  static let steps: [String: [(String, [String: OptionValue])]] = [
    "quantize": [("quantize", ["mode": .string("linear")])],
    "blocks": [("quantize", ["granularity": .string("per_block"), "block_size": .integer(4), "dtype": .string("int4")])],
    "palettize": [("palettize", ["nbits": .integer(3)])],
    "unique": [("quantize", ["dtype": .string("int4")]), ("palettize", ["mode": .string("unique")])],
    "vectors": [("palettize", ["nbits": .integer(2), "cluster_dim": .integer(2)])],
    "scaled": [("palettize", ["nbits": .integer(2), "enable_per_channel_scale": .bool(true)])],
    "prune": [("prune", ["target_sparsity": .number(0.6)])],
    "prune, palettize, quantize": [
      ("prune", ["target_sparsity": .number(0.6)]), ("palettize", ["nbits": .integer(4)]),
      ("quantize", ["granularity": .string("per_tensor")]),
    ],
    "quantize, palettize, prune": [
      ("quantize", [:]), ("palettize", ["nbits": .integer(4)]), ("prune", ["target_sparsity": .number(0.6)]),
    ],
    "palettize, prune": [
      ("palettize", ["nbits": .integer(4), "granularity": .string("per_grouped_channel"), "group_size": .integer(4)]),
      ("prune", ["n_m_ratio": .list([.integer(2), .integer(4)])]),
    ],
    "prune, quantize, palettize, prune": [
      ("prune", ["target_sparsity": .number(0.3)]), ("quantize", ["mode": .string("linear")]),
      ("palettize", ["nbits": .integer(4)]), ("prune", ["target_sparsity": .number(0.6)]),
    ],
  ]

  func program(_ tensor: Tensor) -> Program {
    Small.program(
      [.const("w", Constant(tensor)), Small.operation("linear", "y", ["x": "x", "weight": "w"])], outputs: ["y"])
  }

  func apply(_ step: (String, [String: OptionValue]), to program: Program, isDryRun: Bool = false, joint: Bool = true) throws
    -> CompressionResult
  {
    let options = step.1.merging(["weight_threshold": .integer(0)]) { own, _ in own }
    var recipe = Recipe(try Techniques.standard.make(step: step.0, options))
    recipe.joint = joint
    var compressor = Compressor(Catalog.weightTable, isDryRun: isDryRun)
    compressor.statistics = GivenStatistics(Self.statistics)
    return try compressor.compress(program, recipe)
  }

  @Test(arguments: seeds, steps.keys.sorted()) func everyStepIsForetold(seed: UInt64, name: String) throws {
    let steps = try #require(Self.steps[name])
    var program = program(Sample(seed: seed).tensor)
    var foretold = program
    for step in steps {
      // After pruning only sizes are predicted; before it, values are too.
      let dry = try apply(step, to: step.0 == "prune" ? program : foretold, isDryRun: true)
      let real = try apply(step, to: program)
      #expect(dry.report.entries.map(\.bytesAfter) == real.report.entries.map(\.bytesAfter))
      #expect(dry.report.entries.map(\.scheme) == real.report.entries.map(\.scheme))
      let weight = try #require(try real.program.weights(Catalog.weightTable).first)
      #expect(weight.bytes == real.report.entries[0].bytesAfter)
      // The result is deterministic, and repeating the step changes nothing.
      #expect(try apply(step, to: program).program == real.program)
      #expect(try apply(step, to: real.program, joint: false).program == real.program)
      (program, foretold) = (real.program, step.0 == "prune" ? real.program : dry.program)
    }
    let compressed = try #require(try program.weights(Catalog.weightTable).first)
    let plain = try #require(try Compressor(Catalog.weightTable).decompress(program).program.weights(Catalog.weightTable).first)
    #expect(plain.scheme == [] && plain.name == "w")
    #expect(try plain.weight.decoded() == compressed.weight.decoded())
  }

  @Test(arguments: seeds) func palettizedValuesAreFew(seed: UInt64) throws {
    let sample = Sample(seed: seed)
    let once = try compress(.dense(sample.tensor), "palettize", ["nbits": .integer(4)]).decoded()
    let again = try compress(.dense(once), "palettize", ["mode": .string("unique")])
    #expect(try again.decoded().floats() == once.floats())
    #expect(try compress(.dense(once), "palettize", ["nbits": .integer(4)]).decoded().floats() == once.floats())
  }

  // MARK: Special weights

  @Test(arguments: [DType.float16, .float32]) func aConstantWeight(dtype: DType) throws {
    let constant = Tensor([Float](repeating: 0.375, count: 64), shape: [8, 8]).cast(to: dtype)
    for options: [String: OptionValue] in [
      ["nbits": .integer(2)], ["nbits": .integer(2), "mode": .string("uniform")], ["mode": .string("unique")],
      ["nbits": .integer(2), "cluster_dim": .integer(2)], ["nbits": .integer(1), "enable_per_channel_scale": .bool(true)],
    ] {
      #expect(try compress(.dense(constant), "palettize", options).decoded().floats() == constant.floats(), "\(options)")
    }
    let codes = try compress(.dense(constant), "quantize", [:]).decoded().floats()
    #expect(codes.allSatisfy { abs($0 - 0.375) < 0.001 })
    #expect(try compress(.dense(constant), "prune", ["target_sparsity": .number(0.5)]).decoded() == Tensor(zeros: dtype, [8, 8]))
  }

  @Test(arguments: [DType.float16, .float32], steps.keys.sorted()) func aWeightOfZeros(dtype: DType, name: String) throws {
    let zeros = Tensor(zeros: dtype, [16, 8])
    let made = try #require(Self.steps[name]).reduce(program(zeros)) { try apply($1, to: $0).program }
    #expect(try made.weights(Catalog.weightTable)[0].weight.decoded().floats().allSatisfy { $0 == 0 })
  }

  @Test func groupsOfOneElement() throws {
    let tensor = Tensor((0..<12).map { Float($0) - 5 }, shape: [12, 1])
    let groups: [String: OptionValue] = ["granularity": .string("per_grouped_channel"), "group_size": .integer(1)]
    let table = try compress(.dense(tensor), "palettize", groups.merging(["nbits": .integer(1)]) { $1 })
    #expect(try table.decoded().floats() == tensor.floats())
    let codes = try compress(.dense(tensor), "quantize", [:])
    #expect(zip(try codes.decoded().floats(), tensor.floats()).allSatisfy { abs($0 - $1) < 1e-5 })
    let both = try compress(codes, "palettize", groups.merging(["nbits": .integer(1)]) { $1 })
    #expect(try both.decoded().floats() == codes.decoded().floats())
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan], [DType.float16, .float32])
  func whatIsNoNumberIsLeftAlone(strange: Float, dtype: DType) throws {
    var values = [Float](repeating: 1, count: 64)
    values[5] = strange
    let tensor = Tensor(values, shape: [8, 8]).cast(to: dtype)
    for (name, steps) in Self.steps {
      let step = try #require(steps.first)
      let result = try apply(step, to: program(tensor))
      #expect(result.report.entries[0].reason == "1 of its elements are infinite or not a number", "\(name)")
      #expect(result.program == program(tensor))
    }
  }

  @Test func theSmallestNumbers() throws {
    let smallest = Tensor((0..<64).map { Float($0 % 4) * 0x1p-24 }, shape: [8, 8]).cast(to: .float16)
    for options: [String: OptionValue] in [["nbits": .integer(2)], ["mode": .string("unique")]] {
      #expect(try compress(.dense(smallest), "palettize", options).decoded().floats() == smallest.floats())
    }
    let pruned = try compress(
      .dense(smallest), "prune", ["threshold": .number(0), "minimum_sparsity_percentile": .number(0)])
    #expect(try pruned.decoded().floats() == smallest.floats())
    // Scales underflow to zero, and so does the weight. Nothing else may happen.
    #expect(try compress(.dense(smallest), "quantize", [:]).decoded().floats().allSatisfy { $0.isFinite })
  }

  @Test func weightsWithoutElements() throws {
    for (name, steps) in Self.steps {
      let base = program(Tensor(zeros: .float32, [0, 8]))
      for step in steps {
        #expect(try apply(step, to: base).program == base, "\(name)")
      }
    }
  }
}
