// SPDX-License-Identifier: Apache-2.0
// Pooling, resampling, normalizations, reductions, elementwise and binary primitives, reorder; errors and threads.

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
      var source = wp_tensor_channels_last(WP_F32, rank, x.dims),
        target = wp_tensor_channels_last(WP_F32, rank, y.dims)
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

    @Test(arguments: [true, false]) func layerNormalization(affine: Bool) throws {
      let x = Reference.random([2, 3, 10], seed: 3), scale = Reference.random([10], seed: 4),
        shift = Reference.random([10], seed: 5)
      var y = x
      for i in x.indices {
        let row = (0..<10).map { x[[i[0], i[1], $0]] }, mean = row.reduce(0, +) / 10
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10
        y[i] = (x[i] - mean) / (variance + 1e-3).squareRoot()
        if affine { y[i] = y[i] * scale[[i[2]]] + shift[[i[2]]] }
      }
      var tensor = wp_tensor_strided(WP_F32, 3, x.dims, nil)
      let inputs = [x.floats] + (affine ? [scale.floats, shift.floats] : [])
      expectClose(
        try run(wp_layer_normalization(&tensor, 1e-3, affine, affine), inputs, count: 60), y.values)
    }

    @Test(
      arguments: [
        WP_REDUCE_SUM, WP_REDUCE_MEAN, WP_REDUCE_MIN, WP_REDUCE_MAX, WP_REDUCE_MUL, WP_REDUCE_L1,
        WP_REDUCE_L2,
      ].map(\.rawValue),
      [[0], [1], [2], [1, 2], [0, 1, 2]])
    func reduction(kind: UInt32, axes: [Int]) throws {
      let x = Reference.random([3, 4, 5], seed: 6)
      let y = Reference(x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] })
      let expected = y.indices.map { out in
        let row = x.indices.filter { i in
          i.indices.allSatisfy { axes.contains($0) || i[$0] == out[$0] }
        }.map { x[$0] }
        switch wp_reduce_kind(kind) {
        case WP_REDUCE_SUM: return row.reduce(0, +)
        case WP_REDUCE_MEAN: return row.reduce(0, +) / Double(row.count)
        case WP_REDUCE_MIN: return row.min() ?? .nan
        case WP_REDUCE_MAX: return row.max() ?? .nan
        case WP_REDUCE_MUL: return row.reduce(1, *)
        case WP_REDUCE_L1: return row.reduce(0) { $0 + $1.magnitude }
        default: return row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
      }
      var source = wp_tensor_strided(WP_F32, 3, x.dims, nil),
        target = wp_tensor_strided(WP_F32, 3, y.dims, nil)
      expectClose(
        try run(
          wp_reduction(&source, &target, wp_reduce_kind(kind), nil), [x.floats],
          count: expected.count), expected)
    }

    @Test(arguments: [[2, 3, 4], [1, 3, 1], [1, 1, 1], [2, 1, 4]]) func binary(_ shape: [Int])
      throws
    {
      let a = Reference.random([2, 3, 4], seed: 7)
      let b = Reference(shape, Reference.random(shape, seed: 8).values.map { $0 + 2 })
      let functions: [(wp_binary_function, (Double, Double) -> Double)] = [
        (WP_ADD, (+)), (WP_SUB, (-)), (WP_MUL, (*)), (WP_DIV, (/)), (WP_MAX, { max($0, $1) }),
        (WP_MIN, { min($0, $1) }),
      ]
      var first = wp_tensor_strided(WP_F32, 3, a.dims, nil),
        second = wp_tensor_strided(WP_F32, 3, b.dims, nil), target = first
      for (function, reference) in functions {
        let expected = a.indices.map { i in
          reference(a[i], b[i.indices.map { shape[$0] == 1 ? 0 : i[$0] }])
        }
        expectClose(
          try run(
            wp_binary(&first, &second, &target, function, nil), [a.floats, b.floats], count: 24),
          expected, 1e-6)
      }
    }

    @Test func elementwise() throws {
      let x = Reference([40], (0..<40).map { Double($0 - 19) / 4 }),
        positive = Reference([40], (0..<40).map { Double($0) / 8 + 0.125 })
      func logistic(_ v: Double) -> Double { 1 / (1 + exp(-v)) }
      let functions: [(wp_eltwise_function, Float, Float, Reference, (Double) -> Double)] = [
        (WP_RELU, 0.25, 0, x, { $0 > 0 ? $0 : 0.25 * $0 }),
        (WP_CLIP, -1, 2, x, { min(max($0, -1), 2) }),
        (WP_ELU, 0.5, 0, x, { $0 > 0 ? $0 : 0.5 * expm1($0) }),
        (WP_GELU_ERF, 0, 0, x, { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }),
        (
          WP_GELU_TANH, 0, 0, x,
          { $0 * logistic(2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)) }
        ),
        (WP_TANH, 0, 0, x, tanh), (WP_LOGISTIC, 0, 0, x, logistic),
        (WP_SWISH, 1.5, 0, x, { $0 * logistic(1.5 * $0) }),
        (WP_HARDSWISH, 0, 0, x, { $0 * min(max($0 / 6 + 0.5, 0), 1) }),
        (WP_SOFTPLUS, 0, 0, x, { log1p(exp($0)) }),
        (WP_MISH, 0, 0, x, { $0 * tanh(log1p(exp($0))) }), (WP_SQUARE, 0, 0, x, { $0 * $0 }),
        (WP_ABS, 0, 0, x, { $0.magnitude }),
        (WP_SQRT, 0, 0, positive, { $0.squareRoot() }), (WP_EXP, 0, 0, x, exp),
        (WP_LOG, 0, 0, positive, log),
        (WP_POW, 2, 1.5, positive, { 2 * pow($0, 1.5) }), (WP_LINEAR, 2, -1, x, { 2 * $0 - 1 }),
        (WP_ROUND, 0, 0, x, { $0.rounded(.toNearestOrEven) }),
      ]
      var tensor = wp_tensor_strided(WP_F32, 1, [40], nil)
      for (function, a, b, input, reference) in functions {
        expectClose(
          try run(wp_eltwise(&tensor, function, a, b), [input.floats], count: 40),
          input.values.map(reference), 1e-4, "\(function)")
      }
    }

    @Test func preluAndLocalResponse() throws {
      let x = Reference.random([1, 6, 2, 3], seed: 9),
        slopes = Reference.random([1, 6, 1, 1], seed: 10)
      var tensor = wp_tensor_channels_last(WP_F32, 4, x.dims),
        vector = wp_tensor_strided(WP_F32, 4, slopes.dims, nil)
      let y = try run(wp_prelu(&tensor, &vector), [x.channelsLast, slopes.floats], count: 36)
      expectClose(
        x.reading(channelsLast: y).values,
        x.indices.map { x[$0] > 0 ? x[$0] : slopes[[0, $0[1], 0, 0]] * x[$0] })
      let normalized = try run(wp_lrn(&tensor, 3, 0.6, 0.75, 2), [x.channelsLast], count: 36)
      let expected = x.indices.map { i in
        let sum = (max(0, i[1] - 1)...min(5, i[1] + 1)).reduce(0.0) {
          $0 + x[[0, $1, i[2], i[3]]] * x[[0, $1, i[2], i[3]]]
        }
        return x[i] * pow(2 + 0.6 / 3 * sum, -0.75)
      }
      expectClose(x.reading(channelsLast: normalized).values, expected)
    }

    @Test(arguments: [([4, 6], [8, 12]), ([5, 7], [3, 10]), ([3], [8])]) func resampling(
      _ from: [Int], _ to: [Int]
    ) throws {
      let x = Reference.random([2, 3] + from, seed: 11), y = Reference([2, 3] + to),
        rank = Int32(x.shape.count)
      func coordinate(_ i: Int, _ axis: Int) -> Double {
        (Double(i) + 0.5) * Double(from[axis]) / Double(to[axis]) - 0.5
      }
      let linear = y.indices.map { out in
        Reference(from.map { _ in 2 }).indices.reduce(0.0) { sum, corner in
          var weight = 1.0, at = Array(out[..<2])
          for axis in from.indices {
            let c = coordinate(out[2 + axis], axis), low = c.rounded(.down), part = c - low
            weight *= corner[axis] == 1 ? part : 1 - part
            at.append(min(max(Int(low) + corner[axis], 0), from[axis] - 1))
          }
          return sum + weight * x[at]
        }
      }
      var source = wp_tensor_channels_last(WP_F32, rank, x.dims),
        target = wp_tensor_channels_last(WP_F32, rank, y.dims)
      let found = try run(
        wp_resampling(&source, &target, WP_RESAMPLE_LINEAR, nil), [x.channelsLast],
        count: y.values.count)
      expectClose(y.reading(channelsLast: found).values, linear)
      let nearest = try run(
        wp_resampling(&source, &target, WP_RESAMPLE_NEAREST, nil), [x.channelsLast],
        count: y.values.count)
      let expected = y.indices.map { out in
        // No coordinate of these sizes is a tie.
        x[
          Array(out[..<2])
            + from.indices.map {
              min(max(Int(coordinate(out[2 + $0], $0).rounded()), 0), from[$0] - 1)
            }]
      }
      expectClose(y.reading(channelsLast: nearest).values, expected)
    }

    @Test func reorder() throws {
      let x = Reference.random([2, 3, 4], seed: 12)
      var source = wp_tensor_strided(WP_F32, 3, x.dims, nil),
        target = wp_tensor_strided(WP_F32, 3, x.dims, [3, 1, 6])
      let moved = try run(wp_reorder(&source, &target, nil), [x.floats], count: 24)
      #expect(x.indices.allSatisfy { moved[$0[0] * 3 + $0[1] + $0[2] * 6] == Float(x[$0]) })
      // Scaled, rounded half to even, saturated.
      source = wp_tensor_strided(WP_F32, 1, [6], nil)
      target = wp_tensor_strided(WP_S8, 1, [6], nil)
      let scale: [Float] = [2]
      let primitive = scale.withUnsafeBufferPointer { scale in
        var attributes = wp_attributes()
        (attributes.scales, attributes.scale_count) = (scale.baseAddress, 1)
        return wp_reorder(&source, &target, &attributes)
      }
      let codes = try run(
        primitive, [bytes([0.25, 0.75, -0.25, 100, -100, 3.1] as [Float])],
        into: [[UInt8](repeating: 0, count: 6)])[0]
      #expect(values(codes, as: Int8.self) == [0, 2, 0, 127, -128, 6])
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
      #expect(reason(wp_eltwise(&nine, WP_ABS, 0, 0)).contains("rank of 1 to 8"))
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

    @Test(arguments: [1, 2, 3]) func everyIndexRunsOnce(threads: Int32) {
      wp_set_threads(threads)
      defer { wp_set_threads(0) }
      #expect(wp_threads() == threads)
      for count in [0, 1, 2, 7, 1000] {
        let hits = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: count + 1)
        for i in 0...count { (hits + i).initialize(to: Atomic(0)) }
        defer {
          hits.deinitialize(count: count + 1)
          hits.deallocate()
        }
        wp_parallel(
          Int32(count),
          { context, index in
            guard let hits = context?.assumingMemoryBound(to: Atomic<Int>.self) else { return }
            hits[Int(index)].add(1, ordering: .relaxed)
            // Inside a region a further one runs alone, on the same thread.
            wp_parallel(
              3,
              { context, _ in
                _ = context?.assumingMemoryBound(to: Atomic<Int>.self).pointee.add(
                  1, ordering: .relaxed)
              }, hits + Int(index))
          }, hits)
        #expect((0..<count).allSatisfy { hits[$0].load(ordering: .relaxed) == 4 })
        #expect(hits[count].load(ordering: .relaxed) == 0)
      }
    }

    @Test func sameBitsForAnyThreadCount() throws {
      let x = Reference.random([1, 16, 20, 20], seed: 13),
        w = Reference.random([16, 16, 3, 3], seed: 14)
      var tensor = wp_tensor_channels_last(WP_F32, 4, x.dims),
        weights = wp_tensor_packed(WP_F32, 4, w.dims, nil)
      var window = wp_window_make(2)
      (window.pad_begin, window.pad_end) = ((1, 1, 0), (1, 1, 0))
      defer { wp_set_threads(0) }
      let results = try [Int32(1), 2].map { threads in
        wp_set_threads(threads)
        return try run(
          wp_convolution(&tensor, &weights, nil, &tensor, &window, 1, WP_ALGORITHM_DIRECT, nil),
          [x.channelsLast, w.floats], count: 6400)
      }
      #expect(results[0] == results[1])
    }
  }
}
