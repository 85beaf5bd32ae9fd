// SPDX-License-Identifier: Apache-2.0
// linear, matmul, einsum: the features beyond the product itself.

import MIL
import Operators
import Tensors
import Testing

@Suite("Matrix products") struct LinearTests {
  private func run(_ type: String, _ inputs: KeyValuePairs<String, any Bindable>, _ values: [String: Tensor]) throws -> Tensor {
    let running = try Running(makeCall(type, opset: .iOS17, inputs), values)
    try running.run()
    return running.outputs[0]
  }

  /// Since iOS17 a constant takes the dtype of the other operand: [1, 2] · [3, 4]ᵀ is 1·3 + 2·4.
  @Test func constantsOfAnotherType() throws {
    let x = Tensor(integers: [1, 2], dtype: .int32, shape: [1, 2])
    let y = Tensor([Float]([3, 4]), shape: [2, 1])
    let sum = try run("matmul", ["x": tensorType(.int32, 1, 2), "y": y], ["x": x, "y": y])
    #expect(sum.dtype == .int32 && sum.integers() == [11])
    let other = try run("matmul", ["x": x, "y": tensorType(.float32, 2, 1)], ["x": x, "y": y])
    #expect(other.dtype == .float32 && other.floats() == [11])
    let weights = Tensor(integers: [3, 4], dtype: .int32, shape: [1, 2])
    let bias = Tensor(integers: [5], dtype: .int32, shape: [1])
    let linear = try run(
      "linear", ["x": tensorType(.float32, 1, 2), "weight": weights, "bias": bias],
      ["x": Tensor([Float]([0.5, 1]), shape: [1, 2]), "weight": weights, "bias": bias])
    #expect(linear.floats() == [10.5])
    #expect(
      fault { try inferred("matmul", opset: .iOS17, ["x": tensorType(.int32, 1, 2), "y": tensorType(.float32, 2, 1)]) }
        == "matmul 'y': x is int32 and y is fp32, expected the same type unless one is a constant")
    #expect(
      fault { try inferred("matmul", ["x": x, "y": y]) } == "matmul 'y': x is int32 but y is fp32; they must agree")
  }

  /// C = 1, H = 2, W = 2 by W = 2, H = 2, U = 1: y[0, h, 0] = Σ_w x[0, h, w] y[w, h, 0] = 0·0 + 1·2, 2·1 + 3·3.
  @Test func einsumMultipliesAroundTheMiddleAxis() throws {
    let (x, y) = (counting([1, 2, 2]), counting([2, 2, 1]))
    let product = try output("einsum", ["values": [x, y], "equation": "chw,whr->chr"])
    #expect(product.shape == [1, 2, 1] && product.floats() == [2, 11])
    // The same with two images, the second operand shared: the second image is x + 4.
    let images = counting([2, 1, 2, 2])
    let both = try output("einsum", ["values": [images, y.reshaped([1, 2, 2, 1])], "equation": "abcd,adce->abce"])
    #expect(both.shape == [2, 1, 2, 1] && both.floats() == [2, 11, 10, 27])
    // An H of 1 is broadcast: weights 0 and 2 for both rows.
    let shared = Tensor([Float]([0, 2]), shape: [2, 1, 1])
    #expect(try output("einsum", ["values": [x, shared], "equation": "chw,whr->chr"]).floats() == [2, 6])
    #expect(
      fault { try inferred("einsum", ["values": [x, y], "equation": "ij,jk->ik"]) }
        == "einsum 'y': equation must be \"nchw,nwhu->nchu\" or \"chw,whr->chr\" in any letters, found \"ij,jk->ik\"")
  }
}
