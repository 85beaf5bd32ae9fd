// SPDX-License-Identifier: Apache-2.0
// Whole graphs: order, names, branches, loops, flexible extents, refusals, hostile files.

import Conversion
import Foundation
import MIL
import ModelPackages
import ONNXFiles
import Tensors
import TestSupport
import Testing

struct GraphTests {
  private func model(_ nodes: [OpNode], inputs: [Declared], outputs: [String], initializers: [(String, Tensor)] = []) -> OpModel {
    OpModel(Graph(nodes: nodes, inputs: inputs, outputs: outputs.map { Declared($0, []) }, initializers: initializers))
  }

  private let pair = Tensor([Float(1), -2], shape: [2])

  @Test func nodesAreSorted() throws {
    let unordered = model(
      [OpNode("Abs", ["h"], ["y"]), OpNode("Neg", ["x"], ["h"])], inputs: [Declared("x", [2])], outputs: ["y"])
    #expect(try unordered.run(["x": pair])["y"]?.floats() == [1, 2])
  }

  @Test func aCycleIsAnErrorThatNamesANode() throws {
    let cyclic = model([OpNode("Add", ["x", "b"], ["a"]), OpNode("Neg", ["a"], ["b"])], inputs: [Declared("x", [2])], outputs: ["b"])
    #expect { try cyclic.convert() } throws: { "\($0)".contains("cycle") && "\($0)".contains("'a'") }
  }

  @Test func unneededNodesAreLeftOut() throws {
    let partial = model(
      [OpNode("Neg", ["x"], ["y"]), OpNode("ImageDecoder", ["x"], ["z"])], inputs: [Declared("x", [2])], outputs: ["y", "z"])
    #expect(throws: ConversionError.self) { try partial.convert() }
    var options = ConversionOptions.single
    options.outputs = [("negative", "y")]
    #expect(try partial.run(["x": pair], options)["negative"]?.floats() == [-1, 2])
  }

