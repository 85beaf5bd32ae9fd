// SPDX-License-Identifier: Apache-2.0
// Pooling, softmax, elementwise and binary post-ops; errors and threads.

import CPrimitives
import Foundation
import Synchronization
import Testing

extension Primitives {
  @Suite struct FieldPrimitiveTests {
    @Test(
      arguments: [WP_POOL_MAX, WP_POOL_AVERAGE_WITH_PADDING, WP_POOL_AVERAGE_WITHOUT_PADDING].map(
        \.rawValue),
      [
        ([9], [3], [2], [1], [0]), ([7, 8], [3, 2], [2, 1], [1, 0], [1, 1]),
        ([6, 6], [6, 6], [1, 1], [0, 0], [0, 0]),
        ([4, 5, 6], [2, 3, 2], [2, 1, 2], [0, 1, 0], [0, 1, 0]),
      ])
    func pooling(
      kind: UInt32, _ c: (size: [Int], kernel: [Int], stride: [Int], begin: [Int], end: [Int])
    ) throws {
      let x = Reference.random([2, 5] + c.size, seed: 1)
      var y = Reference(
        [2, 5]
          + c.size.indices.map {
            (c.size[$0] + c.begin[$0] + c.end[$0] - c.kernel[$0]) / c.stride[$0] + 1
          })
      for out in y.indices {
        let inside = Reference(c.kernel).indices.compactMap { tap -> Double? in
          let at = c.size.indices.map { out[2 + $0] * c.stride[$0] - c.begin[$0] + tap[$0] }
          return zip(at, c.size).allSatisfy { $0 >= 0 && $0 < $1 } ? x[Array(out[..<2]) + at] : nil
        }
        switch wp_pool_kind(kind) {
        case WP_POOL_MAX: y[out] = inside.max() ?? 0
        case WP_POOL_AVERAGE_WITH_PADDING:
          y[out] = inside.reduce(0, +) / Double(c.kernel.reduce(1, *))
        default: y[out] = inside.reduce(0, +) / Double(inside.count)
        }
      }
      let shape = ConvolutionPrimitiveTests.Case(
        size: c.size, kernel: c.kernel, stride: c.stride, dilation: c.size.map { _ in 1 },
        begin: c.begin, end: c.end)
      var window = shape.window
      let k = c.kernel + [1, 1, 1]
      window.kernel = (Int64(k[0]), Int64(k[1]), Int64(k[2]))
      let rank = Int32(x.shape.count)
      var source = channelsLast(WP_F32, x.dims),
        target = channelsLast(WP_F32, y.dims)
      let last = try run(
        wp_pooling(&source, &target, wp_pool_kind(kind), &window, nil), [x.channelsLast],
        count: y.values.count)
      expectClose(y.reading(channelsLast: last).values, y.values)
      source = wp_tensor_strided(WP_F32, rank, x.dims, nil)
      target = wp_tensor_strided(WP_F32, rank, y.dims, nil)
      expectClose(
        try run(
          wp_pooling(&source, &target, wp_pool_kind(kind), &window, nil), [x.floats],
          count: y.values.count), y.values)
    }

    @Test(arguments: [0, 1, 2], [true, false]) func softmax(axis: Int, logarithm: Bool) throws {
      let x = Reference.random([3, 5, 4], seed: 2)
      var y = x
      for i in x.indices {
        let sum = (0..<x.shape[axis]).reduce(0.0) { sum, k in
          var j = i
          j[axis] = k
          return sum + exp(x[j])
        }
        y[i] = logarithm ? x[i] - log(sum) : exp(x[i]) / sum
      }
      var tensor = wp_tensor_strided(WP_F32, 3, x.dims, nil), same = tensor
      expectClose(
        try run(wp_softmax(&tensor, &same, Int32(axis), logarithm), [x.floats], count: 60),
        y.values, 1e-5)
    }

