// SPDX-License-Identifier: Apache-2.0
// Training runs of a small network: learning, resuming, accumulation, and the finalized model.

import Encodings
import MIL
import Operators
import Options
import Rules
import Runtime
import Tensors
import TestSupport
import Testing
import Training
import WeightStorage

struct TrainerTests {
  /// conv 1→4, relu, max pool, linear 36→8, relu, linear 8→3; fp32, any batch size.
  private static func program(seed: UInt64 = 1) throws -> Program {
    let input = NamedType("x", .tensor(TensorType(.float32, [.any, .fixed(1), .fixed(6), .fixed(6)])))
    let writer = try NetworkWriter(inputs: [input], opset: .iOS18, seed: seed)
    var value = try writer.value("x")
    let layers: [(String, [String: OptionValue])] = [
      ("conv2d", ["out_channels": .integer(4), "kernel_size": .integer(3), "padding": .string("same")]), ("relu", [:]),
      ("max_pool", ["kernel_size": .integer(2)]), ("flatten", [:]), ("linear", ["out_features": .integer(8)]), ("relu", [:]),
      ("linear", ["out_features": .integer(3)]),
    ]
    for (name, options) in layers {
      value = try #require(Layers.all.first { $0.name == name }).init(options).emit(value, into: writer)
    }
    return Program(functions: [try writer.function(outputs: [("logits", value)])])
  }

  /// Images whose class is the brightest third.
  static func batch(_ count: Int, seed: UInt64) -> TrainingBatch {
    var random = SplitMix64(seed: seed)
    var pixels: [Float] = []
    var labels: [Int32] = []
    for _ in 0..<count {
      let label = Int(random.next() % 3)
      labels.append(Int32(label))
      for row in 0..<6 { for _ in 0..<6 { pixels.append(Float(random.uniform()) + (row / 2 == label ? 1 : 0)) } }
    }
    return TrainingBatch(inputs: ["x": Tensor(pixels, shape: [count, 1, 6, 6])], labels: Tensor(labels))
  }

  static func trainer(
    of program: Program? = nil, _ optimizer: String = "adam", rate: Double = 1e-2, accumulate: Int = 1, ema: Double? = nil,
    methods: [(String, [String: OptionValue])] = [],
    change: (inout TrainerOptions) -> Void = { _ in }
  ) throws -> Trainer {
    let type = try #require(Optimizers.all.first { $0.name == optimizer })
    var options = TrainerOptions(
      loss: .named(try Losses.make("cross_entropy", [:])), optimizer: try type.init([:]), rate: rate, schedule: try RatePlan(.null),
      accumulate: accumulate, emaDecay: ema)
    change(&options)
    let trainer = try Trainer(program ?? Self.program(), function: "main", options: options)
    for (name, fields) in methods {
      let method = try #require(TrainingMethods.all.first { $0.name == name })
      try trainer.add(MethodRule(method, fields) { text in { $0.contains(text) } })
    }
    return trainer
  }

  private func outputs(_ program: Program) throws -> [Float] {
    let results = try Executor(program: program).run(Self.batch(32, seed: 99).inputs)
    return try #require(results.tensors["logits"]).floats()
  }

  static let methods: [[(String, [String: OptionValue])]] = [
    [], [("prune", ["target_sparsity": .number(0.7)])], [("palettize", ["n_bits": .integer(2), "weight_threshold": .integer(20)])],
    [("quantize", [:])], [("quantize", ["weight_dtype": .string("qint4"), "algorithm": .string("learnable")])],
    [("quantize", ["quantization_scheme": .string("affine"), "activation_dtype": .string("float32")])],
    [("prune", [:]), ("palettize", ["n_bits": .integer(2), "weight_threshold": .integer(20)])], [("prune", [:]), ("quantize", [:])],
  ]

