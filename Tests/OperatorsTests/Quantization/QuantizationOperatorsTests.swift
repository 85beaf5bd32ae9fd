// SPDX-License-Identifier: Apache-2.0
// Quantized activations by hand: ties, limits, axes, errors.

import MIL
import Operators
import Tensors
import Testing

@Suite("Quantization operators") struct QuantizationOperatorsTests {
  private let x = Tensor([Float(-300), -2.5, -0.5, 0.5, 1.5, 300])

  @Test func tiesAndLimits() throws {
    let signed = try output("quantize", opset: .iOS17, ["input": x, "scale": Float(1), "output_dtype": "int8"])
    #expect(signed.dtype == .int8 && signed.integers() == [-128, -2, 0, 0, 2, 127])
    let unsigned = try output(
      "quantize", opset: .iOS17,
      ["input": x, "scale": Float(0.5), "zero_point": Tensor(scalar: UInt8(10)), "output_dtype": "uint8"])
    #expect(unsigned.integers() == [0, 5, 9, 11, 13, 255])
  }

  @Test func aScaleForEachIndexOfAnAxis() throws {
    let x = Tensor([Float(1), 2, 3, 4], shape: [2, 2])
    for (axis, expected) in [(0, [1, 2, 31, 41]), (-1, [1, 21, 3, 41])] {
      let codes = try output(
        "quantize", opset: .iOS17,
        ["input": x, "scale": Tensor([Float(1), 0.1]), "zero_point": Tensor([Int8(0), 1]), "axis": axis, "output_dtype": "int8"])
      #expect(codes.integers() == expected)
      let back = try output(
        "dequantize", opset: .iOS17,
        ["input": codes, "scale": Tensor([Float(1), 0.1]), "zero_point": Tensor([Int8(0), 1]), "axis": axis])
      #expect(zip(back.floats(), x.floats()).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test func back() throws {
    let y = try output(
      "dequantize", opset: .iOS17, ["input": Tensor([UInt8(0), 255]), "scale": Float(0.5), "zero_point": Tensor(scalar: UInt8(1))])
    #expect(y.dtype == .float32 && y.floats() == [-0.5, 127])
    let half = Tensor([Float(2)]).reshaped([]).cast(to: .float16)
    #expect(try output("dequantize", opset: .iOS17, ["input": Tensor([Int8(-3)]), "scale": half]).dtype == .float16)
  }

  @Test func faults() {
    func quantize(_ inputs: KeyValuePairs<String, any Bindable>, opset: Opset = .iOS17) -> String {
      fault { try output("quantize", opset: opset, inputs) }
    }
    let two = Tensor([Float(1), 2])
    #expect(
      quantize(["input": x, "scale": Float(1), "output_dtype": "int8"], opset: .iOS16)
        == "quantize 'y': needs iOS17, the program is iOS16")
    #expect(
      quantize(["input": x, "scale": Float(1), "output_dtype": "int4"])
        == "quantize 'y': output_dtype must be int8 or uint8, found int4")
    #expect(
      quantize(["input": x, "scale": Float(1), "zero_point": Tensor(scalar: UInt8(1)), "output_dtype": "int8"])
        == "quantize 'y': output_dtype is int8 but zero_point is uint8; they must agree")
    #expect(quantize(["input": x, "scale": Float(0), "output_dtype": "int8"]) == "quantize 'y': scale must not be 0")
    #expect(
      quantize(["input": x, "scale": Float(1), "axis": 0, "output_dtype": "int8"])
        == "quantize 'y': axis requires a vector of scales, found a single scale")
    #expect(quantize(["input": x, "scale": two, "output_dtype": "int8"]) == "quantize 'y': a vector of scales needs an axis")
    #expect(
      quantize(["input": x, "scale": two, "axis": 0, "output_dtype": "int8"])
        == "quantize 'y': scale must have 6 values, one for each index of axis 0 of input, found 2")
    #expect(
      quantize(["input": x, "scale": two.reshaped([1, 2]), "axis": 0, "output_dtype": "int8"])
        == "quantize 'y': scale must be one number or a vector, found tensor<fp32, [1, 2]>")
    #expect(
      fault { try output("dequantize", opset: .iOS17, ["input": Tensor([Int8(1)]), "scale": Float(1), "zero_point": Tensor([Int8(1)])]) }
        == "dequantize 'y': zero_point must have the shape of scale: fp32 and tensor<int8, [1]>")
  }
}
