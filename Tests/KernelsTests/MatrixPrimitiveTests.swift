// SPDX-License-Identifier: Apache-2.0
// Matrix products and recurrent layers against nested loops.

import CPrimitives
import Foundation
import Testing

extension Primitives {
  @Suite struct MatrixPrimitiveTests {
    /// […, M, K] × […, K, N], batch dimensions equal or 1.
    static func multiply(_ a: Reference, _ b: Reference) -> Reference {
      let rank = a.shape.count
      var y = Reference(
        (0..<rank - 2).map { max(a.shape[$0], b.shape[$0]) } + [
          a.shape[rank - 2], b.shape[rank - 1],
        ])
      for i in y.indices {
        let batch = (0..<rank - 2).map { $0 }
        for k in 0..<a.shape[rank - 1] {
          y[i] +=
            a[batch.map { a.shape[$0] == 1 ? 0 : i[$0] } + [i[rank - 2], k]]
            * b[batch.map { b.shape[$0] == 1 ? 0 : i[$0] } + [k, i[rank - 1]]]
        }
      }
      return y
    }

    @Test(arguments: [
      ([3, 4], [4, 5]), ([1, 64], [64, 33]), ([2, 3, 4], [2, 4, 5]), ([2, 3, 4], [1, 4, 5]),
      ([1, 3, 4], [2, 4, 5]),
      ([2, 3, 5, 7], [2, 3, 7, 4]), ([2, 3, 5, 7], [1, 3, 7, 4]),
    ])
    func matmul(_ left: [Int], _ right: [Int]) throws {
      let a = Reference.random(left, seed: 1), b = Reference.random(right, seed: 2)
      let product = Self.multiply(a, b), rank = Int32(left.count), columns = right[right.count - 1]
      let bias = Reference.random([columns], seed: 3)
      var expected = product
      for i in expected.indices { expected[i] = max(product[i] + bias[[i[i.count - 1]]], 0) }
      var source = wp_tensor_strided(WP_F32, rank, a.dims, nil),
        target = wp_tensor_strided(WP_F32, rank, product.dims, nil)
      var vector = wp_tensor_strided(WP_F32, 1, bias.dims, nil)
      let relu = [wp_post_eltwise(WP_RELU, 0, 0)]
      for packed in [false, true] {
        var weights = wp_tensor_strided(WP_F32, rank, b.dims, nil)
        weights.packed = packed
        expectClose(
          try run(
            wp_matmul(&source, &weights, nil, &target, nil), [a.floats, b.floats],
            count: product.values.count), product.values)
        let fused = relu.withUnsafeBufferPointer { steps in
          var attributes = wp_attributes()
          (attributes.post_ops, attributes.post_op_count) = (steps.baseAddress, 1)
          return wp_matmul(&source, &weights, &vector, &target, &attributes)
        }
        expectClose(
          try run(fused, [a.floats, b.floats, bias.floats], count: product.values.count),
          expected.values)
      }
    }

    /// A transposed operand is the same memory with its strides exchanged.
    @Test(arguments: [true, false]) func transposedOperands(packed: Bool) throws {
      let a = Reference.random([5, 7], seed: 4), b = Reference.random([7, 6], seed: 5)
      var left = Reference([7, 5]), right = Reference([6, 7])
      for i in a.indices { left[[i[1], i[0]]] = a[i] }
      for i in b.indices { right[[i[1], i[0]]] = b[i] }
      var source = wp_tensor_strided(WP_F32, 2, a.dims, [1, 5]),
        weights = wp_tensor_strided(WP_F32, 2, b.dims, [1, 7])
      weights.packed = packed
      var target = wp_tensor_strided(WP_F32, 2, [5, 6], nil)
      let y = try run(
        wp_matmul(&source, &weights, nil, &target, nil), [left.floats, right.floats], count: 30)
      expectClose(y, Self.multiply(a, b).values)
    }

