// SPDX-License-Identifier: Apache-2.0
// Matrix products compared with nested loops.

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
  }
}
