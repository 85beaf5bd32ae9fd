// SPDX-License-Identifier: Apache-2.0
// Activations by hand: options, errors, fusion.

import Kernels
import MIL
import Operators
import Tensors
import Testing

@Suite("Activations") struct ActivationsTests {
  private let x = Tensor([Float(-2), -0.5, 0, 1, 8])

  private func floats(_ type: String, opset: Opset = .iOS15, _ inputs: KeyValuePairs<String, any Bindable>) throws -> [Float] {
    try output(type, opset: opset, inputs).floats()
  }

  @Test func piecewiseLinear() throws {
    #expect(try floats("relu", ["x": x]) == [0, 0, 0, 1, 8])
    #expect(try floats("relu6", ["x": x]) == [0, 0, 0, 1, 6])
    #expect(try floats("leaky_relu", ["x": x, "alpha": Float(0.5)]) == [-1, -0.25, 0, 1, 8])
    #expect(try floats("clamped_relu", ["x": x, "alpha": Float(0.5), "beta": Float(4)]) == [-1, -0.25, 0, 1, 4])
    #expect(try floats("thresholded_relu", ["x": x, "alpha": Float(1)]) == [0, 0, 0, 1, 8])
    #expect(try floats("linear_activation", ["x": x, "alpha": Float(2), "beta": Float(1)]) == [-3, 0, 1, 3, 17])
    #expect(try floats("sigmoid_hard", ["x": x, "alpha": Float(0.25), "beta": Float(0.5)]) == [0, 0.375, 0.5, 0.75, 1])
    #expect(try floats("softsign", ["x": Tensor([Float(-3), 0, 1])]) == [-0.75, 0, 0.5])
  }

  @Test func smoothOnesAtZeroAndFarOut() throws {
    let x = Tensor([Float(-100), 0, 100])
    #expect(try floats("sigmoid", ["x": x])[1...] == [0.5, 1])
    #expect(try floats("silu", ["x": x])[1...] == [0, 100])
    #expect(try floats("elu", ["x": x, "alpha": Float(2)]) == [-2, 0, 100])
    #expect(try floats("scaled_tanh", ["x": x, "alpha": Float(3), "beta": Float(1)]) == [-3, 0, 3])
    #expect(try floats("softplus", ["x": x])[2] == 100)
    for mode in ["EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"] {
      #expect(try floats("gelu", ["x": x, "mode": mode])[1...] == [0, 100])
    }
  }

  @Test func oneParameterForEachChannel() throws {
    let x = Tensor([Float(-1), 2, -3, 4, -5, 6, -7, 8], shape: [1, 2, 2, 2])
    #expect(try floats("prelu", ["x": x, "alpha": Tensor([Float(2), 10])]) == [-2, 2, -6, 4, -50, 6, -70, 8])
    let soft = try floats("softplus_parametric", ["x": x, "alpha": Tensor([Float(1), 2]), "beta": Tensor([Float(0), 100])])
    // ln 2 and 2 · 800: for large values the logarithm equals the exponent.
    #expect(soft[0] == 0.6931472 && soft[7] == 1600)
  }

  @Test func softmaxAlongAnAxis() throws {
    let x = Tensor([Float(0), 0, 0, 1000], shape: [2, 2])
    #expect(try floats("softmax", ["x": x]) == [0.5, 0.5, 0, 1])
    #expect(try floats("softmax", ["x": x, "axis": 0]) == [0.5, 0, 0.5, 1])
  }