    @Test(arguments: [(1, 8, 5), (4, 33, 16), (3, 1, 1)]) func fullyConnected(
      _ n: Int, _ inputs: Int, _ outputs: Int
    ) throws {
      let x = Reference.random([n, inputs], seed: 6),
        w = Reference.random([outputs, inputs], seed: 7),
        bias = Reference.random([outputs], seed: 8)
      var expected = Reference([n, outputs])
      for i in expected.indices {
        let sum = (0..<inputs).reduce(bias[[i[1]]]) { $0 + x[[i[0], $1]] * w[[i[1], $1]] }
        expected[i] = tanh(sum)
      }
      var source = wp_tensor_strided(WP_F32, 2, x.dims, nil),
        weights = wp_tensor_packed(WP_F32, 2, w.dims, nil)
      var vector = wp_tensor_strided(WP_F32, 1, bias.dims, nil),
        target = wp_tensor_strided(WP_F32, 2, expected.dims, nil)
      let steps = [wp_post_eltwise(WP_TANH, 0, 0)]
      let primitive = steps.withUnsafeBufferPointer { steps in
        var attributes = wp_attributes()
        (attributes.post_ops, attributes.post_op_count) = (steps.baseAddress, 1)
        return wp_inner_product(&source, &weights, &vector, &target, &attributes)
      }
      expectClose(
        try run(primitive, [x.floats, w.floats, bias.floats], count: n * outputs), expected.values)
    }

    @Test func eightBitMatmul() throws {
      let x = FloatLoops.bytes(4 * 40, seed: 9),
        w = FloatLoops.bytes(7 * 40, seed: 10).map { Int8(bitPattern: $0) }
      let scales = (0..<7).map { Float($0 + 1) / 1024 }, bias = (0..<7).map { Float($0) * 3 - 9.5 }
      var source = wp_tensor_strided(WP_U8, 2, [4, 40], nil),
        weights = wp_tensor_packed(WP_S8, 2, [40, 7], [1, 40])
      var vector = wp_tensor_strided(WP_F32, 1, [7], nil),
        target = wp_tensor_strided(WP_F32, 2, [4, 7], nil)
      let primitive = scales.withUnsafeBufferPointer { scales in
        var attributes = wp_attributes()
        (attributes.scales, attributes.scale_count, attributes.source_zero_point) = (
          scales.baseAddress, 7, 128
        )
        return wp_matmul(&source, &weights, &vector, &target, &attributes)
      }
      let y: [Float] = values(
        try run(primitive, [x, bytes(w), bytes(bias)], into: [[UInt8](repeating: 0, count: 112)])[0]
      )
      let expected = (0..<28).map { i in
        let sum = (0..<40).reduce(0) {
          $0 + (Int(x[i / 7 * 40 + $1]) - 128) * Int(w[i % 7 * 40 + $1])
        }
        return Double(sum) * Double(scales[i % 7]) + Double(bias[i % 7])
      }
      expectClose(y, expected, 1e-6)
    }

    // MARK: recurrent layers

    static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// One step of a cell for one sample. `gates` are the rows of the weights, as the primitive orders them.
    static func step(
      _ cell: wp_rnn_cell, x: [Double], h: [Double], c: [Double], wx: [[Double]], wh: [[Double]],
      b: [Double]
    ) -> (h: [Double], c: [Double]) {
      let size = h.count
      func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      func gate(_ g: Int, _ i: Int) -> Double {
        dot(wx[g * size + i], x) + dot(wh[g * size + i], h) + b[g * size + i]
      }
      let range = 0..<size
      switch cell {
      case WP_LSTM:
        let next = range.map {
          logistic(gate(1, $0)) * c[$0] + logistic(gate(0, $0)) * tanh(gate(2, $0))
        }
        return (range.map { logistic(gate(3, $0)) * tanh(next[$0]) }, next)
      case WP_GRU:
        let z = range.map { logistic(gate(0, $0)) }, r = range.map { logistic(gate(1, $0)) }
        let reset = range.map { r[$0] * h[$0] }
        let n = range.map {
          tanh(dot(wx[2 * size + $0], x) + dot(wh[2 * size + $0], reset) + b[2 * size + $0])
        }
        return (range.map { z[$0] * h[$0] + (1 - z[$0]) * n[$0] }, c)
      case WP_GRU_RESET_AFTER:
        let z = range.map { logistic(gate(0, $0)) }, r = range.map { logistic(gate(1, $0)) }
        let n = range.map {
          tanh(
            dot(wx[2 * size + $0], x) + b[2 * size + $0] + r[$0]
              * (dot(wh[2 * size + $0], h) + b[3 * size + $0]))
        }
        return (range.map { z[$0] * h[$0] + (1 - z[$0]) * n[$0] }, c)
      case WP_RNN_RELU: return (range.map { max(gate(0, $0), 0) }, c)
      default: return (range.map { tanh(gate(0, $0)) }, c)
      }
    }

