// SPDX-License-Identifier: Apache-2.0
// What a calibration run collects, and what compression makes of it.

import Calibration
import Compression
import Encodings
import Evaluation
import MIL
import ModelPackages
import Models
import Operators
import Tensors
import Testing
import WeightStorage

/// A model with one input `x` and weights of random numbers.
private struct Network {
  var operations: [MIL.Operation] = []
  var types: [String: TensorType]
  private var seed: UInt64 = 1

  init(_ x: Shape) { types = ["x": TensorType(.float32, x)] }

  static func numbers(_ shape: Shape, seed: UInt64) -> Tensor {
    var random = SplitMix64(seed: seed)
    return Tensor((0..<shape.elementCount).map { _ in Float(Double(random.next() >> 11) / Double(1 << 53)) - 0.5 }, shape: shape)
  }

  mutating func weight(_ name: String, _ shape: Shape) {
    seed += 1
    operations.append(.const(name, Constant(Self.numbers(shape, seed: seed))))
    types[name] = TensorType(.float32, shape)
  }

  mutating func add(_ type: String, _ name: String, _ inputs: [(String, Binding)]) throws {
    var operation = MIL.Operation(
      type: type, inputs: inputs.map { Argument($0.0, [$0.1]) }, outputs: [NamedType(name, .tensor(.float32, []))])
    let known = types
    let call = try Call(operation, opset: .iOS18) { name in
      known[name].map { Operand(name: name, type: .tensor($0)) }
    }
    let found = try #require(try Catalog.find(operation).infer(call).first)
    operation.outputs = [NamedType(name, found)]
    operations.append(operation)
    types[name] = found.tensorType
  }