  @Test(arguments: 0..<methods.count) func learnsAndStoresWhatItEvaluates(_ number: Int) throws {
    let trainer = try Self.trainer(methods: Self.methods[number])
    var losses: [Float] = []
    for step in 0..<120 { losses.append(try trainer.train(on: Self.batch(16, seed: UInt64(step)))) }
    let (first, last): (Float, Float) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < 0.85 * first)
    let evaluated = try outputs(trainer.snapshot())
    let finalized = try trainer.finalized()
    try finalized.program.verify()
    try finalized.program.checkTypes()
    let stored = try outputs(finalized.program)
    let peak = evaluated.map(abs).max() ?? 1
    #expect(evaluated.count == 96 && stored.count == 96)
    for (a, b) in try pairs(evaluated, stored) { #expect(abs(a - b) < 1e-4 * peak) }
    let compressed = Set(try finalized.program.weightSites(Catalog.weightTable).map(\.weight.scheme.description))
    let names = Set(Self.methods[number].map(\.0))
    if names == ["prune"] { #expect(compressed == ["sparse"]) }
    if names == ["quantize"] { #expect(compressed == ["quantized"]) }
    if names == ["prune", "quantize"] { #expect(compressed == ["sparse+quantized"]) }
    if names == ["prune", "palettize"] { #expect(compressed.contains("sparse+palettized")) }
    #expect(try trainer.report().isEmpty == names.isEmpty)
  }

  @Test(arguments: 0..<methods.count) func resumesWithTheSameBits(_ number: Int) throws {
    func make() throws -> Trainer { try Self.trainer(ema: 0.9, methods: Self.methods[number]) }
    let whole = try make()
    for step in 0..<12 { _ = try whole.train(on: Self.batch(16, seed: UInt64(step))) }
    let first = try make()
    for step in 0..<7 { _ = try first.train(on: Self.batch(16, seed: UInt64(step))) }
    let second = try make()
    try second.restore(first.state)
    for step in 7..<12 { _ = try second.train(on: Self.batch(16, seed: UInt64(step))) }
    #expect(second.state == whole.state)
    #expect(second.step == 12)
  }

  @Test func severalBatchesMakeAStep() throws {
    let (large, small) = (Self.batch(16, seed: 1), [Self.batch(16, seed: 1), Self.batch(16, seed: 1)])
    let one = try Self.trainer("sgd")
    _ = try one.train(on: large)
    let two = try Self.trainer("sgd", accumulate: 2)
    _ = try two.train(on: small[0])
    #expect(two.step == 0)
    _ = try two.train(on: small[1])
    #expect(two.step == 1)
    for (a, b) in try pairs(try outputs(one.snapshot()), try outputs(two.snapshot())) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func frozenAndGroupedParameters() throws {
    let trainer = try Self.trainer {
      $0.frozen = [ParameterPattern("conv", matches: { $0.hasPrefix("conv") })]
      $0.groups = [ParameterGroup(pattern: "linear_bias", matches: { $0.hasPrefix("linear_bias") }, rateFactor: 0, weightDecay: 0)]
    }
    let before = try Self.program().weightSites(Catalog.weightTable)
    #expect(!trainer.parameterNames.contains { $0.hasPrefix("conv") })
    _ = try trainer.train(on: Self.batch(16, seed: 1))
    let after = try trainer.snapshot().weightSites(Catalog.weightTable)
    let moved = try pairs(before, after).filter { $0.weight != $1.weight }.map(\.0.name)
    #expect(moved == ["linear_weight", "linear_weight_1"] && before.contains { $0.name.hasPrefix("conv") })
    // Biases are too small to be weight sites. The learning rate of the group is 0, and nothing else freezes them.
    let constants = try trainer.snapshot().functions[0].block.operations.filter { $0.name.hasPrefix("linear_bias") }
    let start = try Self.program().functions[0].block.operations.filter { $0.name.hasPrefix("linear_bias") }
    #expect(try pairs(constants, start).allSatisfy { $0.constantValue == $1.constantValue })
  }

  @Test func clippingBoundsTheMove() throws {
    let trainer = try Self.trainer("sgd", rate: 1) { $0.clipNorm = 1e-3 }
    let before = trainer.state
    _ = try trainer.train(on: Self.batch(16, seed: 1))
    var sum = 0.0
    let values = trainer.state.filter { $0.key.hasSuffix(".value") }
    #expect(values.count == 6)
    for (name, tensor) in values {
      for (a, b) in try pairs(tensor.doubles(), before[name]?.doubles() ?? []) { sum += (a - b) * (a - b) }
    }
    // With a learning rate of 1 the update is the gradient, whose norm is clipped to exactly this.
    #expect(abs(sum.squareRoot() - 1e-3) <= 1e-6)
  }

  @Test func saysWhatDoesNotFit() throws {
    let trainer = try Self.trainer()
    #expect(throws: TrainingError.self) {
      try trainer.train(on: TrainingBatch(inputs: ["y": Tensor(zeros: .float32, [1, 1, 6, 6])], labels: nil))
    }
    #expect(throws: TrainingError.self) {
      try trainer.train(on: TrainingBatch(inputs: ["x": Tensor(zeros: .float32, [1, 2, 6, 6])], labels: Tensor([Int32(0)])))
    }
    #expect(throws: TrainingError.self) {
      try trainer.train(on: TrainingBatch(inputs: ["x": Tensor(zeros: .float32, [1, 1, 6, 6])], labels: nil))
    }
    _ = try trainer.train(on: Self.batch(4, seed: 1))
    let prune = try #require(TrainingMethods.all.first { $0.name == "prune" })
    #expect(throws: TrainingError.tooLate(method: "prune")) { try trainer.add(MethodRule(prune, [:]) { _ in { _ in false } }) }
    #expect(throws: TrainingError.self) { try trainer.restore(["step": Tensor([Int64(3), 0])]) }
  }

  @Test func notANumberMovesNothing() throws {
    // The logarithm of a negative number.
    let trainer = try Self.trainer {
      $0.loss = .custom { try ($0.output.squared().apply("reduce_mean", ["axes": [0, 1], "keep_dims": false]) * -1).apply("log") }
    }
    let before = trainer.state
    #expect(throws: TrainingError.notFinite(step: 1, origin: "it begins at the log 'log'")) {
      try trainer.train(on: Self.batch(4, seed: 1))
    }
    #expect(trainer.state == before)
  }

  @Test func aGradientThatIsNoNumberMovesNothing() throws {
    // √0 is finite, but its derivative times zero is not.
    let trainer = try Self.trainer {
      $0.loss = .custom { try ($0.output.squared().apply("reduce_mean", ["axes": [0, 1], "keep_dims": false]) * 0).apply("sqrt") }
    }
    let before = trainer.state
    let error = #expect(throws: TrainingError.self) { try trainer.train(on: Self.batch(4, seed: 1)) }
    #expect("\(try #require(error))".contains("not finite at step 1: it begins at the"), "\(String(describing: error))")
    #expect(trainer.state == before)
  }

  /// The network with a NaN and an infinity in the weight of its first linear layer.
  private static func spoiled() throws -> Program {
    var program = try Self.program()
    let lifting = ParameterLifting(program.functions[0])
    let start = try #require(lifting.parameters.first { $0.name == "linear_weight" }).start
    var numbers = start.floats()
    (numbers[1], numbers[7]) = (.nan, .infinity)
    program.functions[0] = lifting.storing(["linear_weight": Tensor(numbers, shape: start.shape)])
    return program
  }

  @Test(arguments: ["qint8", "quint4"], ["symmetric", "affine"])
  func weightsThatAreNoNumbersAreStoredWithoutATrap(_ dtype: String, _ scheme: String) throws {
    let options: [String: OptionValue] = ["weight_dtype": .string(dtype), "quantization_scheme": .string(scheme)]
    let trainer = try Self.trainer(of: Self.spoiled(), methods: [("quantize", options)])
    #expect(throws: TrainingError.notFinite(step: 1, origin: "'linear_weight' already contains some")) {
      try trainer.train(on: Self.batch(4, seed: 1))
    }
    let finalized = try trainer.finalized()
    try finalized.program.verify()
    #expect(Set(try finalized.program.weightSites(Catalog.weightTable).map(\.weight.scheme.description)) == ["quantized"])
  }

