// SPDX-License-Identifier: Apache-2.0
// Single ONNX operators, converted and run, with results derived by hand.

import Conversion
import MIL
import Tensors
import Testing

struct OperatorTests {
  private func floats(_ values: [Float], _ shape: [Int]) -> Tensor { Tensor(values, shape: shape) }
  private func longs(_ values: [Int]) -> Tensor { Tensor(integers: values, dtype: .int64, shape: [values.count]) }

  // MARK: Semantics that changed with versions

  @Test func softmaxFlattensBeforeVersion13() throws {
    let x = floats([0, 0, 0, 0], [1, 2, 2])
    let old = try OpModel.result("Softmax", [x], [("axis", .int(1))], opset: 11)
    let new = try OpModel.result("Softmax", [x], [("axis", .int(1))], opset: 13)
    #expect(old.floats() == [0.25, 0.25, 0.25, 0.25])
    #expect(new.floats() == [0.5, 0.5, 0.5, 0.5])
  }

  @Test func clipTakesBoundsFromAttributesBeforeVersion11() throws {
    let x = floats([-2, 0.5, 3], [3])
    let old = try OpModel.result("Clip", [x], [("min", .float(-1)), ("max", .float(1))], opset: 6)
    #expect(old.floats() == [-1, 0.5, 1])
    let new = try OpModel.result("Clip", [x, Tensor(scalar: Float(-1))], constants: [1], opset: 13)
    #expect(new.floats() == [-1, 0.5, 3])
  }

  @Test func squeezeTakesAxesFromAttributesBeforeVersion13() throws {
    let x = floats([1, 2], [1, 2, 1])
    #expect(try OpModel.result("Squeeze", [x], [("axes", .ints([0]))], opset: 11).shape == [2, 1])
    #expect(try OpModel.result("Squeeze", [x, longs([-1])], constants: [1], opset: 13).shape == [1, 2])
    #expect(try OpModel.result("Squeeze", [x], opset: 13).shape == [2])
  }

  // MARK: Integers