    /// `primitive` with these post-ops.
    private func fusing(_ steps: [wp_post_op], _ primitive: (UnsafePointer<wp_attributes>) -> OpaquePointer?) -> OpaquePointer? {
      steps.withUnsafeBufferPointer { steps in
        var attributes = wp_attributes()
        (attributes.post_ops, attributes.post_op_count) = (steps.baseAddress, Int32(steps.count))
        return primitive(&attributes)
      }
    }

    /// After a product with the identity matrix, which does not change the operand.
    @Test(arguments: [[2, 3, 4], [1, 3, 1], [1, 1, 1], [2, 1, 4]]) func binary(_ shape: [Int]) throws {
      let a = Reference.random([2, 3, 4], seed: 7)
      let b = Reference(shape, Reference.random(shape, seed: 8).values.map { $0 + 2 })
      let functions: [(wp_binary_function, (Double, Double) -> Double)] = [
        (WP_ADD, (+)), (WP_SUB, (-)), (WP_MUL, (*)), (WP_DIV, (/)), (WP_MAX, { max($0, $1) }),
        (WP_MIN, { min($0, $1) }),
      ]
      var identity = Reference([1, 4, 4])
      for i in 0..<4 { identity[[0, i, i]] = 1 }
      var first = wp_tensor_strided(WP_F32, 3, a.dims, nil),
        unit = wp_tensor_strided(WP_F32, 3, identity.dims, nil), target = first
      let second = wp_tensor_strided(WP_F32, 3, b.dims, nil)
      for (function, reference) in functions {
        let expected = a.indices.map { i in
          reference(a[i], b[i.indices.map { shape[$0] == 1 ? 0 : i[$0] }])
        }
        let primitive = fusing([wp_post_binary(function, second)]) { wp_matmul(&first, &unit, nil, &target, $0) }
        expectClose(
          try run(primitive, [a.floats, identity.floats, b.floats], count: 24), expected, 1e-6, "\(function)")
      }
    }

    /// After a product with one, which does not change the operand.
    @Test func elementwise() throws {
      let x = Reference([40, 1], (0..<40).map { Double($0 - 19) / 4 })
      func logistic(_ v: Double) -> Double { 1 / (1 + exp(-v)) }
      let functions: [(wp_eltwise_function, Float, Float, (Double) -> Double)] = [
        (WP_RELU, 0.25, 0, { $0 > 0 ? $0 : 0.25 * $0 }),
        (WP_CLIP, -1, 2, { min(max($0, -1), 2) }),
        (WP_ELU, 0.5, 0, { $0 > 0 ? $0 : 0.5 * expm1($0) }),
        (WP_GELU_ERF, 0, 0, { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }),
        (
          WP_GELU_TANH, 0, 0,
          { $0 * logistic(2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)) }
        ),
        (WP_TANH, 0, 0, tanh), (WP_LOGISTIC, 0, 0, logistic),
        (WP_HARDSWISH, 0, 0, { $0 * min(max($0 / 6 + 0.5, 0), 1) }),
        (WP_HARDSIGMOID, 0.5, 0.25, { min(max(0.5 * $0 + 0.25, 0), 1) }),
        (WP_SQUARE, 0, 0, { $0 * $0 }), (WP_ABS, 0, 0, { $0.magnitude }), (WP_LINEAR, 2, -1, { 2 * $0 - 1 }),
      ]
      var tensor = wp_tensor_strided(WP_F32, 2, [40, 1], nil), same = tensor
      var one = wp_tensor_strided(WP_F32, 2, [1, 1], nil)
      for (function, a, b, reference) in functions {
        let primitive = fusing([wp_post_eltwise(function, a, b)]) { wp_matmul(&tensor, &one, nil, &same, $0) }
        expectClose(
          try run(primitive, [x.floats, [1]], count: 40), x.values.map(reference), 1e-4, "\(function)")
      }
    }

    // MARK: errors and threads

