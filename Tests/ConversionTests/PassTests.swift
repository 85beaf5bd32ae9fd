// SPDX-License-Identifier: Apache-2.0
// The passes over converted programs: what is fused, and that results stay the same.

import Conversion
import MIL
import ModelPackages
import Tensors
import Testing

struct PassTests {
  private func graph(_ nodes: [OpNode], _ shape: [Int], _ initializers: [(String, Tensor)]) -> OpModel {
    OpModel(Graph(nodes: nodes, inputs: [Declared("x", shape)], outputs: [Declared("y", [])], initializers: initializers))
  }

  private func operators(_ model: OpModel, _ options: ConversionOptions = .single) throws -> [String] {
    try model.convert(options).package.program.functions[0].block.operations.filter { !$0.isStored }.map(\.type)
  }

  private func scalar(_ value: Float) -> Tensor { Tensor(scalar: value) }

  @Test func writtenOutGeluBecomesOne() throws {
    let model = graph(
      [
        OpNode("Div", ["x", "root"], ["d"]), OpNode("Erf", ["d"], ["e"]), OpNode("Add", ["e", "one"], ["a"]),
        OpNode("Mul", ["x", "a"], ["m"]),
        OpNode("Mul", ["m", "half"], ["y"]),
      ], [4], [("root", scalar(Float(2).squareRoot())), ("one", scalar(1)), ("half", scalar(0.5))])
    #expect(try operators(model) == ["gelu"])
    let y = try model.run(["x": Tensor([Float(-1), 0, 1, 2], shape: [4])])["y"]?.floats() ?? []
    for (found, expected) in zip(y, [-0.158655, 0, 0.841345, 1.954500] as [Float]) { #expect(abs(found - expected) < 1e-5) }
  }

  @Test func writtenOutLayerNormBecomesOne() throws {
    let model = graph(
      [
        OpNode("ReduceMean", ["x"], ["m"], [("axes", .ints([-1]))]), OpNode("Sub", ["x", "m"], ["c"]), OpNode("Pow", ["c", "two"], ["q"]),
        OpNode("ReduceMean", ["q"], ["v"], [("axes", .ints([-1]))]), OpNode("Add", ["v", "eps"], ["s"]), OpNode("Sqrt", ["s"], ["r"]),
        OpNode("Div", ["c", "r"], ["n"]), OpNode("Mul", ["n", "gamma"], ["g"]), OpNode("Add", ["g", "beta"], ["y"]),
      ], [2, 4],
      [
        ("two", scalar(2)), ("eps", scalar(1e-5)), ("gamma", Tensor([Float(1), 2, 3, 4], shape: [4])),
        ("beta", Tensor([Float(1), 1, 1, 1], shape: [4])),
      ])
    #expect(try operators(model) == ["layer_norm"])
  }

  @Test func matrixProductsTakeTheirBias() throws {
    let model = graph(
      [OpNode("MatMul", ["x", "w"], ["p"]), OpNode("Add", ["b", "p"], ["y"])], [1, 2],
      [("w", Tensor([Float(1), 2, 3, 4], shape: [2, 2])), ("b", Tensor([Float(10), 20], shape: [2]))])
    #expect(try operators(model) == ["linear"])
    #expect(try model.run(["x": Tensor([Float(1), 1], shape: [1, 2])])["y"]?.floats() == [14, 26])
  }

  private var normalized: OpModel {
    graph(
      [
        OpNode("Conv", ["x", "w"], ["c"]),
        OpNode("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["y"], [("epsilon", .float(0))]),
      ], [1, 1, 2, 2],
      [
        ("w", Tensor([Float(1), 2], shape: [2, 1, 1, 1])), ("scale", Tensor([Float(2), 3])), ("shift", Tensor([Float(1), -1])),
        ("mean", Tensor([Float(0.5), 1])), ("variance", Tensor([Float(4), 9])),
      ])
  }

  @Test func batchNormsAreFoldedUnlessTheyAreToBeTrained() throws {
    #expect(try operators(normalized) == ["conv"])
    var options = ConversionOptions.single
    options.trainable = true
    #expect(try operators(normalized, options) == ["conv", "batch_norm"])
    let x = Tensor([Float(1), 2, 3, 4], shape: [1, 1, 2, 2])
    let (folded, apart) = (try normalized.run(["x": x])["y"]?.floats() ?? [], try normalized.run(["x": x], options)["y"]?.floats() ?? [])
    #expect(folded.count == 8)
    for (a, b) in zip(folded, apart) { #expect(abs(a - b) < 1e-5) }
    #expect(abs((folded.first ?? 0) - 1.5) < 1e-6)
  }

  @Test func attentionBecomesOneOperation() throws {
    let model = graph(
      [
        OpNode("Transpose", ["x"], ["t"], [("perm", .ints([0, 1, 3, 2]))]), OpNode("MatMul", ["x", "t"], ["s"]),
        OpNode("Div", ["s", "root"], ["d"]),
        OpNode("Add", ["d", "mask"], ["m"]), OpNode("Softmax", ["m"], ["p"], [("axis", .int(-1))]), OpNode("MatMul", ["p", "x"], ["y"]),
      ], [1, 2, 3, 4], [("root", scalar(2)), ("mask", Tensor([Float(0), -.infinity, 0, 0, 0, -1, 1, 0, 0], shape: [1, 1, 3, 3]))])
    #expect(try operators(model) == ["scaled_dot_product_attention"])
    var written = ConversionOptions.single
    written.fusesAttention = false
    #expect(try !operators(model, written).contains("scaled_dot_product_attention"))
    let x = Tensor((0..<24).map { Float($0 % 7) / 4 - 0.5 }, shape: [1, 2, 3, 4])
    let (a, b) = (try model.run(["x": x])["y"]?.floats() ?? [], try model.run(["x": x], written)["y"]?.floats() ?? [])
    #expect(a.count == 24)
    for (p, q) in zip(a, b) { #expect(abs(p - q) < 1e-5) }
  }

  @Test func transposesAroundElementwiseOperationsCancel() throws {
    let model = graph(
      [
        OpNode("Transpose", ["x"], ["a"], [("perm", .ints([0, 2, 3, 1]))]), OpNode("Relu", ["a"], ["b"]), OpNode("Sigmoid", ["b"], ["c"]),
        OpNode("Transpose", ["c"], ["y"], [("perm", .ints([0, 3, 1, 2]))]),
      ], [1, 2, 3, 4], [])
    #expect(try operators(model).filter { $0 == "transpose" }.isEmpty)
    #expect(try model.run(["x": Tensor(zeros: .float32, [1, 2, 3, 4])])["y"]?.shape == [1, 2, 3, 4])
  }

  @Test func halfPrecisionKeepsInputsAndOutputs() throws {
    var options = ConversionOptions()
    options.precision = .float16
    let function = try normalized.convert(options).package.program.functions[0]
    #expect(function.inputs[0].type.tensorType?.dtype == .float32)
    let convolution = try #require(function.block.operations.first { $0.type == "conv" })
    #expect(convolution.outputs[0].type.tensorType?.dtype == .float16)
    let y = try #require(function.block.operations.last { $0.outputs.first?.name == "y" })
    #expect(y.outputs[0].type.tensorType?.dtype == .float32)
  }

  @Test func masksStayFiniteInHalfPrecision() throws {
    let model = graph([OpNode("Add", ["x", "mask"], ["y"])], [2], [("mask", Tensor([Float(-3.4e38), 0], shape: [2]))])
    var options = ConversionOptions()
    options.precision = .float16
    let (package, report) = try model.convert(options)
    #expect(report.notes.contains { $0.text.contains("half precision") })
    let constants =
      package.program.functions[0].block.operations.compactMap { $0.constantValue?.tensor }
      + package.program.functions[0].block.operations.flatMap { $0.inputs.flatMap(\.bindings) }.compactMap {
        if case .constant(let c) = $0 { c.tensor } else { nil }
      }
    #expect(constants.contains { $0.dtype == .float16 && $0.floats().first == -30000 })
  }

  // MARK: Shapes

  private func range(_ count: Int, _ shape: [Int]) -> Tensor { Tensor((0..<count).map { Float($0) - 3 }, shape: shape) }

  private func integers(_ values: [Int]) -> Tensor { Tensor(integers: values, dtype: .int64, shape: [values.count]) }

  @Test(arguments: [2, 3])
  func shuffledChannelsAreInterleaved(_ parts: Int) throws {
    let channels = 6 / parts
    let names = (0..<parts).map { "n\($0)" }
    let scaled: [OpNode] = names.enumerated().map { i, name in OpNode("Mul", ["x", "f\(i)"], [name]) }
    let shuffled: [OpNode] = [
      OpNode("Concat", names, ["c"], [("axis", .int(1))]), OpNode("Reshape", ["c", "apart"], ["r"]),
      OpNode("Transpose", ["r"], ["t"], [("perm", .ints([0, 2, 1, 3, 4]))]), OpNode("Reshape", ["t", "whole"], ["y"]),
    ]
    let factors: [(String, Tensor)] = (0..<parts).map { ("f\($0)", scalar(Float($0 + 2))) }
    let shapes: [(String, Tensor)] = [("apart", integers([1, parts, channels, 2, 2])), ("whole", integers([1, 6, 2, 2]))]
    let model = graph(scaled + shuffled, [1, channels, 2, 2], factors + shapes)
    #expect(try operators(model) == names.map { _ in "mul" } + ["concat"])
    let x = range(channels * 4, [1, channels, 2, 2])
    let values = x.floats()
    var expected: [Float] = []
    for c in 0..<6 {
      // Channel c holds channel c / parts of part c % parts.
      let (source, factor) = (c / parts, Float(c % parts + 2))
      expected += values[source * 4..<(source + 1) * 4].map { $0 * factor }
    }
    #expect(try model.run(["x": x])["y"]?.floats() == expected)
  }

  @Test func otherOrdersAreNotInterleaved() throws {
    let model = graph(
      [
        OpNode("Neg", ["x"], ["n"]), OpNode("Concat", ["x", "n"], ["c"], [("axis", .int(1))]), OpNode("Reshape", ["c", "apart"], ["r"]),
        OpNode("Transpose", ["r"], ["t"], [("perm", .ints([0, 1, 2, 4, 3]))]), OpNode("Reshape", ["t", "whole"], ["y"]),
      ], [1, 2, 2, 2], [("apart", integers([1, 2, 2, 2, 2])), ("whole", integers([1, 4, 2, 2]))])
    #expect(try operators(model).contains("transpose"))
  }

  @Test func repetitionsThatAreBroadcastVanish() throws {
    func model(_ second: String) -> OpModel {
      graph(
        [
          OpNode("ReduceMax", ["x"], ["m"], [("axes", .ints([1]))]), OpNode("Tile", ["m", "times"], ["t"]),
          OpNode("Sub", [second, "t"], ["y"]),
        ], [2, 3], [("times", integers([1, 3]))])
    }
    #expect(try operators(model("x")) == ["reduce_max", "sub"])
    #expect(try model("x").run(["x": range(6, [2, 3])])["y"]?.floats() == [-2, -1, 0, -2, -1, 0])
    // Here nothing else has the full shape.
    #expect(try operators(model("m")).contains("tile"))
  }

  @Test func changesOfAShapeBecomeOne() throws {
    func model(_ last: [Int]) -> OpModel {
      graph(
        [
          OpNode("Relu", ["x"], ["r"]), OpNode("Reshape", ["r", "a"], ["p"]), OpNode("Unsqueeze", ["p", "zero"], ["q"]),
          OpNode("Reshape", ["q", "b"], ["s"]), OpNode("Neg", ["s"], ["y"]),
        ], [2, 6], [("a", integers([3, 4])), ("zero", integers([0])), ("b", integers(last))])
    }
    #expect(try operators(model([4, 3])) == ["relu", "reshape", "mul"])
    #expect(try operators(model([2, 6])) == ["relu", "mul"])
    #expect(try model([4, 3]).run(["x": range(12, [2, 6])])["y"]?.shape == [4, 3])
  }

  @Test func oneOverARootBecomesOneOperation() throws {
    let model = graph(
      [OpNode("Sqrt", ["x"], ["r"]), OpNode("Div", ["one", "r"], ["y"])], [2], [("one", scalar(1))])
    #expect(try operators(model) == ["rsqrt"])
    #expect(try model.run(["x": Tensor([Float(4), 16], shape: [2])])["y"]?.floats() == [0.5, 0.25])
  }

  // MARK: Chosen precision

  @Test func aFunctionChoosesThePrecision() throws {
    let model = graph(
      [OpNode("Exp", ["x"], ["e"]), OpNode("Softplus", ["e"], ["s"]), OpNode("Tanh", ["s"], ["y"])], [4], [])
    var options = ConversionOptions()
    options.precision = .chosen { $0.type != "softplus" }
    let operations = try model.convert(options).package.program.functions[0].block.operations.filter { !$0.isStored }
    let types = Dictionary(
      operations.map { ($0.type, $0.outputs[0].type.tensorType?.dtype) }, uniquingKeysWith: { first, _ in first })
    #expect(types["exp"] == .float16)
    #expect(types["softplus"] == .float32)
    #expect(types["tanh"] == .float16)
    struct Stop: Error {}
    options.precision = .chosen { _ in throw Stop() }
    #expect(throws: Stop.self) { try model.convert(options) }
  }
}