  @Test func tablesOfWeightsThatAreNoNumbersAreRefused() throws {
    let trainer = try Self.trainer(of: Self.spoiled(), methods: [("palettize", ["n_bits": .integer(2), "weight_threshold": .integer(20)])])
    let expected = TrainingError.unsupported(what: "the weight 'linear_weight'", reason: "it contains infinities or NaN")
    #expect(throws: expected) { try trainer.train(on: Self.batch(4, seed: 1)) }
    #expect(throws: expected) { try trainer.finalized() }
  }

  @Test func masksOverWeightsThatAreNoNumbersAreRefused() throws {
    let trainer = try Self.trainer(of: Self.spoiled(), methods: [("prune", ["target_sparsity": .number(0.5)])])
    #expect(throws: MethodSkip("2 of its elements are infinite or not a number")) { try trainer.finalized() }
  }

  @Test func gridsAreLearnedButForThoseOfInputs() throws {
    let trainer = try Self.trainer(methods: [("quantize", ["algorithm": .string("learnable")])])
    for step in 0..<4 { _ = try trainer.train(on: Self.batch(8, seed: UInt64(step))) }
    let state = trainer.state
    // The first site is the input; the ranges of the others remain at the first observation.
    #expect(state["activation.0.grid"] == nil && state["activation.1.grid"] != nil)
    _ = try trainer.train(on: Self.batch(8, seed: 9))
    #expect(trainer.state["activation.0.range"] != state["activation.0.range"])
    #expect(trainer.state["activation.1.range"] == state["activation.1.range"])
    #expect(trainer.state["activation.1.grid"] != state["activation.1.grid"])
  }