    @Test func refusalsSayWhy() {
      var a = wp_tensor_strided(WP_F32, 2, [3, 4], nil),
        b = wp_tensor_strided(WP_F32, 2, [5, 6], nil)
      var one = wp_tensor_strided(WP_F32, 1, [4], nil),
        empty = wp_tensor_strided(WP_F32, 2, [0, 4], nil)
      var nine = wp_tensor_strided(WP_F32, 9, [1, 1, 1, 1, 1, 1, 1, 1, 1], nil),
        window = wp_window_make(1)
      func reason(_ primitive: OpaquePointer?) -> String {
        #expect(primitive == nil)
        return String(cString: wp_last_error())
      }
      #expect(reason(wp_matmul(&a, &b, nil, &a, nil)).hasPrefix("matmul: the shapes"))
      #expect(
        reason(wp_matmul(&a, &one, nil, &a, nil))
          == "matmul: the second matrix has rank 1, expected 2")
      #expect(
        reason(wp_matmul(&empty, &b, nil, &a, nil))
          == "matmul: the first matrix has dimension 0 of size 0")
      #expect(reason(wp_softmax(&nine, &nine, 0, false)).contains("rank of 1 to 8"))
      #expect(reason(wp_softmax(&a, &a, 2, false)) == "softmax: axis 2 of rank 2")
      #expect(reason(wp_pooling(&a, &a, WP_POOL_MAX, &window, nil)).contains("window"))
      var image = wp_tensor_strided(WP_F32, 3, [1, 4, 9], nil),
        weights = wp_tensor_packed(WP_F32, 3, [6, 1, 3], nil)
      #expect(
        reason(wp_convolution(&image, &weights, nil, &image, &window, 4, WP_ALGORITHM_DIRECT, nil))
          .contains("4 groups do not divide 6"))
      window.stride.0 = 0
      #expect(
        reason(wp_convolution(&image, &image, nil, &image, &window, 1, WP_ALGORITHM_DIRECT, nil))
          .contains("stride"))
    }

    /// A copy has pointers of its own and shares the generated code, constants and layouts.
    @Test func copiesComputeTheSame() throws {
      let x = Reference.random([1, 16, 20, 20], seed: 13), other = Reference.random([1, 16, 20, 20], seed: 15)
      let w = Reference.random([16, 16, 3, 3], seed: 14)
      var tensor = channelsLast(WP_F32, x.dims),
        weights = wp_tensor_packed(WP_F32, 4, w.dims, nil)
      var window = wp_window_make(2)
      (window.pad_begin, window.pad_end) = ((1, 1, 0), (1, 1, 0))
      func convolution() -> OpaquePointer? {
        wp_convolution(&tensor, &weights, nil, &tensor, &window, 1, WP_ALGORITHM_DIRECT, nil)
      }
      let original = try #require(convolution())
      let copy = try #require(wp_copy(original))
      #expect(wp_packed_size(copy, 1) == wp_packed_size(original, 1) && wp_packs_alike(copy, original, 1))
      let first = try run(original, [x.channelsLast, w.floats], count: 6400)
      // The original is gone by now: `run` destroys it.
      let second = try run(copy, [other.channelsLast, w.floats], count: 6400)
      #expect(try second == run(convolution(), [other.channelsLast, w.floats], count: 6400) && second != first)
    }

    /// Weights that another primitive has packed serve a primitive for other shapes too.
    @Test func weightsArePackedLikeAnother() throws {
      let w = Reference.random([32, 16, 3, 3], seed: 14)
      var window = wp_window_make(2)
      (window.pad_begin, window.pad_end) = ((1, 1, 0), (1, 1, 0))
      func convolution(_ rows: Int64, like other: OpaquePointer?) -> OpaquePointer? {
        var x = channelsLast(WP_F32, [1, 16, rows, 20]), y = channelsLast(WP_F32, [1, 32, rows, 20])
        var weights = wp_tensor_packed(WP_F32, 4, w.dims, nil)
        weights.packed_like = other
        return wp_convolution(&x, &weights, nil, &y, &window, 1, WP_ALGORITHM_DIRECT, nil)
      }
      let first = try #require(convolution(20, like: nil))
      defer { wp_destroy(first) }
      for rows: Int64 in [1, 3, 7] {
        let other = try #require(convolution(rows, like: first))
        defer { wp_destroy(other) }
        #expect(wp_packs_alike(first, other, 1))
      }
    }
  }
}
