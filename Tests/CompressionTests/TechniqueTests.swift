// SPDX-License-Identifier: Apache-2.0
// Techniques on small weights with results computed by hand.

import Compression
import Encodings
import MIL
import Operators
import Options
import Rules
import Tensors
import TestSupport
import Testing
import WeightStorage

@Suite("Techniques") struct TechniqueTests {
  func weight(_ values: [Float], _ shape: Shape, _ dtype: DType = .float32) -> EncodedWeight {
    .dense(Tensor(values, shape: shape).cast(to: dtype))
  }

  let context = WeightContext(name: "w")

  func floats(
    _ step: String, _ options: [String: OptionValue], _ weight: EncodedWeight,
    _ context: WeightContext? = nil
  ) throws -> [Float] {
    try Techniques.standard.make(step: step, options).compress(weight, context ?? self.context).decoded()
      .floats()
  }

  // MARK: Quantization

  @Test func symmetricPerChannel() throws {
    let encoded = try LinearQuantization([:]).compress(
      weight([12.7, -6.35, 0, 0.5, 1.27, -1.27], [2, 3]), context)
    guard case .blockwise(.dense(let data), let scale, nil) = encoded else {
      Issue.record("not blockwise without offset")
      return
    }
    #expect(data.dtype == .int8 && scale.shape == [2, 1])
    // 12.7/127 is 0.1 and 1.27/127 is 0.01; −6.35/0.1 is −63.5, which in 32 bits lies just off the tie.
    #expect(
      data.integers()[0] == 127 && abs(data.integers()[1] + 63) <= 1
        && data.integers()[3...] == [50, 127, -127])
  }

  @Test func theOutputAxisFollowsTheConsumer() throws {
    var transposed = context
    transposed.outputAxis = 1
    transposed.inputAxis = 0
    guard
      case .blockwise(_, let scale, _) = try LinearQuantization([:]).compress(
        weight([Float](repeating: 1, count: 6), [2, 3]), transposed)
    else {
      Issue.record("not blockwise")
      return
    }
    #expect(scale.shape == [1, 3])
  }

  @Test func anOddBlockIsSkippedWithNumbers() throws {
    let block: [String: OptionValue] = [
      "granularity": .string("per_block"), "block_size": .integer(32),
    ]
    #expect(throws: SkipReason.indivisible(axis: 1, extent: 48, by: 32, option: "block_size")) {
      try LinearQuantization(block).compress(
        weight([Float](repeating: 1, count: 96), [2, 48]), context)
    }
    #expect(
      "\(SkipReason.indivisible(axis: 1, extent: 48, by: 32, option: "block_size"))"
        == "axis 1: 48 is not divisible by block_size 32")
    let wrong: [String: OptionValue] = [
      "granularity": .string("per_block"), "block_size": .list([.integer(1)]),
    ]
    #expect(throws: CompressionError.blockRank(weight: "w", sizes: [1], shape: [2, 48])) {
      try LinearQuantization(wrong).compress(
        weight([Float](repeating: 1, count: 96), [2, 48]), context)
    }
  }

  @Test func whatCannotBeQuantized() throws {
    #expect(throws: SkipReason.notFinite(count: 1)) {
      try LinearQuantization([:]).compress(weight([1, .infinity], [1, 2]), context)
    }
    #expect(throws: SkipReason.unsettledAxes(consumers: [])) {
      try LinearQuantization([:]).compress(
        weight([1, 2], [1, 2]), WeightContext(name: "w", outputAxis: nil))
    }
  }

  /// Ranges whose width overflows fp16, although their scales and zero points do not.
  @Test func rangesWiderThanHalves() throws {
    func codes(_ options: [String: OptionValue], _ values: [Float]) throws -> (codes: [Int], scale: [Float], offset: [Int]?) {
      let encoded = try LinearQuantization(options).compress(weight(values, [1, values.count], .float16), context)
      guard case .blockwise(.dense(let data), let scale, let offset) = encoded else {
        throw RuleError.malformed(problem: "not blockwise")
      }
      return (data.integers(), scale.floats(), offset?.integers())
    }
    // 80000 / 254 is 314.96; halves lie 0.25 apart there. 20000 / 315 is 63.492, next to the half 63.5.
    let symmetric = try codes([:], [40000, -40000, 20000, 0])
    #expect(symmetric.codes == [127, -127, 64, 0] && symmetric.scale == [315] && symmetric.offset == nil)
    // 80000 / 255 is 313.7, and zero is the middle: 127.5, rounded to the even code.
    let unsigned: [String: OptionValue] = ["mode": .string("linear"), "dtype": .string("uint8")]
    let wide = try codes(unsigned, [40000, -40000, 0])
    #expect(wide.codes == [255, 0, 128] && wide.scale == [313.75] && wide.offset == [128])
    // 65504 / 255 is 256.88, next to 257, of which 255 are no half any more.
    let highest = try codes(unsigned, [65504, 0])
    #expect(highest.codes == [255, 0] && highest.scale == [256.75] && highest.offset == [0])
    #expect(try floats("quantize", unsigned, weight([65504, 0], [1, 2], .float16)) == [65472, 0])
  }

  /// Codes are at most half a step away from the weight.
  @Test(arguments: ["int8", "uint8", "int4", "uint4"], ["linear", "linear_symmetric"])
  func errorIsHalfAStep(dtype: String, mode: String) throws {
    var random = SplitMix64(seed: 9)
    let values = (0..<512).map { _ in Float(random.normal()) }
    let technique = try LinearQuantization(["dtype": .string(dtype), "mode": .string(mode)])
    let encoded = try technique.compress(weight(values, [8, 64]), context)
    guard case .blockwise(_, let scale, _) = encoded else {
      Issue.record("not blockwise")
      return
    }
    let steps = scale.floats()
    for (i, (a, b)) in try pairs(values, try encoded.decoded().floats()).enumerated() {
      // A zero point is rounded as well, which may cost the ends of the range another half step.
      #expect(abs(a - b) <= steps[i / 64] * (mode == "linear" ? 1.001 : 0.501))
    }
  }

  // MARK: Palettization

  @Test func oneBitMeansTwoMeans() throws {
    #expect(
      try floats("palettize", ["nbits": .integer(1)], weight([0, 1, 10, 12, 0.5, 11], [2, 3])) == [
        0.5, 0.5, 11, 11, 0.5, 11,
      ])
  }

  @Test(arguments: [(DType.float16, Float(40000)), (.float16, 65504), (.float32, 3e38), (.float32, .greatestFiniteMagnitude)])
  func uniformTablesWiderThanTheType(dtype: DType, end: Float) throws {
    let options: [String: OptionValue] = ["nbits": .integer(1), "mode": .string("uniform")]
    let values = Tensor([end, -end, end / 4, -end / 4]).cast(to: dtype).floats()
    #expect(try floats("palettize", options, weight(values, [2, 2], dtype)) == [end, -end, end, -end])
    // The steps divide the range into thirds.
    let two = try floats("palettize", options.merging(["nbits": .integer(2)]) { $1 }, weight(values, [2, 2], dtype))
    let third = Tensor([Float(Double(end) / 3)]).cast(to: dtype).floats()[0]
    #expect(two == [end, -end, third, -third])
    // A step of 65504 / 15 that was rounded up would exceed the dtype.
    let four = try floats("palettize", options.merging(["nbits": .integer(4)]) { $1 }, weight([0, end], [1, 2], dtype))
    #expect(four[0] == 0 && abs(four[1] - end) <= end * 1e-3)
  }

  @Test func entriesThatTheTypeCannotHold() throws {
    for (entry, text) in [(70000, "70000.0"), (Double.nan, "nan"), (-Double.infinity, "-inf")] {
      let function = LUTFunction { group, _ in (lut: [0, entry], indices: group.floats().map { $0 > 2 ? 1 : 0 }) }
      let options: [String: OptionValue] = ["mode": .string("custom"), "lut_function": .function(function)]
      #expect(throws: CompressionError.lutFunction(weight: "w", problem: "returned the entry \(text), which float16 cannot represent")) {
        try floats("palettize", options, weight([1, 3], [1, 2], .float16))
      }
    }
    let double = LUTFunction { group, _ in (lut: [0, 2], indices: group.floats().map { _ in 1 }) }
    let scaled: [String: OptionValue] = [
      "mode": .string("custom"), "lut_function": .function(double), "enable_per_channel_scale": .bool(true),
    ]
    #expect(try floats("palettize", scaled, weight([1, 3], [1, 2], .float16)) == [2, 6])
    #expect(throws: CompressionError.self) { try floats("palettize", scaled, weight([40000, 3], [1, 2], .float16)) }
  }

  @Test(arguments: [63, 126, -80, -100]) func vectorsOfAnyMagnitude(exponent: Int) throws {
    var random = SplitMix64(seed: 2)
    let plain = (0..<256).map { _ in Float(random.normal()) / 8 }
    let options: [String: OptionValue] = ["nbits": .integer(3), "cluster_dim": .integer(2)]
    let expected = try floats("palettize", options, weight(plain, [16, 16]))
    let scaled = plain.map { Float(sign: .plus, exponent: exponent, significand: $0) }
    #expect(
      try floats("palettize", options, weight(scaled, [16, 16])) == expected.map { Float(sign: .plus, exponent: exponent, significand: $0) }
    )
  }

  @Test func tablesPerGroup() throws {
    let options: [String: OptionValue] = [
      "nbits": .integer(1), "granularity": .string("per_grouped_channel"),
      "group_size": .integer(1),
    ]
    let encoded = try Palettization(options).compress(weight([0, 1, 4, 8], [2, 2]), context)
    guard case .palette(_, .dense(let lut), nil) = encoded else {
      Issue.record("not a palette")
      return
    }
    #expect(lut.shape == [2, 1, 2, 1] && lut.floats() == [0, 1, 4, 8])
    #expect(throws: SkipReason.indivisible(axis: 0, extent: 3, by: 2, option: "group_size")) {
      try Palettization(options.merging(["group_size": .integer(2)]) { $1 }).compress(
        weight([1, 2, 3], [3, 1]), context)
    }
  }

  @Test func shapesOfTables() throws {
    let options: [String: OptionValue] = [
      "nbits": .integer(4), "granularity": .string("per_grouped_channel"),
      "group_size": .integer(16),
    ]
    let zeros = EncodedWeight.dense(Tensor(zeros: .float16, [64, 32, 3, 3]))
    guard
      case .palette(let indices, .dense(let lut), _) = try Palettization(options).compress(
        zeros, context)
    else {
      Issue.record("not a palette")
      return
    }
    #expect(
      lut.shape == [4, 1, 1, 1, 16, 1] && indices.shape == [64, 32, 3, 3] && indices.dtype == .uint4
    )
    let vector = try Palettization(["nbits": .integer(2), "cluster_dim": .integer(4)]).compress(
      zeros, context)
    guard case .palette(let indices, .dense(let lut), 0) = vector else {
      Issue.record("not a palette of vectors")
      return
    }
    #expect(lut.shape == [1, 1, 1, 1, 4, 4] && indices.shape == [16, 32, 3, 3])
  }

  @Test func vectorsAlongTheChannels() throws {
    // Rows 0 and 1 pair up, as do 2 and 3: the pairs are (0, 5) and (1, 7), twice each.
    let options: [String: OptionValue] = ["nbits": .integer(1), "cluster_dim": .integer(2)]
    let values: [Float] = [0, 1, 5, 7, 1, 0, 7, 5]
    #expect(try floats("palettize", options, weight(values, [4, 2])) == values)
    #expect(throws: SkipReason.groupedConvolution(extent: 1, clusterDim: 2, groups: 4)) {
      var grouped = context
      grouped.consumers = [
        Consumer(operatorType: "conv", operatorName: "c", parameter: "weight", traits: Catalog.weightTable["conv"], groups: 4)
      ]
      _ = try Palettization(options).compress(weight(values, [4, 2]), grouped)
    }
  }

  @Test func theFewestBitsForDistinctValues() throws {
    func bits(_ count: Int, _ opset: Opset) throws -> DType {
      var context = context
      context.opset = opset
      let encoded = try Palettization(["mode": .string("unique")]).compress(
        weight((0..<count).map { Float($0) }, [1, count]), context)
      guard case .palette(let indices, _, _) = encoded else { throw CompressionError.cancelled }
      return indices.dtype
    }
    #expect(
      try bits(2, .iOS16) == .uint1 && bits(8, .iOS18) == .uint3 && bits(8, .iOS16) == .uint4
        && bits(256, .iOS16) == .uint8)
    #expect(throws: SkipReason.tooManyValues(limit: 256)) { try bits(257, .iOS18) }
  }

  @Test func aUsersTable() throws {
    let function = LUTFunction { group, _ in
      (lut: [0, 5], indices: group.floats().map { $0 > 2 ? 1 : 0 })
    }
    let options: [String: OptionValue] = [
      "mode": .string("custom"), "lut_function": .function(function),
    ]
    #expect(try floats("palettize", options, weight([1, 3, 2, 9], [2, 2])) == [0, 5, 0, 5])
    let stray = LUTFunction { group, _ in (lut: [0, 5], indices: group.floats().map { _ in 2 }) }
    #expect(
      throws: CompressionError.lutFunction(
        weight: "w", problem: "gave the index 2, outside its table of 2 entries")
    ) {
      try floats(
        "palettize", ["mode": .string("custom"), "lut_function": .function(stray)],
        weight([1, 3], [1, 2]))
    }
  }

  @Test func aScaleBesideTheTable() throws {
    // The largest magnitudes of the columns are 2 and 8; the quotients 1, −0.5, 0.25 need three of four entries.
    let options: [String: OptionValue] = [
      "nbits": .integer(2), "enable_per_channel_scale": .bool(true),
    ]
    let encoded = try Palettization(options).compress(weight([2, -4, -1, 8], [2, 2]), context)
    #expect(try encoded.decoded().floats() == [2, -4, -1, 8])
    guard case .palette(_, .blockwise(.dense(let data), let scale, nil), nil) = encoded else {
      Issue.record("not a scaled table")
      return
    }
    #expect(
      data.shape == [1, 2, 4, 1] && scale.shape == [1, 2, 1, 1] && scale.floats() == [2, 8])
  }

  // MARK: Pruning

  @Test func magnitude() throws {
    // Of |w| = 1 2 3 4 the median is 2.5.
    #expect(
      try floats("prune", ["target_sparsity": .number(0.5)], weight([1, -2, 3, -4], [2, 2])) == [
        0, 0, 3, -4,
      ])
    #expect(
      try floats("prune", ["target_sparsity": .number(0)], weight([1, -2], [1, 2])) == [1, -2])
    #expect(
      try floats("prune", ["target_sparsity": .number(1)], weight([1, -2], [1, 2])) == [0, 0])
  }

  /// Large 16-bit tensors, whose percentile NumPy 2 computes incorrectly.
  @Test func magnitudeOfAHundredThousandHalves() throws {
    var random = SplitMix64(seed: 1)
    let dense = weight((0..<100_000).map { _ in Float(random.normal()) }, [100, 1000], .float16)
    let zeros = try floats("prune", ["target_sparsity": .number(0.75)], dense).reduce(0) {
      $0 + ($1 == 0 ? 1 : 0)
    }
    #expect((75_000...75_100).contains(zeros))
  }

  @Test func blocks() throws {
    // Pairs along axis 0 have the norms √37, √58, 9 and √13.
    let values: [Float] = [1, 3, -6, -7, 0, 3, -9, 2]
    #expect(
      try floats(
        "prune", ["target_sparsity": .number(0.5), "block_size": .integer(2)],
        weight(values, [4, 2])) == [0, 3, 0, -7, 0, 0, -9, 0])
    for sparsity in [0, 0.5, 1] {
      #expect(throws: SkipReason.blockTooLarge(option: "block_size", size: 3, channels: 4)) {
        try floats(
          "prune", ["target_sparsity": .number(sparsity), "block_size": .integer(3)],
          weight(values, [4, 2]))
      }
    }
  }

  /// Blocks are ranked correctly even if the squares overflow or underflow float32.
  @Test(arguments: [1e19, 1e38, 1e-24, 1e-38] as [Float]) func blocksOfAnyMagnitude(factor: Float) throws {
    let values = ([1, 3, -6, -7, 0, 3, -9, 2] as [Float]).map { $0 / 9 * factor }
    let kept = try floats("prune", ["target_sparsity": .number(0.5), "block_size": .integer(2)], weight(values, [4, 2]))
    #expect(kept.map { $0 != 0 } == [false, true, false, true, false, false, true, false])
  }

  @Test func oneOfTwo() throws {
    let values: [Float] = [3, 4, 7, 6, 1, 8, -3, -8, -2, -3, -4, 0, 5, 4, -3, -2]
    let ratio = OptionValue.list([.integer(1), .integer(2)])
    #expect(
      try floats("prune", ["n_m_ratio": ratio], weight(values, [4, 4])) == [
        0, 4, 7, 0, 0, 8, 0, -8, 0, -3, -4, 0, 5, 0, -3, 0,
      ])
    #expect(
      try floats("prune", ["n_m_ratio": ratio, "dim": .integer(0)], weight(values, [4, 4])) == [
        3, 0, 7, 0, 0, 8, 0, -8, 0, 0, -4, 0, 5, 4, 0, -2,
      ])
  }

  @Test func structureIsForConvolutionsAndLinearLayers() throws {
    var context = context
    context.consumers = [Consumer(operatorType: "matmul", operatorName: "m", parameter: "y", traits: Catalog.weightTable["matmul"])]
    let options: [String: OptionValue] = ["n_m_ratio": .list([.integer(1), .integer(2)])]
    let dense = weight([Float](repeating: 1, count: 16), [4, 4])
    #expect(throws: SkipReason.unstructuredConsumer("y of a matmul")) {
      try floats("prune", options, dense, context)
    }
    context.isNamed = true
    #expect(try floats("prune", options, dense, context).filter { $0 == 0 }.count == 8)
  }

  @Test func threshold() throws {
    let options: [String: OptionValue] = [
      "threshold": .number(0.03), "minimum_sparsity_percentile": .number(0.25),
    ]
    #expect(
      try floats("prune", options, weight([0.3, -0.2, -0.01, 0.05], [2, 2])) == [
        0.3, -0.2, 0, 0.05,
      ])
    #expect(throws: SkipReason.notSparseEnough(found: 0.25, minimum: 0.5)) {
      try floats("prune", ["threshold": .number(0.03)], weight([0.3, -0.2, -0.01, 0.05], [2, 2]))
    }
  }

  // MARK: Joint

  @Test func aTableForWhatIsLeft() throws {
    let sparse = try Techniques.standard.make(step: "prune", ["target_sparsity": .number(0.5)]).compress(
      weight([1, -2, 3, -4, 0.5, 5], [2, 3]), context)
    let encoded = try Techniques.standard.make(step: "palettize", ["nbits": .integer(2)]).compress(
      sparse, context)
    #expect(encoded.scheme == [.sparse, .palettized])
    // Three values are left, and the zeros need no entry: nothing is lost. coremltools' choice spends one on 0.
    #expect(try encoded.decoded().floats() == [0, 0, 3, -4, 0, 5])
    var compatible = context
    compatible.compatible = true
    let theirs = try Techniques.standard.make(step: "palettize", ["nbits": .integer(1)]).compress(
      sparse, compatible)
    let ours = try Techniques.standard.make(step: "palettize", ["nbits": .integer(1)]).compress(
      sparse, context)
    #expect(try ours.decoded().floats() == [0, 0, 4, -4, 0, 4])
    #expect(try theirs.decoded().floats() != ours.decoded().floats())
  }

  @Test func codesForATableUnderAMask() throws {
    let dense = weight([1, -2, 3, -4, 0.5, 4], [2, 3])
    let half: [String: OptionValue] = ["target_sparsity": .number(0.5)]
    let perTensor: [String: OptionValue] = ["granularity": .string("per_tensor")]
    let steps: [(String, [String: OptionValue])] = [
      ("prune", half), ("palettize", ["nbits": .integer(2)]), ("quantize", perTensor),
    ]
    let encoded = try steps.reduce(dense) {
      try Techniques.standard.make(step: $1.0, $1.1).compress($0, context)
    }
    #expect(encoded.scheme.description == "sparse+palettized+quantized")
    // The scale is 4/127, and 3 becomes 95 of it.
    for (a, b) in try pairs(try encoded.decoded().floats(), [0, 0, 95 * 4 / 127, -4, 0, 4] as [Float]) {
      #expect(abs(a - b) < 1e-5)
    }
  }

  @Test func refusals() {
    #expect(LinearQuantization().joint(with: .palettized) != .allowed)
    #expect(LinearQuantization().joint(with: .sparse) == .allowed)
    #expect(LinearQuantization().joint(with: .quantized) != .allowed)
    #expect(Palettization().joint(with: .palettized) != .allowed)
    #expect(Palettization().joint(with: [.palettized, .quantized]) != .allowed)
  }
}
