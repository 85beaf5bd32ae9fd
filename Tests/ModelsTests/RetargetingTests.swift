// SPDX-License-Identifier: Apache-2.0
// Converting models to newer opsets.

import Compression
import Encodings
import MIL
import ModelPackages
import Models
import Operators
import Options
import Runtime
import Tensors
import TestSupport
import Testing
import WeightStorage

@Suite struct RetargetingTests {
  /// `gather` gained `validate_indices` with iOS17, `topk` `output_indices_dtype`.
  private func model(_ opset: String = "iOS16", weight: Tensor? = nil) throws -> Model {
    var random = SplitMix64(seed: 4)
    let values = weight ?? Tensor((0..<64 * 64).map { _ in Float(random.normal()) }, shape: [64, 64])
    let text = """
      func main<\(opset)>(x: tensor<fp32, [1, 64]>, w: tensor<fp32, [64, 64]>) {
        i = const()[val = tensor<int32, [2]>([3, 1])]
        h = linear(x = x, weight = w)
        g = gather(x = h, indices = i, axis = 1)
        tensor<fp32, [1, 3]> y, tensor<int32, [1, 3]> places = topk(x = h, k = 3, axis = 1)
      } -> (g, y, places)
      """
    var program = try Program(text: text) { operation, types in
      let op = try Catalog.find(operation)
      return try op.infer(Call(operation, opset: .iOS16) { name in types[name].map { Operand(name: name, type: $0) } })
    }
    // It is an input in the text, where its 4096 values would have to be listed, and a constant in the model.
    program.functions[0].inputs.removeLast()
    program.functions[0].block.operations.insert(.const("w", Constant(values)), at: 0)
    return try Model(contents: ModelPackage(program: program))
  }

  private func recipe(_ step: String, _ options: [String: OptionValue]) throws -> Recipe {
    try Recipe(step: step, .dictionary(options), Catalog.weightTable, compilePattern: { _ in { _ in false } })
  }

  @Test func operatorsGetTheirNewParametersAtTheirDefaults() throws {
    let raised = try model().retargeted(to: .iOS18)
    #expect(raised.opset == .iOS18 && raised.contents.specificationVersion == 9)
    let operations = raised.contents.program.functions[0].block.operations
    let gather = try #require(operations.first { $0.type == "gather" })
    #expect(gather.bindings("validate_indices") == [.constant(.bool(false))])
    let topk = try #require(operations.first { $0.type == "topk" })
    #expect(topk.bindings("output_indices_dtype") == [.constant(Constant("int32"))])
    #expect(raised.contents.history == ["retarget(\"iOS18\")"])
    #expect(try raised.contents.recipe() == [.retarget(.iOS18)])
  }

  @Test(
    arguments: [
      ("quantize", ["mode": .string("linear")]), ("palettize", ["nbits": .integer(4)]),
      ("prune", ["target_sparsity": .number(0.5)]),
    ] as [(String, [String: OptionValue])])
  func compressedWeightsKeepTheirValuesAndAreOpenToMore(step: String, options: [String: OptionValue]) throws {
    let old = try model()
    let result = try Compressor(Catalog.weightTable).compress(old.contents.program, recipe(step, options))
    let small = try old.replaced(by: result, words: step, step: .decompress)
    let raised = try small.retargeted(to: .iOS18)
    let types = raised.contents.program.functions[0].block.operations.map(\.type)
    #expect(!types.contains("constexpr_affine_dequantize"))
    #expect(
      try raised.contents.program.weights(Catalog.weightTable).map { try $0.weight.decoded() }
        == small.contents.program.weights(Catalog.weightTable).map { try $0.weight.decoded() })
    if step == "prune" {
      let joint = try Compressor(Catalog.weightTable).compress(raised.contents.program, recipe("palettize", ["nbits": .integer(2)]))
      #expect(try joint.program.weights(Catalog.weightTable)[0].scheme.description == "sparse+palettized")
    }
  }

  @Test func whatCannotBeRaisedSaysWhy() throws {
    #expect(try model("iOS18").retargeted(to: .iOS18).contents.history.isEmpty)
    #expect(
      throws: ModelError.cannotRetarget(
        from: .iOS18, to: .iOS16, obstacles: ["iOS16 is older, and opsets are only raised"])
    ) { try model("iOS18").retargeted(to: .iOS16) }

    let crop = MIL.Operation(
      type: "crop_resize", inputs: [Argument("x", [.name("x")]), Argument("roi", [.name("x")])],
      outputs: [NamedType("c", .tensor(.float32, [1]))], attributes: [Attribute("name", Constant("c"))])
    var package = try model().contents
    var program = package.program
    program.functions[0].block.operations.append(crop)
    package = try package.withProgram(program)
    #expect(
      throws: ModelError.cannotRetarget(
        from: .iOS16, to: .iOS17,
        obstacles: ["crop_resize c takes roi, which iOS17 replaced with boxes and box_indices"])
    ) { try Model(contents: package).retargeted(to: .iOS17) }
  }

  @Test(.enabled(if: Zoo.isPresent, Comment(rawValue: Zoo.absence)))
  func modelsOfTheZooAreRaised() throws {
    for path in Zoo.packages(compressed: false) where !path.contains("minilm") {
      let model = try Model(path: path)
      #expect(try model.retargeted(to: .iOS18).opset == .iOS18, "\(path)")
    }
  }
}
