// SPDX-License-Identifier: Apache-2.0
// Functions of one number by hand: rounding, integers, casts, singularities.

import MIL
import Operators
import Tensors
import Testing

@Suite("Elementwise unary") struct ElementwiseUnaryTests {
  private func floats(_ type: String, _ values: [Float]) throws -> [Float] { try output(type, ["x": Tensor(values)]).floats() }
  private func integers(_ type: String, _ values: [Int32]) throws -> [Int] { try output(type, ["x": Tensor(values)]).integers() }

  @Test func rounding() throws {
    let x: [Float] = [-2.5, -1.5, -0.2, 0.5, 1.5, 2.5]
    #expect(try floats("round", x) == [-2, -2, 0, 0, 2, 2])
    #expect(try floats("floor", x) == [-3, -2, -1, 0, 1, 2])
    #expect(try floats("ceil", x) == [-2, -1, 0, 1, 2, 3])
  }

  @Test func knownPlaces() throws {
    #expect(try floats("sqrt", [0, 4, 9]) == [0, 2, 3])
    #expect(try floats("square", [-3, 0.5]) == [9, 0.25])
    #expect(try floats("sign", [-2, 0, 7]) == [-1, 0, 1])
    #expect(try floats("abs", [-2, 0, 7]) == [2, 0, 7])
    #expect(try floats("exp2", [-1, 0, 3]) == [0.5, 1, 8])
    for type in ["asin", "atan", "atanh", "erf", "sin", "sinh", "tan", "tanh"] { #expect(try floats(type, [0]) == [0]) }
    for type in ["cos", "cosh", "exp"] { #expect(try floats(type, [0]) == [1]) }
    #expect(try floats("acos", [1]) == [0])
    #expect(try floats("acos", [2])[0].isNaN)
  }

  @Test func integersOfTheirOwn() throws {
    #expect(try integers("abs", [-3, 0, .min]) == [3, 0, Int(Int32.min)])
    #expect(try integers("sign", [-3, 0, 9]) == [-1, 0, 1])
    #expect(try integers("square", [-3, 65536]) == [9, 0])
    #expect(try integers("exp2", [-1, 0, 10, 40]) == [0, 1, 1024, Int(Int32.max)])
    #expect(try output("threshold", ["x": Tensor([Int32(-1), 5]), "alpha": 2]).integers() == [2, 5])
  }

  @Test func smallNumbersBeforePoles() throws {
    #expect(try output("inverse", ["x": Tensor([Float(0), 1]), "epsilon": Float(1)]).floats() == [1, 0.5])
    #expect(try output("rsqrt", ["x": Tensor([Float(0), 3]), "epsilon": Float(1)]).floats() == [1, 0.5])
    #expect(try output("log", ["x": Tensor([Float(0)]), "epsilon": Float(1)]).floats() == [0])
    // Defaults are rounded to the dtype of x: the smallest fp32 number is nonzero, but zero in fp16.
    #expect(try output("log", ["x": Tensor([Float(0)])]).floats()[0].isFinite)
    #expect(try output("log", ["x": Tensor([Float(0)]).cast(to: .float16)]).floats() == [-.infinity])
    #expect(try output("inverse", ["x": Tensor([Float(0)])]).floats() == [1e4])
  }

  @Test func clipAndThreshold() throws {
    let x = Tensor([Float(-2), 0.5, 9, .nan])
    let clipped = try output("clip", ["x": x, "alpha": Float(-1), "beta": Float(1)]).floats()
    #expect(clipped[..<3] == [-1, 0.5, 1] && clipped[3].isNaN)
    #expect(try output("threshold", ["x": Tensor([Float(-2), 3]), "alpha": Float(1)]).floats() == [1, 3])
    #expect(try output("clip", ["x": Tensor([Float(5)]), "alpha": Float(2), "beta": Float(2)]).floats() == [2])
    #expect(
      fault { try output("clip", opset: .iOS17, ["x": x, "alpha": Float(2), "beta": Float(2)]) }
        == "clip 'y': alpha (2.0) must be less than beta (2.0)")
  }

  @Test func casts() throws {
    let x = Tensor([Float(-1.9), 0, 0.1, 3e9, .nan])
    #expect(try output("cast", ["x": x, "dtype": "int32"]).integers() == [-1, 0, 0, Int(Int32.max), 0])
    #expect(try output("cast", ["x": x, "dtype": "bool"]).integers() == [1, 0, 1, 1, 1])
    #expect(try output("cast", opset: .iOS17, ["x": x, "dtype": "uint8"]).integers() == [0, 0, 0, 255, 0])
    let integers = Tensor([Int32(-1), 300])
    #expect(try output("cast", opset: .iOS17, ["x": integers, "dtype": "int8"]).integers() == [-1, 44])
    #expect(try output("cast", opset: .iOS17, ["x": integers, "dtype": "uint16"]).integers() == [65535, 300])
    let flags = try output("cast", ["x": Tensor([true, false]), "dtype": "fp16"])
    #expect(flags.dtype == .float16 && flags.floats() == [1, 0])
    #expect(
      fault { try output("cast", ["x": x, "dtype": "int8"]) }
        == "cast 'y': dtype must be bool, fp16, fp32, int32, found int8")
    #expect(
      fault { try output("cast", ["x": Tensor([UInt8(1)]), "dtype": "fp32"]) }
        == "cast 'y': x must be bool, fp16, fp32, int32, found uint8")
  }

  @Test func oppositeOfTruth() throws {
    let y = try output("logical_not", ["x": Tensor([true, false])])
    #expect(y.dtype == .bool && y.integers() == [0, 1])
    #expect(fault { try output("logical_not", ["x": Tensor([Int32(1)])]) } == "logical_not 'y': x must be bool, found int32")
  }

  @Test func scalarsAndEmptyTensors() throws {
    #expect(try output("sqrt", ["x": Float(4)]).shape == [])
    #expect(try output("exp", ["x": Tensor(zeros: .float32, [2, 0])]).shape == [2, 0])
  }

  /// Blocks that are long enough for several threads yield the same results as short ones.
  @Test(arguments: ["tanh", "erf", "sign", "exp2"])
  func longBlocks(_ type: String) throws {
    var random = SplitMix64(seed: 3)
    let values = (0..<100_003).map { _ in Float(random.normal()) }
    let long = try floats(type, values)
    for start in stride(from: 0, to: values.count, by: 9_001) {
      let end = min(start + 50, values.count)
      #expect(try floats(type, Array(values[start..<end])) == Array(long[start..<end]))
    }
  }
}
