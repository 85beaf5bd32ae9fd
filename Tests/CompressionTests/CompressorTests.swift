// SPDX-License-Identifier: Apache-2.0
// Compression of whole programs: selection of weights, reasons for skipping them, and the resulting programs.

import Compression
import Encodings
import MIL
import Options
import Rules
import Synchronization
import Operators
import Tensors
import Testing
import WeightStorage

@Suite("Compressor") struct CompressorTests {
  func recipe(_ step: String, _ fields: [String: OptionValue] = [:]) throws -> Recipe {
    try Recipe(step: step, .dictionary(fields), Catalog.weightTable, compilePattern: { text in { $0.contains(text) } })
  }

  func compress(_ program: Program, _ step: String, _ fields: [String: OptionValue] = [:]) throws
    -> CompressionResult
  {
    try Compressor(Catalog.weightTable).compress(program, try recipe(step, fields))
  }

  func reasons(_ report: CompressionReport) -> [String] {
    report.entries.map { "\($0.name) \($0.action): \($0.reason)" }
  }

  // MARK: The program

  @Test func inputsOfIOS18() throws {
    let result = try compress(Small.layers(), "quantize")
    #expect(result.opset == .iOS18)
    let a = try #require(result.program.operation("a_quantized"))
    #expect(a.type == "constexpr_blockwise_shift_scale" && a.name == "a_quantized")
    #expect(a.inputs.map(\.parameter) == ["data", "scale"])
    #expect(a.outputs == [NamedType("a_quantized", .tensor(.float32, [64, 64]))])
    #expect(result.program.operation("first")?.bindings("weight") == [.name("a_quantized")])
    #expect(result.program.operation("a") == nil)
    #expect(result.program.operation("a_bias") == Small.layers().operation("a_bias"))
  }

