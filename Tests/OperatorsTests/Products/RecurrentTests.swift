// SPDX-License-Identifier: Apache-2.0
// Variants of recurrent layers with different arithmetic: one unit, one step, linear activations, numbers by hand.

import MIL
import Operators
import Tensors
import Testing

@Suite("Recurrent layers") struct RecurrentTests {
  /// r = W_r x + b, o, z with linear activations: every gate can be read off.
  ///
  /// x = 1, h = 2. W = (r 1, o 2, z 0), R = (r 1, o 3, z 0), bias = (0, 10, 0.5), input bias = (0, i, 0).
  private func gru(resetAfter: Bool, inputBias: Float) throws -> [Float] {
    try outputs(
      "gru", opset: .iOS18,
      [
        "x": Tensor([Float]([1]), shape: [1, 1, 1]), "initial_h": Tensor([Float]([2]), shape: [1, 1]),
        "weight_ih": Tensor([Float]([1, 2, 0]), shape: [3, 1]), "weight_hh": Tensor([Float]([1, 3, 0]), shape: [3, 1]),
        "bias": Tensor([Float]([0, 10, 0.5])), "activation": "linear", "recurrent_activation": "linear", "reset_after": resetAfter,
        "input_bias": Tensor([Float]([0, inputBias, 0])),
      ])[1].floats()
  }

  @Test func gruResetsBeforeOrAfterTheProduct() throws {
    // r = 1 + 2 = 3, z = 0.5. Before: o = 2 + 3 (3 · 2) + 10 = 30; h = 0.5 · 30 + 0.5 · 2.
    #expect(try gru(resetAfter: false, inputBias: 0) == [16])
    // After: o = 2 + 3 (3 · 2 + 10) = 50.
    #expect(try gru(resetAfter: true, inputBias: 0) == [26])
    // The input bias of 100 is not multiplied by the reset gate.
    #expect(try gru(resetAfter: false, inputBias: 100) == [66])
    #expect(try gru(resetAfter: true, inputBias: 100) == [76])
  }

  /// All gates 1 (linear, bias 1), candidate 3: c = 1 · 5 + 1 · 3 = 8, clipped to 6; h = 1 · 6.
  @Test func lstmClipsTheCell() throws {
    let zeros = Tensor(zeros: .float32, [4, 1])
    let results = try outputs(
      "lstm",
      [
        "x": Tensor(zeros: .float32, [1, 1, 1]), "initial_h": Tensor(zeros: .float32, [1, 1]),
        "initial_c": Tensor([Float]([5]), shape: [1, 1]), "weight_ih": zeros, "weight_hh": zeros,
        "bias": Tensor([Float]([1, 1, 1, 3])), "recurrent_activation": "linear", "cell_activation": "linear", "activation": "linear",
        "clip": Float(6),
      ])
    #expect(results[2].floats() == [6] && results[1].floats() == [6])
  }

  /// In a recurrent layer scaled_tanh is tanh: 0.76159 at 1.
  @Test func scaledTanhIsTanh() throws {
    let h = try outputs(
      "rnn",
      [
        "x": Tensor([Float]([1]), shape: [1, 1, 1]), "initial_h": Tensor(zeros: .float32, [1, 1]),
        "weight_ih": Tensor([Float]([1]), shape: [1, 1]), "weight_hh": Tensor(zeros: .float32, [1, 1]), "activation": "scaled_tanh",
      ])[1].floats()
    #expect(abs(h[0] - 0.761594) < 1e-5)
  }
}