  @Test func oneErrorListsEverything() throws {
    let unknown = model(
      [
        OpNode("Mystery", ["x"], ["a"], domain: "some.where"), OpNode("ImageDecoder", ["x"], ["b"]), OpNode("ImageDecoder", ["x"], ["c"]),
        OpNode("Neg", ["a"], ["d"]),
      ], inputs: [Declared("x", [2])], outputs: ["b", "c", "d"])
    #expect {
      try unknown.convert()
    } throws: { error in
      let text = "\(error)"
      return text.contains("3 nodes of 2 operators") && text.contains("ImageDecoder 17  2 ×") && text.contains("some.where")
        && text.contains("1 nodes that depend")
    }
    var options = ConversionOptions.single
    options.dryRun = true
    let scratch = try Scratch()
    try Data(unknown.bytes).write(to: URL(fileURLWithPath: scratch.file("m.onnx")))
    let (package, report) = try Converter.convert(onnx: scratch.file("m.onnx"), options)
    #expect(package == nil)
    #expect(report.unsupported.map(\.nodes.count).sorted() == [1, 2])
  }

  @Test func namesAreKeptAndMadeValid() throws {
    let named = model(
      [OpNode("Neg", ["input.1"], ["/layer/Neg_output_0"]), OpNode("Abs", ["/layer/Neg_output_0"], ["42"])],
      inputs: [Declared("input.1", [2])],
      outputs: ["42"])
    let function = try named.convert().package.program.functions[0]
    #expect(function.inputs.map(\.name) == ["input_1"])
    #expect(function.block.outputs == ["var_42"])
    #expect(function.block.operations.contains { $0.outputs.first?.name == "_layer_Neg_output_0" })
  }

  @Test func inputsAndConstantsCanBeOutputs() throws {
    let direct = model([], inputs: [Declared("x", [2])], outputs: ["x", "c"], initializers: [("c", Tensor([Float(5)], shape: [1]))])
    let results = try direct.run(["x": pair])
    #expect(results.values.map { $0.floats() }.sorted { $0.count < $1.count } == [[5], [1, -2]])
  }

  // MARK: Control flow

  private func branch(_ value: Float) -> Graph {
    Graph(
      nodes: [OpNode("Mul", ["x", "factor\(value)"], ["r"])], outputs: [Declared("r", [2])],
      initializers: [("factor\(value)", Tensor([value], shape: [1]))])
  }

  @Test func aBranchIsChosenAtRunTimeOrAtConversion() throws {
    let conditional = model(
      [OpNode("If", ["c"], ["y"], [("then_branch", .graph(branch(2))), ("else_branch", .graph(branch(3)))])],
      inputs: [Declared("c", [], element: 9), Declared("x", [2])], outputs: ["y"])
    let yes = Tensor([Float(1)], shape: [1])
    #expect(try conditional.run(["c": yes, "x": pair])["y"]?.floats() == [2, -4])
    #expect(try conditional.run(["c": Tensor([Float(0)], shape: [1]), "x": pair])["y"]?.floats() == [3, -6])
    var options = ConversionOptions.single
    options.constants = ["c": Tensor(scalar: false)]
    let known = try conditional.convert(options).package.program.functions[0]
    #expect(!known.block.operations.contains { $0.type == "cond" })
    #expect(try conditional.run(["x": pair], options)["y"]?.floats() == [3, -6])
  }

  private var doubling: Graph {
    Graph(
      nodes: [OpNode("Add", ["v", "v"], ["w"]), OpNode("Identity", ["go"], ["on"])],
      inputs: [Declared("i", [], element: 7), Declared("go", [], element: 9), Declared("v", [2])],
      outputs: [Declared("on", [], element: 9), Declared("w", [2])])
  }

  @Test func loopsRunWithKnownAndUnknownCounts() throws {
    let node = OpNode("Loop", ["m", "", "x"], ["y"], [("body", .graph(doubling))])
    let fixed = model(
      [node], inputs: [Declared("x", [2])], outputs: ["y"], initializers: [("m", Tensor(integers: [3], dtype: .int64, shape: []))])
    #expect(try fixed.run(["x": pair])["y"]?.floats() == [8, -16])
    let open = model([node], inputs: [Declared("m", [], element: 7), Declared("x", [2])], outputs: ["y"])
    let count = Tensor(integers: [4], dtype: .int32, shape: [1])
    #expect(try open.run(["m": count, "x": pair])["y"]?.floats() == [16, -32])
    let many = model(
      [node], inputs: [Declared("x", [2])], outputs: ["y"], initializers: [("m", Tensor(integers: [300], dtype: .int64, shape: []))])
    #expect(try many.convert().package.program.functions[0].block.operations.contains { $0.type == "while_loop" })
  }

  // MARK: Flexible extents

  private var flattening: OpModel {
    model(
      [
        OpNode("Shape", ["x"], ["s"]), OpNode("Gather", ["s", "zero"], ["n"], [("axis", .int(0))]),
        OpNode("Concat", ["n", "minus"], ["t"], [("axis", .int(0))]),
        OpNode("Reshape", ["x", "t"], ["y"]),
      ], inputs: [Declared("x", [-1, 2, 3])], outputs: ["y"],
      initializers: [
        ("zero", Tensor(integers: [0], dtype: .int64, shape: [1])), ("minus", Tensor(integers: [-1], dtype: .int64, shape: [1])),
      ])
  }

  @Test func theFirstAxisBecomesOneAndIsReported() throws {
    let (package, report) = try flattening.convert()
    #expect(package.interface.functions[0].inputs[0].array?.shape == [1, 2, 3])
    #expect(report.notes.contains { $0.subject == "x" })
  }

  @Test func rangesStayOpen() throws {
    var options = ConversionOptions.single
    options.dimensions = ["n": DimensionOption(SizeRange(1, 8), preferred: 4)]
    let (package, _) = try flattening.convert(options)
    let feature = try #require(package.interface.functions[0].inputs[0].array)
    #expect(feature.shape == [4, 2, 3])
    #expect(feature.flexibility == .ranges([SizeRange(1, 8), SizeRange(2, 2), SizeRange(3, 3)]))
    #expect(try flattening.run(["x": Tensor(zeros: .float32, [5, 2, 3])], options)["y"]?.shape == [5, 6])
  }

  @Test func openExtentsAreListed() throws {
    let open = model([OpNode("Neg", ["x"], ["y"])], inputs: [Declared("x", [1, -1])], outputs: ["y"])
    #expect { try open.convert() } throws: { error in
      guard let error = error as? ConversionError else { return false }
      return "\(error)".contains("input 'x', axis 1 ('n')") && error.hint?.contains("dims = { n =") == true
    }
  }

  @Test func unknownNamesInOptionsAreErrors() throws {
    let simple = model([OpNode("Neg", ["x"], ["y"])], inputs: [Declared("x", [2])], outputs: ["y"])
    var options = ConversionOptions.single
    options.dimensions = ["batch": DimensionOption(fixed: 2)]
    #expect(throws: ConversionError.self) { try simple.convert(options) }
    options = .single
    options.inputs = ["z": InputOption()]
    #expect(throws: ConversionError.self) { try simple.convert(options) }
    options = .single
    options.outputs = [("z", "z")]
    #expect(throws: ConversionError.self) { try simple.convert(options) }
  }

  // MARK: Hostile files

  @Test func damagedFilesAreErrors() throws {
    let source = flattening.bytes
    let scratch = try Scratch()
    let path = scratch.file("m.onnx")
    var random = SplitMix64(seed: 7)
    for round in 0..<1500 {
      var bytes = source
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.removeLast(bytes.count - at)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes[at] = .random(in: 0...255, using: &random)
        case 3: bytes.replaceSubrange(at..<min(at + 9, bytes.count), with: [UInt8](repeating: 0xFF, count: 8) + [0x7F])
        default: bytes.insert(.random(in: 0...255, using: &random), at: at)
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        _ = try Converter.convert(onnx: path, .single)
      } catch is ConversionError {
      } catch is ONNXError {
      } catch let error as PackageError {
        // A model without outputs, for example, has no interface.
        _ = error.description
      } catch {
        Issue.record("round \(round): \(error)")
      }
    }
  }

  @Test func hugeExtentsAreErrors() throws {
    let huge = model(
      [OpNode("ConstantOfShape", ["s"], ["y"])], inputs: [Declared("x", [2])], outputs: ["y"],
      initializers: [("s", Tensor(integers: [1 << 40, 1 << 40], dtype: .int64, shape: [2]))])
    #expect(throws: ConversionError.self) { try huge.convert() }
  }
}
