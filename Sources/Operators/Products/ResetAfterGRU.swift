// SPDX-License-Identifier: Apache-2.0
// A gated recurrent unit with the reset gate applied after the recurrent product. It is not a MIL operator:
// converters write it as a loop, which the runtime recognizes and runs as a single layer.

import Kernels
import MIL
import Tensors

/// `r = σ(W_r x + R_r h)`, `z = σ(W_z x + R_z h)`, `n = tanh(W_n x + b_n + r (R_n h + c_n))`, `h = (1 - z) n + z h`.
///
/// x: `[s, b, I]`, initial_h: `[b, H]`; in the order r, n, z: weight_ih `[3·H, I]`, weight_hh `[3·H, H]`, bias and
/// recurrent_bias `[3·H]`, all constant; result: the initial state and those of all steps, `[s + 1, b, H]`.
package enum ResetAfterGRU: Operator {
  /// The name in profiles.
  package static let name = "gru_reset_after"
  package static let signature = Signature(
    name,
    ["x", "initial_h", "weight_ih", "weight_hh", "bias", "recurrent_bias"].map { Parameter($0, .float) })

  package static func flops(_ call: Call, outputs: [Shape]) -> Int { call.recurrentFlops(["weight_ih", "weight_hh"]) }

  package static func infer(_ call: Call) throws -> [ValueType] {
    let (x, h) = (try call.type("x"), try call.type("initial_h"))
    guard x.rank == 3, h.rank == 2, let steps = x.dimensions[0].size else {
      throw call.error("needs x of rank 3 and initial_h of rank 2; found \(x) and \(h)")
    }
    return [.tensor(TensorType(x.dtype, [.fixed(steps + 1)] + h.dimensions))]
  }

  package static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let initial = try request.input("initial_h")
    let hidden = initial.shape[1]
    let layer = try RecurrentLayer(
      RecurrentShape(
        cell: .gruResetAfter, steps: x.shape[0], batch: x.shape[1], input: x.shape[2], hidden: hidden, isReversed: false,
        recurrentActivation: .sigmoid, cellActivation: .tanh, activation: .tanh, clip: nil),
      x: x.floats(), inputWeights: request.input("weight_ih").floats(),
      recurrentWeights: request.input("weight_hh").floats(), bias: request.input("bias").floats(), peephole: nil,
      recurrentBias: request.input("recurrent_bias").floats())
    let scratch = request.scratch
    scratch.reserve(layer.scratchByteCount)
    let (h, y, row) = (initial.floats(), request.output.floats(), initial.count)
    let last = y + x.shape[0] * row
    let names = (layer.ownsInputWeights ? ["weight_ih"] : []) + (layer.ownsStateWeights ? ["weight_hh"] : [])
    return Kernel("recurrent", packed: Set(names)) {
      y.update(from: h, count: row)
      try layer.run(
        initial: h, initialCell: nil, stateStride: hidden, sequence: y + row, sequenceStride: hidden, inTimeOrder: true,
        last: last, lastCell: nil, scratch: scratch.base)
    }
  }
}

extension ResetAfterGRU { package static let gradient = Gradient.none("it replaces a loop at run time only") }
