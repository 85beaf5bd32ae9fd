// SPDX-License-Identifier: Apache-2.0
// Reductions by hand, of long blocks, and errors.

import MIL
import Operators
import Tensors
import Testing

@Suite("Reductions") struct ReductionsTests {
  private let x = Tensor([Float(1), -2, 3, 4, 5, -6], shape: [2, 3])

  @Test func everyFunction() throws {
    func rows(_ type: String) throws -> [Float] { try output(type, ["x": x, "axes": [1]]).floats() }
    #expect(try rows("reduce_sum") == [2, 3])
    #expect(try rows("reduce_mean") == [Float(2) / 3, 1])
    #expect(try rows("reduce_max") == [3, 5])
    #expect(try rows("reduce_min") == [-2, -6])
    #expect(try rows("reduce_prod") == [-6, -120])
    #expect(try rows("reduce_l1_norm") == [6, 15])
    #expect(try rows("reduce_sum_square") == [14, 77])
    #expect(try rows("reduce_l2_norm") == [Float(14).squareRoot(), Float(77).squareRoot()])
    let equal = Tensor([Float(2), 2], shape: [1, 2])
    // ln(e² + e²) = 2 + ln 2
    #expect(try output("reduce_log_sum_exp", ["x": equal]).floats() == [2.6931472])
    #expect(try output("reduce_log_sum", ["x": Tensor([Float(0.5), 0.5])]).floats() == [0])
  }

  @Test func axesAndRank() throws {
    let all = try output("reduce_sum", ["x": x])
    #expect(all.shape == [] && all.floats() == [5])
    #expect(try output("reduce_sum", ["x": x, "keep_dims": true]).shape == [1, 1])
    let columns = try output("reduce_sum", ["x": x, "axes": [-2], "keep_dims": true])
    #expect(columns.shape == [1, 3] && columns.floats() == [5, 3, -3])
    #expect(try output("reduce_sum_square", ["x": x, "axes": [Int]()]).floats() == [1, 4, 9, 16, 25, 36])
    #expect(try output("reduce_max", ["x": Float(3)]).floats() == [3])
  }

  @Test func integers() throws {
    let x = Tensor([Int32(-3), 4, .max, 1], shape: [2, 2])
    func rows(_ type: String) throws -> [Int] { try output(type, ["x": x, "axes": [1]]).integers() }
    #expect(try rows("reduce_sum") == [1, Int(Int32.min)])
    #expect(try rows("reduce_mean") == [0, 1 << 30])
    #expect(try rows("reduce_l2_norm") == [5, Int(Int32.max)])
    #expect(try rows("reduce_max") == [4, Int(Int32.max)])
    #expect(try rows("reduce_prod") == [-12, Int(Int32.max)])
    // A mean is truncated towards zero: -7 / 2.
    #expect(try output("reduce_mean", ["x": Tensor([Int32(-3), -4])]).integers() == [-3])
  }