  @Test func activationsThatAreNoNumbersLeaveAGrid() throws {
    let trainer = try Self.trainer(methods: [("quantize", ["algorithm": .string("learnable")])])
    let bad = TrainingBatch(inputs: ["x": Tensor([Float](repeating: .nan, count: 36), shape: [1, 1, 6, 6])], labels: Tensor([Int32(0)]))
    #expect(throws: TrainingError.notFinite(step: 1, origin: "'x' already contains some")) { try trainer.train(on: bad) }
    try trainer.finalized().program.verify()
  }

  @Test func aCycledMomentumWantsOne() throws {
    let plan = try RatePlan(.dictionary(["type": .string("one_cycle"), "total_steps": .integer(10), "cycle_momentum": .bool(true)]))
    #expect(throws: OptionError.self) { try Self.trainer("sgd") { $0.schedule = plan } }
    let trainer = try Self.trainer("adam") { $0.schedule = plan }
    _ = try trainer.train(on: Self.batch(4, seed: 1))
  }

  @Test func palettizationMayRoundActivationsToo() throws {
    let options: [String: OptionValue] = ["n_bits": .integer(2), "weight_threshold": .integer(20), "quantize_activations": .bool(true)]
    let trainer = try Self.trainer(methods: [("palettize", options)])
    for step in 0..<3 { _ = try trainer.train(on: Self.batch(8, seed: UInt64(step))) }
    let program = try trainer.finalized().program
    let types = program.functions[0].block.operations.map(\.type)
    #expect(types.count { $0 == "quantize" } == types.count { $0 == "dequantize" } && types.contains("quantize"))
    let (evaluated, stored) = (try outputs(trainer.snapshot()), try outputs(program))
    for (a, b) in try pairs(evaluated, stored) { #expect(abs(a - b) < 1e-4) }
    // The quantizer determines the treatment of activations.
    let both = try Self.trainer(methods: [("palettize", options), ("quantize", ["activation_dtype": .string("float32")])])
    _ = try both.train(on: Self.batch(8, seed: 1))
    #expect(!(try both.finalized().program.functions[0].block.operations.contains { $0.type == "quantize" }))
  }

  @Test func rulesByNameAndType() throws {
    let trainer = try Self.trainer(methods: [
      (
        "prune",
        [
          "op_types": .dictionary(["conv": .bool(false)]),
          "op_names": .dictionary(["linear_weight_1": .dictionary(["target_sparsity": .number(0.9)])]),
        ]
      )
    ])
    let report = try trainer.report()
    #expect(report.map(\.name).sorted() == ["linear_weight", "linear_weight_1"])
    _ = try trainer.train(on: Self.batch(8, seed: 1))
    func sparsity(_ name: String) throws -> WeightFact.Value? {
      try trainer.report().first { $0.name == name }?.facts.first { $0.name == "unstructured_weight_sparsity" }?.value
    }
    // ⌈24 · 0.1⌉ = 3 of 24 remain.
    #expect(try sparsity("linear_weight_1") == .number(21.0 / 24))
    #expect(try sparsity("linear_weight") == .number(0.5))
  }

  @Test(
    arguments: [
      (
        ["op_names": .dictionary(["linear_wieght": .bool(false)])],
        "op_names.linear_wieght matches no weight or operator (did you mean 'linear_weight'?)"
      ),
      (["op_types": .dictionary(["gru": .bool(false)])], "op_types.gru matches no operator; weights are read by conv, linear"),
      (["op_patterns": .list([.list([.string("zz"), .bool(false)])])], "op_patterns \"zz\" matches none of 3 weights, nor any operator"),
      (["module_type_configs": .dictionary(["Conv3d": .dictionary([:])])], "module_type_configs.Conv3d matches no operator"),
      (["module_name_configs": .dictionary(["head": .null])], "module_name_configs.head matches none of 3 weights, nor any operator"),
    ] as [([String: OptionValue], String)], TrainingMethods.all.map { $0.name })
  func rulesThatMatchNothing(_ rule: ([String: OptionValue], String), _ method: String) throws {
    let error = #expect(throws: RuleError.self) { try Self.trainer(methods: [(method, rule.0)]) }
    #expect(error.map { "\($0)".hasPrefix("\(method): \(rule.1)") } == true, "\(error.map { "\($0)" } ?? "")")
    let allowed = rule.0.merging(["allow_unmatched": .bool(true)]) { $1 }
    #expect(try Self.trainer(methods: [(method, allowed)]).rules.map(\.method) == [method])
  }

  /// An activation and a bias can be matched, although they are not compressed.
  @Test func whatHasNoWeightIsMatched() throws {
    let rules: [String: OptionValue] = [
      "op_names": .dictionary(["relu": .bool(false), "linear_bias": .bool(false)]), "op_types": .dictionary(["relu": .bool(false)]),
    ]
    #expect(try Self.trainer(methods: [("quantize", rules)]).rules.count == 1)
  }
}
