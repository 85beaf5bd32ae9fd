// SPDX-License-Identifier: Apache-2.0
// Batch norms that are put back: where, with which statistics, and what becomes of them in the finalized model.

import Encodings
import MIL
import Operators
import Options
import Runtime
import Tensors
import TestSupport
import Testing
import Training
import WeightStorage

struct NormRestorationTests {
  private static func trainer(
    of program: Program? = nil, methods: [(String, [String: OptionValue])] = [], measured: TrainingBatch? = nil, rate: Double = 1e-2,
    change: (inout TrainerOptions) -> Void = { _ in }
  ) throws -> Trainer {
    let trainer = try TrainerTests.trainer(of: program ?? ResidualNetwork.program(), rate: rate, methods: methods) {
      $0.norms = .restore
      change(&$0)
    }
    guard let measured else { return trainer }
    let statistics = trainer.normStatistics()
    try statistics.add(measured)
    try trainer.setNorms(statistics)
    return trainer
  }

  private func outputs(_ program: Program, _ batch: TrainingBatch = ResidualNetwork.batch(32, seed: 99)) throws -> [Float] {
    let executor = try Executor(program: program)
    let name = try #require(program.functions[0].block.outputs.first)
    return try #require(executor.run(batch.inputs).tensors[name]).floats()
  }

  private func expectEqual(_ a: [Float], _ b: [Float], within share: Float = 1e-4) throws {
    let peak = a.map(abs).max() ?? 1
    #expect(try pairs(a, b).allSatisfy { abs($0 - $1) <= share * peak })
  }

  private func norms(_ program: Program) -> Int { program.functions[0].block.operations.filter { $0.type == "batch_norm" }.count }

  // MARK: Start

  @Test func nothingChangesAtFirst() throws {
    let program = try ResidualNetwork.program()
    let batch = ResidualNetwork.batch(64, seed: 5)
    let trainer = try Self.trainer(of: program, measured: batch)
    #expect(trainer.norms.map(\.layer) == ["first", "second"] && trainer.normSamples == 64)
    #expect(trainer.skippedNorms.map(\.layer) == ["logits"])
    #expect(trainer.fixedConstants.filter { $0.reason == .shiftedByNorm }.map(\.constant.name) == ["first_bias", "second_bias"])
    try expectEqual(outputs(program), outputs(trainer.snapshot()))
    try expectEqual(outputs(program), outputs(trainer.finalized().program))
    #expect(try norms(trainer.finalized().program) == 0)
    // With the statistics of this very batch, training mode computes what the model computes, too.
    let plain = try TrainerTests.trainer(of: program)
    #expect(abs(try trainer.train(on: batch) - plain.train(on: batch)) < 1e-4)
  }