  @Test(arguments: [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3)])
  func integersDivideTowardZero(_ a: Int, _ b: Int, _ expected: Int) throws {
    let x = Tensor(integers: [a], dtype: .int32, shape: [1])
    let y = Tensor(integers: [b], dtype: .int32, shape: [1])
    #expect(try OpModel.result("Div", [x, y]).integers() == [expected])
  }

  @Test func narrowIntegersWrapAround() throws {
    let x = Tensor(integers: [250, 3], dtype: .uint8, shape: [2])
    let y = Tensor(integers: [10, 5], dtype: .uint8, shape: [2])
    #expect(try OpModel.result("Add", [x, y]).integers() == [4, 8])
    #expect(try OpModel.result("Sub", [y, x]).integers() == [16, 2])
    let z = Tensor(integers: [127, -128], dtype: .int8, shape: [2])
    #expect(try OpModel.result("Add", [z, Tensor(integers: [1, -1], dtype: .int8, shape: [2])]).integers() == [-128, 127])
  }

  @Test func moduloFollowsTheDivisorOrTheDividend() throws {
    let x = Tensor(integers: [-4, 7, 5, 4, -7, 8], dtype: .int32, shape: [6])
    let y = Tensor(integers: [2, -3, 8, -2, 3, 5], dtype: .int32, shape: [6])
    #expect(try OpModel.result("Mod", [x, y]).integers() == [0, -2, 5, 0, 2, 3])
    #expect(try OpModel.result("Mod", [x, y], [("fmod", .int(1))]).integers() == [0, 1, 5, 0, -1, 3])
  }

  @Test func castTruncatesAndWraps() throws {
    #expect(try OpModel.result("Cast", [floats([-1.7, 2.9], [2])], [("to", .int(6))]).integers() == [-1, 2])
    let wide = Tensor(integers: [300, -1], dtype: .int32, shape: [2])
    #expect(try OpModel.result("Cast", [wide], [("to", .int(2))]).integers() == [44, 255])
    #expect(try OpModel.result("Cast", [floats([0, -2], [2])], [("to", .int(9))]).floats() == [0, 1])
  }

  // MARK: Shapes

  @Test func reshapeKeepsAndInfersExtents() throws {
    let x = floats(Array(repeating: 1, count: 24), [2, 3, 4])
    #expect(try OpModel.result("Reshape", [x, longs([0, -1])], constants: [1]).shape == [2, 12])
    #expect(throws: ConversionError.self) { try OpModel.result("Reshape", [x, longs([0, 0])], constants: [1], [("allowzero", .int(1))]) }
  }

  @Test func sliceClampsAndStepsBackward() throws {
    let x = floats([0, 1, 2, 3, 4], [5])
    func slice(_ start: Int, _ end: Int, _ step: Int) throws -> [Float] {
      try OpModel.result("Slice", [x, longs([start]), longs([end]), longs([0]), longs([step])], constants: [1, 2, 3, 4]).floats()
    }
    #expect(try slice(1, .max, 1) == [1, 2, 3, 4])
    #expect(try slice(-2, .max, 1) == [3, 4])
    #expect(try slice(.max, .min, -1) == [4, 3, 2, 1, 0])
    #expect(try slice(3, 0, -2) == [3, 1])
    #expect(try slice(-100, 2, 1) == [0, 1])
  }

  @Test func padReflectsWrapsAndCuts() throws {
    let x = floats([1, 2, 3], [3])
    func pad(_ widths: [Int], _ mode: String) throws -> [Float] {
      try OpModel.result("Pad", [x, longs(widths)], constants: [1], [("mode", .string(mode))], opset: 19).floats()
    }
    #expect(try pad([2, 1], "reflect") == [3, 2, 1, 2, 3, 2])
    #expect(try pad([2, 2], "wrap") == [2, 3, 1, 2, 3, 1, 2])
    #expect(try pad([1, 1], "edge") == [1, 1, 2, 3, 3])
    #expect(try pad([-1, 2], "constant") == [2, 3, 0, 0])
  }

  @Test func expandBroadcastsInBothDirections() throws {
    let x = floats([1, 2], [2, 1])
    let y = try OpModel.result("Expand", [x, longs([1, 2, 3])], constants: [1])
    #expect(y.shape == [1, 2, 3])
    #expect(y.floats() == [1, 1, 1, 2, 2, 2])
  }

  // MARK: Windows

  @Test func averagePoolCountsPaddingOnRequest() throws {
    let x = floats([2, 4, 6, 8], [1, 1, 4])
    let attributes: [(String, Attribute)] = [("kernel_shape", .ints([3])), ("strides", .ints([2])), ("pads", .ints([1, 1]))]
    #expect(try OpModel.result("AveragePool", [x], attributes).floats() == [3, 6])
    #expect(try OpModel.result("AveragePool", [x], attributes + [("count_include_pad", .int(1))]).floats() == [2, 6])
    // The window that rounding up adds covers one element of the input and the padding.
    let ceiling = try OpModel.result("AveragePool", [x], attributes + [("count_include_pad", .int(1)), ("ceil_mode", .int(1))])
    #expect(ceiling.floats() == [2, 6, 4])
  }

  @Test func maxPoolDilates() throws {
    let x = floats([1, 9, 2, 3, 8, 4], [1, 1, 6])
    let y = try OpModel.result("MaxPool", [x], [("kernel_shape", .ints([2])), ("dilations", .ints([3]))])
    #expect(y.floats() == [3, 9, 4])
  }

  @Test func transposedConvolutionPadsItsOutput() throws {
    let x = floats([1, 2], [1, 1, 2])
    let w = floats([1, 1, 1], [1, 1, 3])
    func convolve(_ attributes: [(String, Attribute)]) throws -> [Float] {
      try OpModel.result("ConvTranspose", [x, w], constants: [1], attributes).floats()
    }
    #expect(try convolve([("strides", .ints([2]))]) == [1, 1, 3, 2, 2])
    #expect(try convolve([("strides", .ints([2])), ("output_padding", .ints([1]))]) == [1, 1, 3, 2, 2, 0])
    #expect(try convolve([("strides", .ints([2])), ("pads", .ints([1, 1])), ("output_padding", .ints([1]))]) == [1, 3, 2, 2])
    #expect(try convolve([("strides", .ints([2])), ("output_shape", .ints([4]))]) == [1, 3, 2, 2])
  }

  // MARK: Resizing

  @Test func resizeFollowsItsCoordinates() throws {
    let x = floats([1, 2], [1, 1, 1, 2])
    func resize(_ mode: String, _ coordinates: String, _ scale: Float) throws -> [Float] {
      try OpModel.result(
        "Resize", [x, floats([], [0]), floats([1, 1, 1, scale], [4])], constants: [1, 2],
        [("mode", .string(mode)), ("coordinate_transformation_mode", .string(coordinates)), ("nearest_mode", .string("floor"))]
      ).floats()
    }
    #expect(try resize("nearest", "asymmetric", 2) == [1, 1, 2, 2])
    #expect(try resize("linear", "half_pixel", 2) == [1, 1.25, 1.75, 2])
    #expect(try resize("linear", "align_corners", 2.5) == [1, 1.25, 1.5, 1.75, 2])
    #expect(try resize("linear", "asymmetric", 2) == [1, 1.5, 2, 2])
  }

  // MARK: Indices

  @Test func negativeIndicesCountFromTheEnd() throws {
    let x = floats([10, 20, 30], [3])
    let i = longs([-1, 0])
    #expect(try OpModel.result("Gather", [x, i]).floats() == [30, 10])
    let scattered = try OpModel.result("ScatterElements", [x, i, floats([1, 2], [2])])
    #expect(scattered.floats() == [2, 20, 1])
    let tuples = Tensor(integers: [-1], dtype: .int64, shape: [1, 1])
    #expect(try OpModel.result("ScatterND", [x, tuples, floats([7], [1])]).floats() == [10, 20, 7])
  }

  @Test func einsumSumsAndTransposes() throws {
    let a = floats([1, 2, 3, 4], [2, 2])
    let b = floats([5, 6, 7, 8], [2, 2])
    func sum(_ equation: String, _ operands: [Tensor]) throws -> Tensor {
      try OpModel.result("Einsum", operands, [("equation", .string(equation))])
    }
    #expect(try sum("ij,jk->ik", [a, b]).floats() == [19, 22, 43, 50])
    #expect(try sum("ij->ji", [a]).floats() == [1, 3, 2, 4])
    #expect(try sum("ii->i", [a]).floats() == [1, 4])
    #expect(try sum("ij,ij->", [a, b]).floats() == [70])
    #expect(try sum("...j,j", [a, floats([1, 10], [2])]).floats() == [21, 43])
  }

  // MARK: Recurrent layers

  @Test func reversedLayersReturnTheirStepsInOrder() throws {
    // Identity weights, no recurrence: every step is the tanh of its input.
    let x = floats([0.1, 0.2, 0.3], [3, 1, 1])
    let w = floats([1], [1, 1, 1])
    let r = floats([0], [1, 1, 1])
    let y = try OpModel.result("RNN", [x, w, r], constants: [1, 2], [("hidden_size", .int(1)), ("direction", .string("reverse"))])
    #expect(y.shape == [3, 1, 1, 1])
    for (found, input) in zip(y.floats(), x.floats()) { #expect(abs(found - Float(Double(input).tanhValue)) < 1e-6) }
  }
}

import Foundation

extension Double {
  fileprivate var tanhValue: Double { tanh(self) }
}
