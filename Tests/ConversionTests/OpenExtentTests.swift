// SPDX-License-Identifier: Apache-2.0
// Operators over extents that are not fixed: they give what they give for fixed extents, at every size.

import Conversion
import MIL
import ModelPackages
import Tensors
import Testing

struct OpenExtentTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let nodes: @Sendable () -> [OpNode]
    let initializers: @Sendable () -> [(String, Tensor)]
    /// The shapes that are fed; their axes are open where they differ.
    let shapes: [[Int]]
    var opset = 17

    var testDescription: String { name }
  }

  private static func integers(_ values: [Int]) -> Tensor { Tensor(integers: values, dtype: .int64, shape: [values.count]) }

  private static func resize(_ mode: String, _ coordinates: String, _ scales: [Float], rounding: String = "round_prefer_floor") -> Case {
    Case(
      name: "resize \(mode) \(coordinates) \(rounding) \(scales)",
      nodes: {
        [
          OpNode(
            "Resize", ["x", "", "scales"], ["y"],
            [
              ("mode", .string(mode)), ("coordinate_transformation_mode", .string(coordinates)), ("nearest_mode", .string(rounding)),
            ])
        ]
      }, initializers: { [("scales", Tensor(scales, shape: [scales.count]))] },
      shapes: scales.count == 3 ? [[1, 2, 5], [1, 2, 8]] : [[1, 2, 5, 4], [1, 2, 3, 7]])
  }

  private static func pool(_ type: String, _ more: [(String, Attribute)], step: Int, pads: [Int], ceil: Bool = true) -> Case {
    Case(
      name: "\(type) \(more.map(\.0)) strides \(step) pads \(pads) ceil \(ceil)",
      nodes: {
        [
          OpNode(
            type, ["x"], ["y"],
            [("kernel_shape", .ints([2, 3])), ("strides", .ints([step, step])), ("pads", .ints(pads)), ("ceil_mode", .int(ceil ? 1 : 0))]
              + more)
        ]
      }, initializers: { [] }, shapes: [[1, 2, 7, 8], [1, 2, 8, 9], [1, 2, 9, 7]], opset: 19)
  }

  private static func pad(_ mode: String, _ widths: [Int]) -> Case {
    Case(
      name: "pad \(mode) \(widths)", nodes: { [OpNode("Pad", ["x", "widths"], ["y"], [("mode", .string(mode))])] },
      initializers: { [("widths", integers(widths))] }, shapes: [[1, 4, 5, 6], [1, 5, 4, 7]], opset: 19)
  }

  static let cases: [Case] =
    [
      resize("linear", "half_pixel", [1, 1, 1.5, 0.7]), resize("linear", "asymmetric", [1, 1, 2, 3]),
      resize("linear", "align_corners", [1, 1, 3, 2]),
      resize("linear", "pytorch_half_pixel", [1, 1, 0.5, 2.5]), resize("cubic", "half_pixel", [1, 1, 2, 1.3]),
      resize("linear", "half_pixel", [1, 1, 2.4]),
      resize("linear", "half_pixel_symmetric", [1, 1, 1.5, 0.8]),
    ]
    // No position is a whole number or halfway between two, where the rounding of the division would decide.
    + ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"].map { resize("nearest", "half_pixel", [1, 1, 1.7, 0.55], rounding: $0) }
    + [1, 2, 3].flatMap { step in
      [
        pool("MaxPool", [], step: step, pads: [0, 1, 1, 1]),
        pool("MaxPool", [("dilations", .ints([2, 1]))], step: step, pads: [0, 0, 0, 0], ceil: false),
        pool("AveragePool", [("count_include_pad", .int(1))], step: step, pads: [0, 1, 1, 2]),
        pool("AveragePool", [], step: step, pads: [1, 1, 0, 0]),
      ]
    } + [
      pad("wrap", [0, 0, 2, 1, 0, 0, 1, 3]), pad("reflect", [0, 2, 1, 0, 0, 1, 2, 0]), pad("edge", [0, 1, 0, 3, 0, 0, 2, 2]),
      pad("reflect", [0, 0, 2, 1, 0, 0, 1, 3]),
      Case(
        name: "top k of a size that follows from the input",
        nodes: {
          [
            OpNode("Shape", ["x"], ["s"], [("start", .int(1)), ("end", .int(2))]), OpNode("Div", ["s", "two"], ["k"]),
            OpNode("TopK", ["x", "k"], ["y", "at"]),
          ]
        }, initializers: { [("two", integers([2]))] }, shapes: [[2, 6], [2, 9]]),
      Case(
        name: "einsum of open batches", nodes: { [OpNode("Einsum", ["x", "x"], ["y"], [("equation", .string("bhid,bhjd->bihj"))])] },
        initializers: { [] }, shapes: [[1, 2, 3, 4], [2, 2, 5, 4]]),
      Case(
        name: "einsum of joined letters", nodes: { [OpNode("Einsum", ["x", "w"], ["y"], [("equation", .string("bshd,hde->bse"))])] },
        initializers: { [("w", Tensor((0..<24).map { Float($0) / 7 }, shape: [2, 4, 3]))] }, shapes: [[1, 3, 2, 4], [2, 5, 2, 4]]),
      Case(
        name: "the last element of an axis", nodes: { [OpNode("Gather", ["x", "last"], ["y"], [("axis", .int(1))])] },
        initializers: { [("last", Tensor(integers: [-1], dtype: .int64, shape: []))] }, shapes: [[1, 3, 2], [1, 6, 2]]),
      Case(
        name: "a recurrent layer over open steps and batches",
        nodes: {
          [OpNode("LSTM", ["x", "w", "r"], ["y", "h", "c"], [("hidden_size", .int(2)), ("direction", .string("bidirectional"))])]
        },
        initializers: {
          [
            ("w", Tensor((0..<48).map { Float($0 % 7) / 9 - 0.3 }, shape: [2, 8, 3])),
            ("r", Tensor((0..<32).map { Float($0 % 5) / 9 - 0.2 }, shape: [2, 8, 2])),
          ]
        }, shapes: [[4, 1, 3], [6, 2, 3]]),
      Case(
        name: "group normalization",
        nodes: { [OpNode("GroupNormalization", ["x", "scale", "shift"], ["y"], [("num_groups", .int(2))])] },
        initializers: { [("scale", Tensor([Float(1), 2, 3, 4], shape: [4])), ("shift", Tensor([Float(0), 1, 0, 1], shape: [4]))] },
        shapes: [[1, 4, 3, 5], [2, 4, 4, 2]], opset: 21),
    ]

  @Test(arguments: cases)
  func openExtentsGiveTheSame(_ test: Case) throws {
    let ranks = test.shapes[0].indices
    let isOpen = ranks.map { axis in Set(test.shapes.map { $0[axis] }).count > 1 }
    func model(_ shape: [Int]) -> OpModel {
      OpModel(
        Graph(nodes: test.nodes(), inputs: [Declared("x", shape)], outputs: [Declared("y", [])], initializers: test.initializers()),
        opset: test.opset)
    }
    var options = ConversionOptions.single
    var input = InputOption()
    input.shape = ranks.map { axis in
      isOpen[axis] ? DimensionOption(SizeRange(1, 64), preferred: test.shapes[0][axis]) : DimensionOption(fixed: test.shapes[0][axis])
    }
    options.inputs["x"] = input
    let open = model(ranks.map { isOpen[$0] ? -1 : test.shapes[0][$0] })
    for shape in test.shapes {
      let x = Tensor((0..<shape.elementCount).map { Float(($0 * 37) % 23) - 9.5 }, shape: shape)
      let expected = try #require(try model(shape).run(["x": x])["y"])
      let found = try #require(try open.run(["x": x], options)["y"])
      #expect(found.shape == expected.shape)
      let peak = expected.floats().map(abs).max() ?? 0
      #expect(zip(found.floats(), expected.floats()).allSatisfy { abs($0 - $1) <= 1e-5 * peak + 1e-6 }, "\(shape)")
    }
  }
}