  @Test func parametersOfAnotherTypeSinceIOS17() throws {
    let x = Tensor([Float(-2), 4]).cast(to: .float16)
    let y = try output("leaky_relu", opset: .iOS17, ["x": x, "alpha": Float(0.5)])
    #expect(y.dtype == .float16 && y.floats() == [-1, 4])
    #expect(
      fault { try output("leaky_relu", ["x": x, "alpha": Float(0.5)]) }
        == "leaky_relu 'y': alpha is fp32 but x is fp16; they must agree")
    #expect(
      fault { try makeCall("elu", opset: .iOS17, ["x": Tensor([Int32(1)]), "alpha": Float(1)]) }
        == "elu 'y': x must be fp16, fp32, found int32")
  }

  @Test func faults() throws {
    #expect(
      fault { try output("gelu", ["x": x, "mode": "FAST"]) }
        == "gelu 'y': mode must be EXACT, TANH_APPROXIMATION or SIGMOID_APPROXIMATION, found FAST")
    #expect(fault { try output("elu", ["x": x]) } == "elu 'y': the input alpha is missing")
    #expect(fault { try output("softmax", ["x": x, "axis": 1]) } == "softmax 'y': axis is 1, expected -1 to 0")
    #expect(fault { try output("softmax", ["x": Float(1)]) } == "softmax 'y': axis is -1, but a scalar has no axes")
    #expect(
      fault { try output("prelu", ["x": x, "alpha": Tensor([Float(1)])]) }
        == "prelu 'y': x must have rank 3 to 5, found tensor<fp32, [5]>")
    let image = counting([1, 2, 3])
    #expect(
      fault { try output("prelu", ["x": image, "alpha": Tensor([Float(1), 2, 3])]) }
        == "prelu 'y': alpha must have one value for each of the 2 channels of x, found 3")
    #expect(
      fault { try output("prelu", ["x": image, "alpha": Tensor([Float(1), 2])]) }
        == "prelu 'y': x of rank 3 needs the same alpha for all channels")
    #expect(
      fault { try output("softplus_parametric", ["x": image, "alpha": Float(1), "beta": Tensor([Float(1), 2])]) }
        == "softplus_parametric 'y': alpha must have rank 1, found fp32")
  }

  @Test func unknownExtentsPass() throws {
    #expect(try inferred("relu", ["x": tensorType(.float32, nil, 3)]) == ["tensor<fp32, [?, 3]>"])
    let any = ValueType.tensor(TensorType(.float16, [.unknown(variadic: true)]))
    #expect(try inferred("softmax", ["x": any, "axis": 4]) == ["tensor<fp16, [...]>"])
    #expect(try inferred("prelu", ["x": any, "alpha": Tensor([Float(1), 2]).cast(to: .float16)]) == ["tensor<fp16, [...]>"])
  }

  @Test func oneFunctionCanBeFused() throws {
    func touch(_ type: String, _ inputs: KeyValuePairs<String, any Bindable>) throws -> UnaryFunction? {
      let call = try makeCall(type, inputs)
      let op = try Catalog.find(call.operation)
      guard case .unary(let function) = op.postOperation(call, on: "x") else { return nil }
      if case .some = op.postOperation(call, on: "alpha") { Issue.record("alpha is not what is touched") }
      return function
    }
    #expect(try touch("relu6", ["x": x]) == .clip(low: 0, high: 6))
    #expect(try touch("gelu", ["x": x]) == .geluExact)
    // Activations that consist of two functions, or have a parameter that is not known yet, cannot be fused.
    #expect(try touch("clamped_relu", ["x": x, "alpha": Float(1), "beta": Float(2)]) == nil)
    #expect(try touch("elu", ["x": x, "alpha": ValueType.scalar(.float32)]) == nil)
  }

  /// A post-op fused into an activation is applied after it.
  @Test func activationsTakePostOps() throws {
    let call = try makeCall("leaky_relu", ["x": x, "alpha": Float(0.5)])
    let op = try Catalog.find(call.operation)
    let (takesFunction, takesSum) = (
      op.accepts(.unary(.abs), operand: nil, call), op.accepts(.binary(.add, operand: "y"), operand: [5], call)
    )
    #expect(takesFunction && !takesSum)
    let (input, result) = (OrderedMemory(x, order: [0], copying: true), OrderedMemory(x, order: [0], copying: false))
    let request = KernelRequest(
      call: call, inputs: ["x": [input.buffer]], outputs: [result.buffer],
      post: [FusedPostOperation(operation: .unary(.abs))], scratch: Scratch())
    try op.prepare(request).run()
    #expect(result.tensor.floats() == [1, 0.25, 0, 1, 8])
  }
}