  @Test func emptyAxes() throws {
    let empty = Tensor(zeros: .float32, [2, 0])
    #expect(try output("reduce_sum", ["x": empty, "axes": [1]]).floats() == [0, 0])
    #expect(try output("reduce_prod", ["x": empty, "axes": [1]]).floats() == [1, 1])
    #expect(try output("reduce_mean", ["x": empty, "axes": [1]]).floats().allSatisfy { $0.isNaN })
    #expect(try output("reduce_max", ["x": empty, "axes": [0]]).shape == [0])
    #expect(
      fault { try output("reduce_max", ["x": empty]) }
        == "reduce_max 'y': there are no elements to reduce: x is tensor<fp32, [2, 0]>")
  }

  @Test func infinities() throws {
    let x = Tensor([-Float.infinity, -.infinity, .infinity, 0], shape: [2, 2])
    #expect(try output("reduce_log_sum_exp", ["x": x, "axes": [1]]).floats() == [-.infinity, .infinity])
    #expect(try output("reduce_log_sum_exp", ["x": Tensor([Float(1000), -1000])]).floats() == [1000])
    #expect(try output("reduce_max", ["x": Tensor([Float(1), .nan, 2])]).floats()[0].isNaN)
  }

  /// Sums of a million elements are accurate to six digits; adding floats sequentially would be accurate to three.
  @Test func longSums() throws {
    let tenths = Tensor(Array(repeating: Float(0.1), count: 1 << 20))
    func errors(_ type: String, _ x: Tensor, _ axes: [Int], _ expected: Float) throws -> [Float] {
      try output(type, ["x": x, "axes": axes]).floats().map { abs($0 / expected - 1) }
    }
    #expect(try errors("reduce_sum", tenths, [0], 104857.6).allSatisfy { $0 < 1e-6 })
    #expect(try errors("reduce_mean", tenths, [0], 0.1).allSatisfy { $0 < 1e-6 })
    #expect(try errors("reduce_sum", tenths.reshaped([1 << 18, 4]), [0], 26214.4).allSatisfy { $0 < 1e-6 })
    #expect(try errors("reduce_l1_norm", tenths.reshaped([2, 1 << 19]), [1], 52428.8).allSatisfy { $0 < 1e-6 })
    // 3 + ln 2¹⁶
    let equal = Tensor(Array(repeating: Float(3), count: 1 << 16))
    #expect(try errors("reduce_log_sum_exp", equal, [0], 14.090355).allSatisfy { $0 < 1e-6 })
  }

  @Test func extremesAndWhereTheyAre() throws {
    let x = Tensor([Float(1), 7, 7, -2, -2, 0], shape: [2, 3])
    #expect(try output("reduce_argmax", ["x": x]).integers() == [1, 2])
    #expect(try output("reduce_argmin", ["x": x]).integers() == [0, 0])
    #expect(try output("reduce_argmax", ["x": x, "axis": 0]).integers() == [0, 0, 0])
    #expect(try output("reduce_argmin", ["x": x, "axis": 1, "keep_dims": true]).shape == [2, 1])
    #expect(try output("reduce_argmax", ["x": Tensor([Int32(3), 9, 9])]).integers() == [1])
    let short = try output("reduce_argmax", opset: .iOS17, ["x": x, "output_dtype": "uint16"])
    #expect(short.dtype == .uint16 && short.integers() == [1, 2])
    #expect(try output("reduce_argmax", ["x": Tensor([Float(5), .nan, 9])]).integers() == [1])
  }

  @Test func faults() {
    #expect(fault { try output("reduce_sum", ["x": x, "axes": [2]]) } == "reduce_sum 'y': axes is 2, expected -2 to 1")
    #expect(fault { try output("reduce_sum", ["x": x, "axes": [1, -1]]) } == "reduce_sum 'y': axes names an axis twice: [1, 1]")
    #expect(
      fault { try output("reduce_argmax", ["x": x, "output_dtype": "uint16"]) }
        == "reduce_argmax 'y': output_dtype needs iOS17, the program is iOS15")
    #expect(
      fault { try output("reduce_argmax", opset: .iOS17, ["x": x, "output_dtype": "int8"]) }
        == "reduce_argmax 'y': output_dtype must be int32 or uint16, found int8")
    #expect(fault { try output("reduce_argmin", ["x": Float(1)]) } == "reduce_argmin 'y': axis is -1, but a scalar has no axes")
  }

  @Test func unknownExtents() throws {
    let x = tensorType(.float16, nil, 3, nil)
    #expect(try inferred("reduce_sum", ["x": x, "axes": [1]]) == ["tensor<fp16, [?, ?]>"])
    #expect(try inferred("reduce_sum", ["x": x, "axes": [0], "keep_dims": true]) == ["tensor<fp16, [1, 3, ?]>"])
    #expect(try inferred("reduce_argmax", ["x": x]) == ["tensor<int32, [?, 3]>"])
    let any = ValueType.tensor(TensorType(.float32, [.unknown(variadic: true)]))
    #expect(try inferred("reduce_max", ["x": any]) == ["fp32"])
    #expect(try inferred("reduce_max", ["x": any, "axes": [3]]) == ["tensor<fp32, [...]>"])
  }
}