  func model(returning output: String) throws -> Model {
    let function = Function(
      inputs: [NamedType("x", .tensor(try #require(types["x"])))], opset: .iOS18, block: Block(operations: operations, outputs: [output]))
    return try Model(contents: ModelPackage(program: Program(functions: [function])))
  }
}

@Suite struct CalibrationRunTests {
  /// A product with one weight, and the shape of its input.
  private struct Product {
    let name: String
    let x: Shape
    let weight: Shape
    let type: String
    var parameter = "weight"
    var options: [(String, Constant)] = []
  }

  private static let products: [Product] = [
    Product(name: "linear", x: [2, 3, 8], weight: [5, 8], type: "linear"),
    Product(name: "matmul y", x: [2, 3, 8], weight: [8, 5], type: "matmul", parameter: "y"),
    Product(
      name: "matmul y transposed", x: [2, 8, 3], weight: [5, 8], type: "matmul", parameter: "y",
      options: [("transpose_x", Constant(Tensor(scalar: true))), ("transpose_y", Constant(Tensor(scalar: true)))]),
    Product(name: "matmul x", x: [2, 8, 3], weight: [5, 8], type: "matmul", parameter: "x"),
    Product(name: "conv", x: [2, 3, 7, 6], weight: [4, 3, 3, 2], type: "conv"),
    Product(
      name: "conv padded", x: [2, 4, 7, 6], weight: [6, 2, 3, 3], type: "conv",
      options: [
        ("strides", Constant(Tensor([2, 1] as [Int32]))), ("pad_type", Constant("custom")),
        ("pad", Constant(Tensor([1, 0, 2, 1] as [Int32]))), ("groups", Constant(Tensor(scalar: Int32(2)))),
      ]),
    Product(
      name: "conv same", x: [1, 4, 9], weight: [4, 1, 3], type: "conv",
      options: [
        ("pad_type", Constant("same")), ("dilations", Constant(Tensor([2] as [Int32]))), ("strides", Constant(Tensor([2] as [Int32]))),
        ("groups", Constant(Tensor(scalar: Int32(4)))),
      ]),
  ]

  /// The mean square of every output that follows from the moments is that of the outputs themselves.
  @Test(arguments: products.indices)
  func momentsExplainTheOutputs(index: Int) throws {
    let product = Self.products[index]
    var network = Network(product.x)
    network.weight("w", product.weight)
    let operand = product.type == "matmul" && product.parameter == "x" ? "y" : "x"
    try network.add(
      product.type, "y", [(operand, .name("x")), (product.parameter, .name("w"))] + product.options.map { ($0.0, .constant($0.1)) })
    let model = try network.model(returning: "y")
    let count = 6
    let samples = Network.numbers([product.x[0] * count] + product.x.dropFirst(), seed: 99)
    let statistics = try model.calibrated(CalibrationData(Dataset(inputs: ["x": samples])))
    let entry = try #require(statistics.entries.values.first)
    let site = try #require(try model.contents.program.weightSites(Catalog.weightTable).first)
    let matrix = MatrixLayout(product.weight, outputAxis: try #require(site.channelAxes.output)).matrix(try site.weight.decoded())
    let height = matrix.rows / entry.moments.count
    var expected = 0.0
    for (group, moments) in entry.moments.enumerated() {
      let rows = group * height * matrix.columns..<(group + 1) * height * matrix.columns
      expected += OutputError.ofRows(Array(matrix.values[rows]), moments).reduce(0, +) * moments.count
    }
    var found = 0.0
    for call in 0..<count {
      let part = samples.rows(call * product.x[0]..<(call + 1) * product.x[0])
      let output = try #require(try model.predict(["x": part])["y"])
      found += output.doubles().reduce(0) { $0 + $1 * $1 }
    }
    #expect(abs(found / expected - 1) < 1e-4, "\(product.name)")
  }

  private func chain() throws -> Model {
    var network = Network([4, 32])
    network.weight("a", [48, 32])
    network.weight("b", [24, 48])
    network.weight("c", [8, 24])
    try network.add("linear", "h", [("x", .name("x")), ("weight", .name("a"))])
    try network.add("relu", "r", [("x", .name("h"))])
    try network.add("linear", "g", [("x", .name("r")), ("weight", .name("b"))])
    try network.add("relu", "s", [("x", .name("g"))])
    try network.add("linear", "y", [("x", .name("s")), ("weight", .name("c"))])
    return try network.model(returning: "y")
  }

  /// Samples whose elements depend on each other; two of them are much larger than the others.
  private func samples(_ count: Int, seed: UInt64 = 5) throws -> Dataset {
    var values = Network.numbers([count, 32], seed: seed).floats()
    for i in values.indices where i % 32 > 0 { values[i] = 0.3 * values[i] + 0.9 * values[i - 1] }
    for i in values.indices where i % 32 < 2 { values[i] *= 10 }
    return try Dataset(inputs: ["x": Tensor(values, shape: [count, 32])])
  }

  private func snr(_ model: Model, _ technique: any Technique, _ calibration: CalibrationInput?) throws -> (
    db: Double, report: CompressionReport
  ) {
    var compressor = Compressor(Catalog.weightTable)
    compressor.statistics = try calibration?.source(for: model, isCancelled: { false })
    let result = try compressor.compress(model.contents.program, Recipe(technique))
    let small = try Model(contents: model.contents.withProgram(result.program))
    let test = try samples(64, seed: 77)
    let evaluated = try Evaluator(metrics: [Metrics.named("snr_db")]).evaluate(small, on: test, baseline: model)
    return (try #require(evaluated["snr_db"]).value, result.report)
  }

  private static func quantization(_ algorithm: LinearQuantization.Algorithm, _ dtype: LinearQuantization.CodeType = .uint4)
    -> LinearQuantization
  {
    var technique = LinearQuantization()
    technique.algorithm = algorithm
    (technique.dtype, technique.mode, technique.weightThreshold) = (dtype, .linear, 10)
    return technique
  }

  @Test(arguments: [LinearQuantization.Algorithm.gptq, .importance, .awq])
  func calibratedCodesAreBetterThanNearestOnes(algorithm: LinearQuantization.Algorithm) throws {
    let model = try chain()
    let data = CalibrationInput.data(CalibrationData(try samples(256)), isSequential: true)
    let plain = try snr(model, Self.quantization(.nearest), nil)
    let found = try snr(model, Self.quantization(algorithm), data)
    #expect(found.db > plain.db + (algorithm == .gptq ? 3 : 0), "\(algorithm) \(found.db) against \(plain.db)")
    for entry in found.report.entries {
      #expect(entry.algorithm == algorithm.rawValue && entry.action == "quantized")
      #expect(try #require(entry.outputSNRDB) > 5)
    }
    if algorithm == .gptq {
      let collected = CalibrationInput.statistics(try model.calibrated(CalibrationData(try samples(256))))
      #expect(try snr(model, Self.quantization(.gptq), collected).db > plain.db + 2)
    }
  }

  @Test func tablesAndPruningWithFeedback() throws {
    let model = try chain()
    let data = CalibrationInput.data(CalibrationData(try samples(256)), isSequential: true)
    var tables = Palettization()
    (tables.nbits, tables.weightThreshold) = (3, 10)
    let plain = try snr(model, tables, nil).db
    tables.algorithm = .gptq
    #expect(try snr(model, tables, data).db > plain + 2)
    tables.granularity = .perGroupedChannel
    tables.groupSize = 8
    #expect(try snr(model, tables, data).db > plain + 2)
    var pruning = MagnitudePruning()
    (pruning.targetSparsity, pruning.weightThreshold) = (0.5, 10)
    let magnitude = try snr(model, pruning, nil).db
    pruning.algorithm = .sparseGPT
    #expect(try snr(model, pruning, data).db > magnitude + 2)
    pruning.algorithm = .wanda
    #expect(try snr(model, pruning, data).db > magnitude)
    pruning.algorithm = .sparseGPT
    (pruning.targetSparsity, pruning.nmRatio) = (nil, [2, 4])
    let structured = try snr(model, pruning, data)
    #expect(structured.db > magnitude && structured.report.entries.allSatisfy { $0.scheme == "sparse" })
  }

  @Test func statisticsOfAnotherModelAreRefused() throws {
    let statistics = try chain().calibrated(CalibrationData(try samples(8)))
    var other = Network([4, 32])
    other.weight("a", [48, 32])
    try other.add("linear", "y", [("x", .name("x")), ("weight", .name("a"))])
    let model = try other.model(returning: "y")
    #expect(throws: ModelError.wrongStatistics) { try CalibrationInput.statistics(statistics).source(for: model, isCancelled: { false }) }
    #expect(throws: ModelError.wrongStatistics) { try statistics.merged(with: model.calibrated(CalibrationData(self.samples(8)))) }
    let twice = try statistics.merged(with: statistics)
    #expect(twice.samples == 16)
    #expect(try #require(twice.entries["x"]).moments[0].count == 16)
  }

  @Test func anAlgorithmThatReadsDataNeedsThem() throws {
    let model = try chain()
    #expect(throws: CompressionError.noStatistics(technique: "quantize", algorithm: "gptq", needed: ["second_moments"])) {
      try Compressor(Catalog.weightTable).compress(model.contents.program, Recipe(Self.quantization(.gptq)))
    }
  }

  @Test func aWeightThatMultipliesNothingIsRoundedToNearest() throws {
    var network = Network([4, 3])
    network.operations.append(.const("rows", Constant(Tensor([1, 0, 2, 1] as [Int32]))))
    network.types["rows"] = TensorType(.int32, [4])
    network.weight("table", [16, 32])
    network.weight("w", [3, 8])
    try network.add(
      "gather", "y", [("x", .name("table")), ("indices", .name("rows")), ("axis", .constant(Constant(Tensor(scalar: Int32(0)))))])
    let model = try network.model(returning: "y")
    var compressor = Compressor(Catalog.weightTable)
    let data = CalibrationData(try Dataset(inputs: ["x": Network.numbers([8, 3], seed: 3)]))
    compressor.statistics = try CalibrationInput.data(data, isSequential: true).source(for: model, isCancelled: { false })
    let report = try compressor.compress(model.contents.program, Recipe(Self.quantization(.gptq))).report
    let entry = try #require(report.entries.first { $0.name == "table" })
    #expect(entry.action == "quantized" && entry.outputSNRDB == nil)
    #expect(entry.reason.contains("no second_moments: gather"))
  }

  @Test func paddingDoesNotCount() throws {
    var network = Network([1, 4, 8])
    network.weight("w", [5, 8])
    try network.add("linear", "y", [("x", .name("x")), ("weight", .name("w"))])
    let model = try network.model(returning: "y")
    let x = Network.numbers([3, 4, 8], seed: 4)
    let mask = Tensor([1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0] as [Int32], shape: [3, 4])
    let data = try Dataset(inputs: ["x": x, "mask": mask])
    let statistics = try model.calibrated(CalibrationData(data, mask: "mask"))
    let moments = try #require(statistics.entries["x"]).moments[0]
    #expect(moments.count == 6)
    var expected = SecondMoments(size: 8)
    for (row, kept) in mask.integers().enumerated() where kept == 1 { expected.add(Array(x.floats()[row * 8..<(row + 1) * 8])) }
    #expect(zip(moments.sums, expected.sums).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(throws: EvaluationError.self) { try model.calibrated(CalibrationData(data, mask: "other")) }
  }
}