  @Test func attributesOfIOS16() throws {
    let result = try compress(Small.layers(.iOS16), "quantize")
    let a = try #require(result.program.operation("a_quantized"))
    #expect(a.type == "constexpr_affine_dequantize" && a.inputs.isEmpty)
    #expect(a.attributes.map(\.name) == ["name", "quantized_data", "zero_point", "scale", "axis"])
    #expect(
      a.attribute("zero_point")?.tensor == Tensor(zeros: .int8, [64])
        && a.attribute("axis") == .int32(0))
    let perTensor = try compress(
      Small.layers(.iOS16), "quantize", ["granularity": .string("per_tensor")])
    #expect(perTensor.program.operation("a_quantized")?.attribute("scale")?.tensor?.shape == [])
    let palette = try compress(Small.layers(.iOS17), "palettize", ["nbits": .integer(4)]).program
      .operation("b_palettized")
    #expect(
      palette?.attribute("indices")?.tensor?.shape == [64 * 48 / 2]
        && palette?.attribute("lut")?.tensor?.shape == [16])
    #expect(palette?.attribute("shape")?.tensor == Tensor([UInt32]([64, 48])))
    let sparse = try compress(Small.layers(.iOS17), "prune", ["target_sparsity": .number(0.5)])
      .program.operation("b_sparsified")
    #expect(sparse?.attribute("mask")?.tensor?.shape == [64 * 48 / 8])
  }

  @Test func iOS15IsRaised() throws {
    let result = try compress(Small.layers(.iOS15), "quantize")
    #expect(result.opset == .iOS16 && result.program.functions[0].opset == "CoreML6")
    let unchanged = try compress(
      Small.layers(.iOS15), "quantize", ["weight_threshold": .integer(1_000_000)])
    #expect(unchanged.opset == .iOS15 && unchanged.program == Small.layers(.iOS15))
  }

  @Test func whatNeedsIOS18SaysSo() {
    let wanted: [(String, [String: OptionValue], String)] = [
      ("quantize", ["dtype": .string("int4")], "4-bit quantization"),
      ("quantize", ["granularity": .string("per_block")], "per_block quantization"),
      ("palettize", ["nbits": .integer(3)], "3-bit palettization"),
      ("palettize", ["nbits": .integer(4), "cluster_dim": .integer(2)], "vector palettization"),
      (
        "palettize", ["nbits": .integer(4), "granularity": .string("per_grouped_channel")],
        "per_grouped_channel palettization"
      ),
      (
        "palettize", ["nbits": .integer(4), "enable_per_channel_scale": .bool(true)],
        "palettization with per-channel scale"
      ),
    ]
    for (step, fields, feature) in wanted {
      #expect(
        throws: WeightStorageError.needsOpset(
          weight: "a", feature: feature, needs: .iOS18, has: .iOS16)
      ) {
        try compress(Small.layers(.iOS16), step, fields)
      }
    }
  }

  @Test func unchangedWeightsKeepTheirBytes() throws {
    let base = Small.layers()
    let result = try compress(base, "quantize", ["op_names": .dictionary(["b": .bool(false)])])
    func address(_ program: Program) -> UnsafeRawPointer? {
      program.operation("b")?.constantValue?.tensor?.withBytes { $0.baseAddress }
    }
    #expect(address(base) != nil && address(base) == address(result.program))
  }

  @Test func decompressionGoesBack() throws {
    let base = Small.layers()
    let small = try compress(base, "palettize", ["nbits": .integer(8)])
    let back = try Compressor(Catalog.weightTable).decompress(small.program)
    #expect(back.program.operation("a_palettized")?.type == "const")
    #expect(back.report.entries.map(\.action) == ["decompressed", "decompressed"])
    #expect(try back.program.weights(Catalog.weightTable).map(\.scheme) == [[], [], []])
    #expect(try back.program.weights(Catalog.weightTable).map(\.name) == ["a", "a_bias", "b"])
    #expect(
      try back.program.weights(Catalog.weightTable)[0].weight.decoded()
        == small.program.weights(Catalog.weightTable)[0].weight.decoded())
  }

  @Test(
    arguments: [
      ("quantize", [:]), ("quantize", ["mode": .string("linear")]),
      ("quantize", ["granularity": .string("per_tensor"), "dtype": .string("uint8")]),
      ("palettize", ["nbits": .integer(4)]), ("prune", ["target_sparsity": .number(0.5)]),
    ] as [(String, [String: OptionValue])])
  func anotherOpsetIsAnotherSpelling(step: String, fields: [String: OptionValue]) throws {
    let old = try compress(Small.layers(.iOS16), step, fields).program
    let new = try compress(Small.layers(.iOS18), step, fields).program
    #expect(try old.rewritingWeights(for: .iOS18).operations == new.operations)
    #expect(try new.rewritingWeights(for: .iOS16).operations == old.operations)
  }

  @Test func whatAnOlderOpsetCannotSpell() throws {
    let new = try compress(Small.layers(), "quantize", ["dtype": .string("int4")]).program
    #expect(throws: WeightStorageError.self) { try new.rewritingWeights(for: .iOS16) }
  }

  @Test func aTakenNameGetsANumber() throws {
    var program = Small.layers()
    program.functions[0].block.operations.insert(
      Small.operation("relu", "a_quantized", ["x": "x"]), at: 0)
    #expect(
      try compress(program, "quantize").program.operation("first")?.bindings("weight") == [
        .name("a_quantized_1")
      ])
  }

  @Test func nestedBlocksReadOuterWeights() throws {
    var branch = Small.operation("cond", "out", ["pred": "x"])
    branch.blocks = [
      Block(
        operations: [Small.operation("linear", "inner", ["x": "x", "weight": "a"])],
        outputs: ["inner"]),
      Block(
        operations: [
          Small.const("c", [64, 64], seed: 8),
          Small.operation("linear", "other", ["x": "x", "weight": "c"]),
        ], outputs: ["other"]),
    ]
    let result = try compress(
      Small.program([Small.const("a", [64, 64]), branch], outputs: ["out"]), "quantize")
    #expect(result.report.compressed == 2)
    let blocks = try #require(result.program.operation("out")).blocks
    #expect(blocks[0].operations[0].bindings("weight") == [.name("a_quantized")])
    #expect(blocks[1].operations.map { $0.outputs[0].name } == ["c_quantized", "other"])
  }

  @Test func tensorsWrittenInPlace() throws {
    let layer = Small.operation(
      "linear", "first", ["x": "x"], constants: ["weight": Constant(Small.weight([64, 64]))])
    let result = try compress(Small.program([layer], outputs: ["first"]), "quantize")
    #expect(
      result.program.operation("first")?.bindings("weight") == [.name("first_weight_0_quantized")])
  }

  @Test func functionsThatShareAWeightGoOnSharing() throws {
    var program = Small.layers()
    var second = program.functions[0]
    second.name = "other"
    program.functions.append(second)
    let result = try compress(program, "palettize", ["nbits": .integer(4)])
    func indices(_ function: Int) -> UnsafeRawPointer? {
      let operation = result.program.functions[function].block.operations.first {
        $0.name == "a_palettized"
      }
      guard case .constant(let c) = operation?.bindings("indices")?.first else { return nil }
      return c.tensor?.withBytes { $0.baseAddress }
    }
    #expect(indices(0) != nil && indices(0) == indices(1))
  }

  /// Two functions that share all weights, or have equal copies.
  private func twoFunctions(sharing: Bool = true) -> Program {
    var program = Small.layers()
    var second = sharing ? program.functions[0] : Small.layers().functions[0]
    second.name = "other"
    program.functions.append(second)
    return program
  }

  @Test func totalsCountASharedWeightOnce() throws {
    let steps: [(String, [String: OptionValue])] = [
      ("prune", ["target_sparsity": .number(0.5)]), ("palettize", ["nbits": .integer(4)]),
      ("quantize", ["granularity": .string("per_tensor")]),
    ]
    var (one, shared, apart) = (Small.layers(), twoFunctions(), twoFunctions(sharing: false))
    for (step, fields) in steps {
      let (a, b, c) = try (compress(one, step, fields), compress(shared, step, fields), compress(apart, step, fields))
      #expect(b.report.entries.count == 2 * a.report.entries.count)
      #expect(b.report.entries.map(\.bytesAfter) == (a.report.entries + a.report.entries).map(\.bytesAfter))
      #expect(b.report.bytesBefore == a.report.bytesBefore && b.report.bytesAfter == a.report.bytesAfter)
      #expect(b.report.compressed == a.report.compressed && b.report.skipped == a.report.skipped)
      #expect(b.report.bits == a.report.bits && b.report.hasSharedWeights && !a.report.hasSharedWeights)
      #expect(c.report.bytesAfter == 2 * a.report.bytesAfter && c.report.compressed == 2 * a.report.compressed)
      // The dry run predicts the result.
      let dry = try Compressor(Catalog.weightTable, isDryRun: true).compress(shared, try recipe(step, fields)).report
      #expect(dry.bytesBefore == b.report.bytesBefore && dry.bytesAfter == b.report.bytesAfter)
      (one, shared, apart) = (a.program, b.program, c.program)
    }
    let back = try Compressor(Catalog.weightTable).decompress(shared)
    #expect(back.report.bytesAfter == (64 * 64 + 64 * 48) * 4 && back.report.compressed == 2)
    let plain = try back.program.weightSites(Catalog.weightTable).map(\.weight.storedBytes)
    #expect(plain.count == 6 && Array(plain[..<3]) == Array(plain[3...]))
  }

  /// If one function compresses a shared weight and the other does not, both versions are stored.
  @Test func totalsCountWhatFunctionsMakeOfASharedWeight() throws {
    var recipe = try recipe("quantize", ["granularity": .string("per_tensor")])
    recipe.selector = { weight, _ in weight.function == "other" }
    let report = try Compressor(Catalog.weightTable).compress(twoFunctions(), recipe).report
    let (dense, codes) = ((64 * 64 + 64 + 64 * 48) * 4, 64 * 64 + 64 * 48 + 8)
    #expect(report.bytesBefore == dense && report.bytesAfter == dense + codes)
    #expect(report.compressed == 2 && report.skipped == 3)
  }

  // MARK: Who

  @Test func everyWeightIsReported() throws {
    let report = try compress(
      Small.layers(), "quantize", ["granularity": .string("per_block"), "block_size": .integer(32)]
    ).report
    #expect(
      reasons(report) == [
        "a quantized: global",
        "a_bias skipped: rank 1: only weights with two axes or more are compressed",
        "b skipped: axis 1: 48 is not divisible by block_size 32",
      ])
    #expect(report.compressed == 1 && report.skipped == 2)
    #expect(report.bytesBefore == 4 * (64 * 64 + 64 + 64 * 48))
    #expect(report.entries[0].bytesAfter == 64 * 64 + 4 * 64 * 2 && report.entries[0].bits == 9)
    #expect(
      report.entries[0].snrDB.map { $0 > 35 && $0 < 60 } == true && report.entries[1].snrDB == nil)
  }

  @Test func theThresholdIsStrict() throws {
    func count(_ threshold: Int) throws -> Int {
      try compress(Small.layers(), "quantize", ["weight_threshold": .integer(threshold)]).report
        .compressed
    }
    #expect(try count(64 * 48) == 1 && count(64 * 48 - 1) == 2)
  }

  @Test func namesBeforePatternsBeforeTypes() throws {
    let fields: [String: OptionValue] = [
      "nbits": .integer(8),
      "op_types": .dictionary(["linear": .dictionary(["nbits": .integer(6)])]),
      "op_patterns": .list([.list([.string("sec"), .dictionary(["nbits": .integer(4)])])]),
      "op_names": .dictionary(["a": .dictionary(["nbits": .integer(2)])]),
    ]
    let report = try compress(Small.layers(), "palettize", fields).report
    #expect(
      report.entries.filter { $0.action == "palettized" }.map(\.reason) == [
        "op_names.a", "op_patterns \"sec\"",
      ])
    #expect(report.entries.map { Int($0.bits.rounded()) } == [2, 32, 4])
    let alone = try compress(
      Small.layers(), "palettize",
      ["nbits": .integer(8), "op_types": .dictionary(["linear": .bool(false)])]
    ).report
    #expect(
      alone.compressed == 0
        && alone.entries[0].reason == "left alone by the recipe (op_types.linear)")
  }

  @Test func whereChooses() throws {
    var recipe = try recipe("quantize")
    recipe.selector = { weight, _ in weight.shape.last == 48 && weight.opName == "second" && weight.parameter == "weight" }
    let report = try Compressor(Catalog.weightTable).compress(Small.layers(), recipe).report
    #expect(report.entries.map(\.action) == ["skipped", "skipped", "quantized"])
    #expect(report.entries[0].reason == "not selected by `where`")
  }

  // MARK: Rules that match nothing

  @Test(
    arguments: [
      ("op_names", .dictionary(["aa": .bool(false)]), "op_names.aa matches no weight or operator"),
      ("op_names", .dictionary(["frist": .bool(false)]), "op_names.frist matches no weight or operator (did you mean 'first'?)"),
      (
        "op_types", .dictionary(["lineer": .bool(false)]),
        "op_types.lineer matches no operator (did you mean 'linear'?); weights are read by linear"
      ),
      ("op_types", .dictionary(["conv": .dictionary([:])]), "op_types.conv matches no operator; weights are read by linear"),
      ("op_type_configs", .dictionary(["conv": .null]), "op_types.conv matches no operator; weights are read by linear"),
      ("op_name_configs", .dictionary(["third": .null]), "op_names.third matches no weight or operator"),
      ("op_patterns", .list([.list([.string("zz"), .bool(false)])]), "op_patterns \"zz\" matches none of 3 weights, nor any operator"),
    ] as [(String, OptionValue, String)], [false, true])
  func rulesThatMatchNothing(_ rule: (String, OptionValue, String), isDryRun: Bool) throws {
    let (field, value, sentence) = rule
    let recipe = try recipe("quantize", [field: value])
    let error = #expect(throws: RuleError.self) {
      try Compressor(Catalog.weightTable, isDryRun: isDryRun).compress(Small.layers(), recipe)
    }
    #expect(error.map { "\($0)" } == "quantize: \(sentence)")
    // Permitted by the recipe or by the compressor.
    _ = try Compressor(Catalog.weightTable, isDryRun: isDryRun).compress(
      Small.layers(), self.recipe("quantize", [field: value, "allow_unmatched": .bool(true)]))
    _ = try Compressor(Catalog.weightTable, isDryRun: isDryRun, unmatched: .ignore).compress(Small.layers(), recipe)
  }

  /// Biases and small weights are not compressed, but rules can match them.
  @Test func whatCannotBeCompressedIsMatched() throws {
    let fields: [String: OptionValue] = [
      "weight_threshold": .integer(1 << 20), "op_names": .dictionary(["a_bias": .dictionary([:]), "a": .dictionary([:])]),
    ]
    #expect(try compress(Small.layers(), "quantize", fields).report.compressed == 0)
  }

  @Test func whereMustChooseSomething() throws {
    var recipe = try recipe("quantize")
    recipe.selector = { _, _ in false }
    let error = #expect(throws: RuleError.self) { try Compressor(Catalog.weightTable).compress(Small.layers(), recipe) }
    #expect(error.map { "\($0)" } == "quantize: where chooses none of 3 weights")
    #expect(try Compressor(Catalog.weightTable, judgesSelector: false).compress(Small.layers(), recipe).report.compressed == 0)
    recipe.rules.allowsUnmatched = true
    #expect(try Compressor(Catalog.weightTable).compress(Small.layers(), recipe).report.compressed == 0)
    // The selector selects a bias, which is not compressed.
    recipe.rules.allowsUnmatched = false
    recipe.selector = { weight, _ in weight.name == "a_bias" }
    #expect(try Compressor(Catalog.weightTable).compress(Small.layers(), recipe).report.compressed == 0)
  }

  @Test func othersAreToldOfRulesThatMatchNothing() throws {
    let told = Mutex<[String]>([])
    let compressor = Compressor(Catalog.weightTable, unmatched: .tell { rule in told.withLock { $0.append("\(rule)") } })
    let fields: [String: OptionValue] = ["op_names": .dictionary(["x1": .bool(false), "y1": .bool(false), "a": .bool(false)])]
    #expect(try compressor.compress(Small.layers(), recipe("quantize", fields)).report.compressed == 1)
    #expect(told.withLock { $0 } == ["op_names.x1 matches no weight or operator", "op_names.y1 matches no weight or operator"])
  }

  // MARK: Joint

  @Test func chainsAsCoremltoolsNamesThem() throws {
    let half: [String: OptionValue] = ["target_sparsity": .number(0.5)]
    let sparse = try compress(Small.layers(), "prune", half).program
    let table = try compress(sparse, "palettize", ["nbits": .integer(4)]).program
    let codes = try compress(table, "quantize", ["granularity": .string("per_tensor")]).program
    let names = codes.operations.filter { $0.type.hasPrefix("constexpr_") }.prefix(3).map {
      "\($0.type) \($0.name)"
    }
    #expect(
      names == [
        "constexpr_blockwise_shift_scale a_sparsified_nonzero_data_0_palettized_lut_0_quantized",
        "constexpr_lut_to_sparse a_sparsified_nonzero_data_0_palettized",
        "constexpr_sparse_to_dense a_sparsified",
      ])
    #expect(codes.operation("first")?.bindings("weight") == [.name("a_sparsified")])
    #expect(
      try codes.weights(Catalog.weightTable).map { "\($0.name) \($0.scheme)" } == [
        "a sparse+palettized+quantized", "a_bias dense", "b sparse+palettized+quantized",
      ])
    let quantized = try compress(sparse, "quantize").program
    #expect(
      quantized.operation("a_sparsified_nonzero_data_0_quantized_0")?.type
        == "constexpr_sparse_blockwise_shift_scale")
  }

  @Test func jointCanBeOff() throws {
    let small = try compress(Small.layers(), "palettize", ["nbits": .integer(4)]).program
    let again = try compress(
      small, "quantize", ["granularity": .string("per_tensor"), "joint": .bool(false)])
    #expect(
      again.program == small
        && again.report.entries[0].reason == "already palettized, and joint = false")
  }

  @Test func pairsThatTheFormatCannotHold() throws {
    let small = try compress(Small.layers(), "palettize", ["nbits": .integer(4)]).program
    let reason = "a lookup table can only be quantized with granularity per_tensor"
    #expect(
      throws: CompressionError.cannotJoin(
        weight: "a", present: .palettized, technique: "quantize", reason: reason)
    ) {
      try compress(small, "quantize")
    }
    let old = try compress(Small.layers(.iOS16), "prune", ["target_sparsity": .number(0.5)]).program
    #expect(
      throws: WeightStorageError.needsOpset(
        weight: "a", feature: "joint compression (palettize after sparse)", needs: .iOS18, has: .iOS16)
    ) {
      try compress(old, "palettize", ["nbits": .integer(4)])
    }
  }

  // MARK: Conduct

  @Test(
    arguments: [
      ("quantize", ["dtype": .string("int4")]), ("palettize", ["nbits": .integer(4)]),
      ("prune", ["n_m_ratio": .list([.integer(2), .integer(4)])]),
      ("palettize", ["nbits": .integer(2), "cluster_dim": .integer(2)]),
    ] as [(String, [String: OptionValue])])
  func aDryRunForetells(step: String, fields: [String: OptionValue]) throws {
    let dry = try Compressor(Catalog.weightTable, isDryRun: true).compress(Small.layers(), try recipe(step, fields))
    let real = try compress(Small.layers(), step, fields)
    #expect(dry.report.isDryRun)
    // The structure is the same, so that the next step can be predicted from it.
    #expect(try dry.program.weights(Catalog.weightTable).map(\.bytes) == real.program.weights(Catalog.weightTable).map(\.bytes))
    #expect(dry.report.entries.map(\.bytesAfter) == real.report.entries.map(\.bytesAfter))
    #expect(reasons(dry.report) == reasons(real.report))
    #expect(dry.report.entries.allSatisfy { $0.snrDB == nil })
  }

  @Test func sameInputSameResult() throws {
    let fields: [String: OptionValue] = ["nbits": .integer(4), "cluster_dim": .integer(2)]
    #expect(
      try compress(Small.layers(), "palettize", fields).program
        == compress(Small.layers(), "palettize", fields).program)
  }

  @Test func stopsAndTells() throws {
    let told = Mutex<[String]>([])
    let compressor = Compressor(
      Catalog.weightTable,
      progress: { step in
        told.withLock { $0.append("\(step.done)/\(step.total) \(step.weight)") }
      })
    _ = try compressor.compress(Small.layers(), try recipe("quantize"))
    let lines = told.withLock { $0 }
    #expect(lines.first == "0/2 a" && Set(lines).isSubset(of: ["0/2 a", "1/2 b"]) && lines == lines.sorted())
    #expect(throws: CompressionError.cancelled) {
      try Compressor(Catalog.weightTable, isCancelled: { true }).compress(
        Small.layers(), try recipe("palettize", ["nbits": .integer(4)]))
    }
  }

  @Test func aDamagedWeightIsNamed() throws {
    var program = try compress(Small.layers(), "palettize", ["nbits": .integer(4)]).program
    let at = try #require(program.operations.firstIndex { $0.name == "a_palettized" })
    let input = try #require(program.operations[at].inputs.firstIndex { $0.parameter == "lut" })
    program.functions[0].block.operations[at].inputs[input].bindings = [
      .constant(Constant(Tensor(zeros: .float32, [1, 1, 8, 1])))
    ]
    let error = #expect(throws: WeightStorageError.self) { try Compressor(Catalog.weightTable).decompress(program) }
    #expect(
      error.map { "\($0)" }
        == "a: lut has shape [1, 1, 8, 1], expected 16 entries, as indices is uint4")
  }
}