  /// 37 and 27 samples in two batches have the statistics of 64 in one.
  @Test func statisticsOfPartsAddUp() throws {
    let whole = ResidualNetwork.batch(64, seed: 5)
    let a = try Self.trainer(measured: whole)
    let b = try Self.trainer()
    let statistics = b.normStatistics()
    let x = try #require(whole.inputs["x"])
    for range in [0..<37, 37..<64] { try statistics.add(TrainingBatch(inputs: ["x": x.rows(range)], labels: nil)) }
    try b.setNorms(statistics)
    let (one, two) = (a.state, b.state)
    #expect(one.keys.sorted() == two.keys.sorted())
    for (name, tensor) in one {
      for (p, q) in try pairs(tensor.doubles(), two[name]?.doubles() ?? []) { #expect(abs(p - q) <= 1e-5 * max(abs(p), 1)) }
    }
  }

  @Test func beforeTheStatisticsThereAreNoNorms() throws {
    let program = try ResidualNetwork.program()
    let trainer = try Self.trainer(of: program)
    #expect(trainer.needsNormStatistics)
    #expect(try trainer.finalized().program == program && trainer.snapshot() == program)
    // A step without statistics takes those of its batch.
    _ = try trainer.train(on: ResidualNetwork.batch(16, seed: 1))
    #expect(trainer.normSamples == 16)
    let empty = trainer.normStatistics()
    #expect(throws: TrainingError.self) { try trainer.setNorms(empty) }
  }

  // MARK: Training

  /// The derivative along a random direction, for each parameter.
  @Test func gradientsThroughNormsAreThoseOfDifferences() throws {
    let batch = ResidualNetwork.batch(32, seed: 5)
    let trainer = try Self.trainer(measured: batch)
    for name in trainer.parameterNames {
      var expected = 0.0
      var direction: [Float] = []
      try trainer.gradients(of: batch) { parameter, gradient in
        guard parameter == name else { return }
        direction = random([gradient.count], seed: 3).floats()
        expected = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      #expect(!direction.isEmpty)
      let start = trainer.state
      func loss(_ step: Float) throws -> Double {
        var state = start
        let key = try #require(start.keys.first { $0.hasPrefix("parameter.\(trainer.parameterNames.firstIndex(of: name) ?? -1).value") })
        let old = try #require(start[key])
        state[key] = Tensor(zip(old.floats(), direction).map { $0 + step * $1 }, shape: old.shape)
        try trainer.restore(state)
        return Double(try trainer.gradients(of: batch) { _, _ in })
      }
      let h: Float = 2e-3
      let found = (try loss(h) - loss(-h)) / Double(2 * h)
      #expect(abs(found - expected) <= 2e-3 + 2e-2 * abs(expected), "\(name): \(found) against \(expected)")
      try trainer.restore(start)
    }
  }

  private static let plainTable: [String: OptionValue] = ["n_bits": .integer(2), "weight_threshold": .integer(20)]

  /// The methods, and how many of the two norms stay in the finalized model.
  static let methods: [(methods: [(String, [String: OptionValue])], norms: Int)] = [
    ([], 0), ([("prune", ["target_sparsity": .number(0.5)])], 0), ([("palettize", plainTable)], 2),
    ([("palettize", plainTable.merging(["enable_per_channel_scale": .bool(true)]) { $1 })], 0),
    ([("palettize", plainTable.merging(["lut_dtype": .string("i8")]) { $1 })], 2),
    ([("quantize", [:])], 0), ([("quantize", ["weight_per_channel": .bool(false)])], 0),
    ([("quantize", ["weight_dtype": .string("qint4"), "algorithm": .string("learnable")])], 0),
    ([("quantize", ["quantization_scheme": .string("affine"), "activation_dtype": .string("float32")])], 0),
    ([("quantize", ["milestones": .list([0, 4, 8, 10].map { .integer($0) })])], 0),
    ([("prune", [:]), ("palettize", plainTable)], 2), ([("prune", [:]), ("quantize", [:])], 0),
  ]

  @Test(arguments: 0..<methods.count, [DType.float32, .float16]) func storesWhatItEvaluates(_ number: Int, _ dtype: DType) throws {
    let trainer = try Self.trainer(of: ResidualNetwork.program(dtype), methods: Self.methods[number].methods)
    for step in 0..<30 { _ = try trainer.train(on: ResidualNetwork.batch(16, seed: UInt64(step), dtype: dtype)) }
    let finalized = try trainer.finalized().program
    try finalized.verify()
    try finalized.checkTypes()
    #expect(norms(finalized) == Self.methods[number].norms)
    let batch = ResidualNetwork.batch(32, seed: 99, dtype: dtype)
    try expectEqual(outputs(trainer.snapshot(), batch), outputs(finalized, batch), within: 2e-3)
    // The folded model computes what the network with norms computes with its running statistics.
    guard Self.methods[number].methods.isEmpty, dtype == .float32 else { return }
    var unfolded = trainer.program
    var values: [String: Tensor] = [:]
    for (name, tensor) in trainer.state where name.hasPrefix("statistic.") { values[String(name.dropFirst(10))] = tensor }
    for (i, name) in trainer.parameterNames.enumerated() { values[name] = trainer.state["parameter.\(i).value"] }
    unfolded.functions[0] = unfolded.functions[0].storing(values)
    #expect(norms(unfolded) == 2)
    try expectEqual(outputs(unfolded), outputs(finalized))
  }

  @Test func masksKeepTheirZerosAndCodesTheirNumber() throws {
    let pruned = try Self.trainer(methods: [("prune", ["target_sparsity": .number(0.5)])])
    let rounded = try Self.trainer(methods: [("quantize", ["weight_dtype": .string("qint4")])])
    for step in 0..<10 {
      _ = try pruned.train(on: ResidualNetwork.batch(16, seed: UInt64(step)))
      _ = try rounded.train(on: ResidualNetwork.batch(16, seed: UInt64(step)))
    }
    for site in try pruned.finalized().program.weightSites(Catalog.weightTable) where site.name.hasSuffix("_weight") {
      let zeros = try site.weight.decoded().floats().filter { $0 == 0 }.count
      #expect(zeros == site.weight.count / 2, "\(site.name)")
    }
    let schemes = try rounded.finalized().program.weightSites(Catalog.weightTable).map(\.weight.scheme.description)
    #expect(Set(schemes) == ["quantized"])
  }

  @Test(arguments: 0..<methods.count) func resumesWithTheSameBits(_ number: Int) throws {
    func make() throws -> Trainer { try Self.trainer(methods: Self.methods[number].methods) { $0.emaDecay = 0.9 } }
    let whole = try make()
    for step in 0..<12 { _ = try whole.train(on: ResidualNetwork.batch(16, seed: UInt64(step))) }
    let first = try make()
    for step in 0..<7 { _ = try first.train(on: ResidualNetwork.batch(16, seed: UInt64(step))) }
    let second = try make()
    try second.restore(first.state)
    #expect(!second.needsNormStatistics)
    for step in 7..<12 { _ = try second.train(on: ResidualNetwork.batch(16, seed: UInt64(step))) }
    #expect(second.state == whole.state)
    #expect(throws: TrainingError.self) { try make().restore(TrainerTests.trainer(of: ResidualNetwork.program()).state) }
  }

  @Test func learns() throws {
    let trainer = try Self.trainer(measured: ResidualNetwork.batch(64, seed: 1))
    var losses: [Float] = []
    for step in 0..<120 { losses.append(try trainer.train(on: ResidualNetwork.batch(16, seed: UInt64(step)))) }
    let (first, last): (Float, Float) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < 0.5 * first, "\(first) to \(last)")
    let batch = ResidualNetwork.batch(64, seed: 777)
    let logits = try outputs(trainer.finalized().program, batch)
    let labels = try #require(batch.labels).integers()
    let hits = labels.indices.filter { i in
      let row = logits[3 * i..<3 * i + 3]
      return row.firstIndex(of: row.max() ?? 0) == 3 * i + labels[i]
    }
    #expect(hits.count > 56, "\(hits.count) of 64")
  }

  // MARK: Places

  private func skips(_ program: Program, change: (inout TrainerOptions) -> Void = { _ in }) throws -> (
    norms: [String], skipped: [String: String]
  ) {
    let trainer = try Self.trainer(of: program, change: change)
    return (trainer.norms.map(\.layer), Dictionary(uniqueKeysWithValues: trainer.skippedNorms.map { ($0.layer, $0.reason) }))
  }

  @Test func linearBottlenecksAndDepthwiseConvolutionsHadNorms() throws {
    let program = try ResidualNetwork.build { x, c in
      let expanded = try x.apply("conv", ResidualNetwork.conv(c, "expand", [12, 3, 1, 1]), name: "expand").apply(
        "clip", ["alpha": Float(0), "beta": Float(6)])
      let options = try ResidualNetwork.conv(c, "depthwise", [12, 1, 3, 3]).merging(["groups": 12]) { $1 }
      let spread = try expanded.apply("conv", options, name: "depthwise").apply("relu6")
      let narrow = try spread.apply("conv", ResidualNetwork.conv(c, "project", [4, 12, 1, 1]), name: "project")
      let next = try narrow.apply("conv", ResidualNetwork.conv(c, "next", [6, 4, 1, 1]), name: "next")
      // x · relu6(x + 3) / 6
      let swish = try next * (next + 3).apply("relu6") * (1.0 / 6)
      let pooled = try swish.apply("conv", ResidualNetwork.conv(c, "last", [6, 6, 1, 1]), name: "last")
        .apply("max_pool", ["kernel_sizes": [2, 2], "strides": [2, 2], "pad_type": "valid", "pad": [0, 0, 0, 0], "ceil_mode": false])
      return try pooled.apply("relu").apply("reduce_mean", ["axes": [2, 3], "keep_dims": false])
    }
    #expect(try skips(program).norms == ["expand", "depthwise", "project", "next", "last"])
  }

  @Test func layersWithoutANormOfTheirOwn() throws {
    let program = try ResidualNetwork.build { x, c in
      let a = try x.apply("conv", ResidualNetwork.conv(c, "stem", [4, 3, 3, 3]), name: "stem").apply("relu")
      let e = x.emitter
      // Squeeze and excitation, once with convolutions and once with linear layers.
      let pooled = try a.apply("reduce_mean", ["axes": [2, 3], "keep_dims": true])
      let squeezed = try pooled.apply("conv", ResidualNetwork.conv(c, "squeeze", [4, 4, 1, 1]), name: "squeeze").apply("relu")
      let gate = try squeezed.apply("conv", ResidualNetwork.conv(c, "excite", [4, 4, 1, 1]), name: "excite").apply("sigmoid")
      let b = try a * gate
      let flat = try b.apply("reduce_mean", ["axes": [2, 3], "keep_dims": false])
      let narrow = try flat.apply("linear", ["weight": c("down_weight", [4, 4]), "bias": c("down_bias", [4])], name: "down").apply("relu")
      let wide = try narrow.apply("linear", ["weight": c("up_weight", [4, 4]), "bias": c("up_bias", [4])], name: "up").apply("sigmoid")
      let d = try b * wide.apply("expand_dims", ["axes": [2, 3]])
      let bare = try d.apply("conv", ["weight": c("bare_weight", [4, 4, 1, 1])], name: "bare").apply("relu")
      let kept = try bare.apply("conv", ResidualNetwork.conv(c, "kept", [4, 4, 1, 1]), name: "kept")
      let normed = try kept.apply(
        "batch_norm",
        ["mean": c("mean", [4]), "variance": Tensor([1, 2, 3, 4] as [Float]), "gamma": c("gamma", [4]), "beta": c("beta", [4])]
      ).apply("relu")
      let twice = try normed.apply("conv", ["weight": c("twice_weight", [4, 4, 1, 1]), "bias": c("twice_bias", [4])], name: "twice").apply(
        "relu")
      let again = try twice.apply("conv", ["weight": e.value("twice_weight"), "bias": e.value("twice_bias")], name: "again").apply("relu")
      let layered = try again.apply("layer_norm", ["axes": [1, 2, 3]]).apply(
        "conv", ResidualNetwork.conv(c, "behind", [4, 4, 1, 1]), name: "behind"
      )
      .apply("gelu", ["mode": "EXACT"])
      let frozen = try layered.apply("conv", ResidualNetwork.conv(c, "frozen", [4, 4, 1, 1]), name: "frozen").apply("relu")
      let tokens = try frozen.apply("reshape", ["shape": [-1, 36, 4]])
      let token = try tokens.apply("linear", ["weight": c("token_weight", [4, 4]), "bias": c("token_bias", [4])], name: "token").apply(
        "relu")
      return try token.apply("reduce_mean", ["axes": [1], "keep_dims": false])
        .apply("linear", ["weight": c("head_weight", [3, 4]), "bias": c("head_bias", [3])], name: "head")
    }
    let (norms, skipped) = try skips(program) { $0.frozen = [ParameterPattern("^frozen") { $0.hasPrefix("frozen") }] }
    #expect(norms == ["stem"])
    #expect(skipped["squeeze"] == "its output has a single position" && skipped["excite"] == "its output has a single position")
    #expect(skipped["down"] == "it computes a gate" && skipped["up"] == "it computes a gate")
    #expect(skipped["bare"] == "it has no bias, which a folded norm would have left" && skipped["kept"] == "a batch norm follows it")
    #expect(skipped["twice"] == "other operations read its weight, too" && skipped["again"] == "other operations read its weight, too")
    #expect(skipped["behind"] == "a layer_norm comes before it" && skipped["frozen"] == "its weight is not trained")
    #expect(skipped["token"] == "it has an output for each of several positions" && skipped["head"] == "its output is one of the model's")
  }

  /// Norms behind linear layers and transposed convolutions in groups; volumes; one-dimensional signals.
  @Test(arguments: [false, true]) func otherLayers(_ isPalettized: Bool) throws {
    let program = try ResidualNetwork.build { x, c in
      let transposed: [String: (any Emittable)?] = [
        "weight": try c("up_weight", [4, 3, 2, 2]), "bias": try c("up_bias", [6]), "groups": 2, "strides": [2, 2],
      ]
      let a = try x.apply("conv", ResidualNetwork.conv(c, "stem", [4, 3, 3, 3]), name: "stem").apply("relu")
      let b = try a.apply("conv_transpose", transposed, name: "up").apply("relu")
      let signal = try b.apply("reduce_mean", ["axes": [3], "keep_dims": false])
      let d = try signal.apply("conv", ResidualNetwork.conv(c, "signal", [5, 6, 3]), name: "signal").apply("tanh")
      let flat = try d.apply("reduce_mean", ["axes": [2], "keep_dims": false])
      let hidden = try flat.apply("linear", ["weight": c("hidden_weight", [7, 5]), "bias": c("hidden_bias", [7])], name: "hidden").apply(
        "relu")
      return try hidden.apply("linear", ["weight": c("head_weight", [3, 7]), "bias": c("head_bias", [3])], name: "head")
    }
    let trainer = try Self.trainer(
      of: program, methods: isPalettized ? [("palettize", Self.plainTable)] : [], measured: ResidualNetwork.batch(64, seed: 5))
    #expect(trainer.norms.map(\.layer) == ["stem", "up", "signal", "hidden"])
    if !isPalettized { try expectEqual(outputs(program), outputs(trainer.snapshot())) }
    for step in 0..<10 { _ = try trainer.train(on: ResidualNetwork.batch(16, seed: UInt64(step))) }
    let finalized = try trainer.finalized().program
    try finalized.verify()
    try finalized.checkTypes()
    try expectEqual(outputs(trainer.snapshot()), outputs(finalized))
    // The transposed convolution's weight is no target of palettization.
    #expect(norms(finalized) == (isPalettized ? 3 : 0))
    let rounded = try Self.trainer(of: program, methods: [("quantize", [:])])
    for step in 0..<5 { _ = try rounded.train(on: ResidualNetwork.batch(16, seed: UInt64(step))) }
    try expectEqual(outputs(rounded.snapshot()), outputs(rounded.finalized().program))
  }
}
