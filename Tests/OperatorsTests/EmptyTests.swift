// SPDX-License-Identifier: Apache-2.0
// Operators on tensors without elements, which can result from shapes that depend on values.

import MIL
import Operators
import Tensors
import Testing

@Suite("Empty tensors") struct EmptyTests {
  private let images = Tensor(zeros: .float32, [0, 2, 4, 4])
  private let window = Tensor(zeros: .float32, [3, 2, 3, 3])

  @Test func convolutions() throws {
    #expect(try output("conv", ["x": images, "weight": window, "pad_type": "valid"]) == Tensor(zeros: .float32, [0, 3, 2, 2]))
    #expect(
      try output("conv_transpose", ["x": images, "weight": Tensor(zeros: .float32, [2, 3, 3, 3])])
        == Tensor(zeros: .float32, [0, 3, 6, 6]))
  }

  @Test(arguments: ["avg_pool", "max_pool", "l2_pool"]) func pooling(type: String) throws {
    #expect(
      try output(type, ["x": images, "kernel_sizes": [2, 2], "strides": [2, 2], "pad_type": "valid"])
        == Tensor(zeros: .float32, [0, 2, 2, 2]))
  }

  /// Without steps the state is unchanged; without rows there is none.
  @Test(arguments: [false, true]) func recurrentLayers(allSteps: Bool) throws {
    func lstm(steps: Int, initial h: Tensor, _ c: Tensor) throws -> [Tensor] {
      try outputs(
        "lstm",
        [
          "x": Tensor(zeros: .float32, [steps, h.shape[0], 3]), "initial_h": h, "initial_c": c,
          "weight_ih": Tensor(zeros: .float32, [8, 3]), "weight_hh": Tensor(zeros: .float32, [8, 2]), "output_sequence": allSteps,
        ])
    }
    let (h, c) = (Tensor([Float]([1, 2]), shape: [1, 2]), Tensor([Float]([3, 4]), shape: [1, 2]))
    let sequence = allSteps ? Tensor(zeros: .float32, [0, 1, 2]) : h.reshaped([1, 1, 2])
    #expect(try lstm(steps: 0, initial: h, c) == [sequence, h, c])
    let none = Tensor(zeros: .float32, [0, 2])
    #expect(try lstm(steps: 5, initial: none, none).map(\.shape) == [[allSteps ? 5 : 1, 0, 2], [0, 2], [0, 2]])
  }

  /// A sum over no positions is zero.
  @Test func attentionToNothing() throws {
    let nothing = Tensor(zeros: .float32, [1, 0, 4])
    let result = try output(
      "scaled_dot_product_attention", opset: .iOS18, ["query": counting([1, 2, 4], from: 1), "key": nothing, "value": nothing])
    #expect(result == Tensor(zeros: .float32, [1, 2, 4]))
  }
}