    @Test(
      arguments: [WP_RNN_TANH, WP_RNN_RELU, WP_LSTM, WP_GRU, WP_GRU_RESET_AFTER].map(\.rawValue),
      [WP_RNN_FORWARD, WP_RNN_REVERSE, WP_RNN_BIDIRECTIONAL].map(\.rawValue))
    func recurrent(cell: UInt32, direction: UInt32) throws {
      let cell = wp_rnn_cell(cell), direction = wp_rnn_direction(direction)
      let (steps, batch, inputs, hidden) = (5, 3, 6, 4),
        ways = direction == WP_RNN_BIDIRECTIONAL ? 2 : 1
      let gates = cell == WP_LSTM ? 4 : cell == WP_GRU || cell == WP_GRU_RESET_AFTER ? 3 : 1
      let biasGates = cell == WP_GRU_RESET_AFTER ? 4 : gates
      let x = Reference.random([steps, batch, inputs], seed: 1),
        h0 = Reference.random([ways, batch, hidden], seed: 2)
      let c0 = Reference.random([ways, batch, hidden], seed: 3),
        b = Reference.random([ways, biasGates * hidden], seed: 6)
      let wx = Reference.random([ways, gates * hidden, inputs], seed: 4),
        wh = Reference.random([ways, gates * hidden, hidden], seed: 5)
      var y = Reference([steps, batch, ways * hidden]), hn = h0, cn = c0
      func row(_ r: Reference, _ i: Int, _ j: Int) -> [Double] {
        (0..<r.shape[2]).map { r[[i, j, $0]] }
      }
      for d in 0..<ways {
        for n in 0..<batch {
          var state = (h: row(h0, d, n), c: row(c0, d, n))
          let backward = direction == WP_RNN_REVERSE || d == 1
          for t in backward ? Array((0..<steps).reversed()) : Array(0..<steps) {
            state = Self.step(
              cell, x: row(x, t, n), h: state.h, c: state.c,
              wx: (0..<gates * hidden).map { row(wx, d, $0) },
              wh: (0..<gates * hidden).map { row(wh, d, $0) },
              b: (0..<biasGates * hidden).map { b[[d, $0]] })
            for i in 0..<hidden { y[[t, n, d * hidden + i]] = state.h[i] }
          }
          for i in 0..<hidden { (hn[[d, n, i]], cn[[d, n, i]]) = (state.h[i], state.c[i]) }
        }
      }
      var shape = wp_rnn_shape(
        cell: cell, direction: direction, steps: Int64(steps), batch: Int64(batch),
        input: Int64(inputs), hidden: Int64(hidden),
        initial_state: true, final_state: true, bias: true)
      let lstm = cell == WP_LSTM
      let inputsOf = [x, h0] + (lstm ? [c0] : []) + [wx, wh, b],
        outputsOf = [y, hn] + (lstm ? [cn] : [])
      let found = try run(
        wp_rnn(&shape), inputsOf.map { bytes($0.floats) },
        into: outputsOf.map { bytes($0.floats.map { _ in Float(7) }) })
      for (f, e) in zip(found, outputsOf) { expectClose(values(f, as: Float.self), e.values) }
    }

    @Test func recurrentWithoutStates() throws {
      var shape = wp_rnn_shape(
        cell: WP_RNN_TANH, direction: WP_RNN_FORWARD, steps: 2, batch: 1, input: 1, hidden: 1,
        initial_state: false, final_state: false, bias: false)
      // h₁ = tanh(2·0.5), h₂ = tanh(2·0.25 + 3·h₁).
      let y = try run(wp_rnn(&shape), [[0.5, 0.25], [2], [3]], count: 2)
      expectClose(y, [tanh(1), tanh(0.5 + 3 * tanh(1))])
    }
  }
}
