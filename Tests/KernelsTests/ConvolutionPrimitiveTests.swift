// SPDX-License-Identifier: Apache-2.0
// Convolution and transposed convolution compared with nested loops.

import CPrimitives
import Testing

extension Primitives {
  @Suite struct ConvolutionPrimitiveTests {
    struct Case: Sendable, CustomTestStringConvertible {
      var channels = (4, 6)
      var size: [Int]
      var kernel: [Int]
      var stride: [Int]
      var dilation: [Int]
      var begin: [Int], end: [Int]
      var groups = 1
      var testDescription: String {
        "\(channels) \(size) k\(kernel) s\(stride) d\(dilation) p\(begin)\(end) g\(groups)"
      }

      var window: wp_window {
        var window = wp_window_make(Int32(size.count))
        func triple(_ v: [Int], _ rest: Int) -> (Int64, Int64, Int64) {
          let p = v + [Int](repeating: rest, count: 3 - v.count)
          return (Int64(p[0]), Int64(p[1]), Int64(p[2]))
        }
        window.stride = triple(stride, 1)
        window.dilation = triple(dilation, 1)
        window.pad_begin = triple(begin, 0)
        window.pad_end = triple(end, 0)
        return window
      }

      var convolved: [Int] {
        size.indices.map {
          (size[$0] + begin[$0] + end[$0] - dilation[$0] * (kernel[$0] - 1) - 1) / stride[$0] + 1
        }
      }

      var transposed: [Int] {
        size.indices.map {
          (size[$0] - 1) * stride[$0] + dilation[$0] * (kernel[$0] - 1) + 1 - begin[$0] - end[$0]
        }
      }
    }

    static let cases = [
      Case(size: [9], kernel: [3], stride: [1], dilation: [1], begin: [1], end: [1]),
      Case(size: [12], kernel: [4], stride: [2], dilation: [2], begin: [0], end: [3]),
      Case(
        size: [7, 8], kernel: [3, 3], stride: [1, 1], dilation: [1, 1], begin: [1, 1], end: [1, 1]),
      Case(
        channels: (3, 16), size: [9, 11], kernel: [3, 2], stride: [2, 3], dilation: [1, 1],
        begin: [0, 1], end: [1, 0]),
      Case(
        channels: (16, 32), size: [6, 6], kernel: [1, 1], stride: [1, 1], dilation: [1, 1],
        begin: [0, 0], end: [0, 0]),
      Case(
        channels: (8, 8), size: [8, 8], kernel: [3, 3], stride: [1, 1], dilation: [2, 2],
        begin: [2, 2], end: [2, 2], groups: 8),
      Case(
        channels: (8, 12), size: [5, 6], kernel: [3, 3], stride: [2, 1], dilation: [1, 1],
        begin: [1, 0], end: [0, 1], groups: 4),
      Case(
        channels: (2, 3), size: [4, 5, 6], kernel: [2, 3, 2], stride: [1, 2, 1],
        dilation: [1, 1, 2], begin: [0, 1, 1], end: [1, 1, 0]),
    ]

    /// Σ over the kernel and the group's channels, for output [N, O, …].
    static func convolve(_ x: Reference, _ w: Reference, _ bias: Reference, _ c: Case) -> Reference {
      var y = Reference([x.shape[0], c.channels.1] + c.convolved)
      let perGroup = c.channels.0 / c.groups, outPerGroup = c.channels.1 / c.groups
      for out in y.indices {
        var sum = bias[[out[1]]]
        for tap in Reference([perGroup] + c.kernel).indices {
          let at = c.size.indices.map {
            out[2 + $0] * c.stride[$0] - c.begin[$0] + tap[1 + $0] * c.dilation[$0]
          }
          guard zip(at, c.size).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
          sum += x[[out[0], out[1] / outPerGroup * perGroup + tap[0]] + at] * w[[out[1]] + tap]
        }
        y[out] = sum
      }
      return y
    }

    /// Every input element spread over the outputs that its kernel reaches.
    static func convolveTransposed(_ x: Reference, _ w: Reference, _ bias: Reference, _ c: Case)
      -> Reference
    {
      var y = Reference([x.shape[0], c.channels.1] + c.transposed)
      for out in y.indices { y[out] = bias[[out[1]]] }
      let perGroup = c.channels.0 / c.groups, outPerGroup = c.channels.1 / c.groups
      for from in x.indices {
        for tap in Reference([outPerGroup] + c.kernel).indices {
          let at = c.size.indices.map {
            from[2 + $0] * c.stride[$0] - c.begin[$0] + tap[1 + $0] * c.dilation[$0]
          }
          guard zip(at, c.transposed).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
          y[[from[0], from[1] / perGroup * outPerGroup + tap[0]] + at] +=
            x[from] * w[[from[1]] + tap]
        }
      }
      return y
    }

    @Test(arguments: cases, [WP_ALGORITHM_DIRECT, WP_ALGORITHM_AUTO].map(\.rawValue))
    func convolution(_ c: Case, algorithm: UInt32) throws {
      let x = Reference.random([2, c.channels.0] + c.size, seed: 1)
      let w = Reference.random([c.channels.1, c.channels.0 / c.groups] + c.kernel, seed: 2)
      let bias = Reference.random([c.channels.1], seed: 3)
      let expected = Self.convolve(x, w, bias, c)
      let rank = Int32(x.shape.count)
      var source = channelsLast(WP_F32, x.dims),
        target = channelsLast(WP_F32, expected.dims)
      var weights = wp_tensor_packed(WP_F32, rank, w.dims, nil),
        vector = wp_tensor_strided(WP_F32, 1, bias.dims, nil)
      var window = c.window
      let primitive = wp_convolution(
        &source, &weights, &vector, &target, &window, Int64(c.groups), wp_algorithm(algorithm), nil)
      let y = try run(
        primitive, [x.channelsLast, w.floats, bias.floats], count: expected.values.count)
      expectClose(expected.reading(channelsLast: y).values, expected.values)

      // The plain layout, with weights that are not packed (dynamic weights).
      source = wp_tensor_strided(WP_F32, rank, x.dims, nil)
      target = wp_tensor_strided(WP_F32, rank, expected.dims, nil)
      weights.packed = false
      let plain = wp_convolution(
        &source, &weights, &vector, &target, &window, Int64(c.groups), WP_ALGORITHM_DIRECT, nil)
      expectClose(
        try run(plain, [x.floats, w.floats, bias.floats], count: expected.values.count),
        expected.values)
    }

    @Test(arguments: cases) func transposedConvolution(_ c: Case) throws {
      let x = Reference.random([2, c.channels.0] + c.size, seed: 4)
      let w = Reference.random([c.channels.0, c.channels.1 / c.groups] + c.kernel, seed: 5)
      let bias = Reference.random([c.channels.1], seed: 6)
      let expected = Self.convolveTransposed(x, w, bias, c)
      let rank = Int32(x.shape.count)
      var source = channelsLast(WP_F32, x.dims),
        target = channelsLast(WP_F32, expected.dims)
      var weights = wp_tensor_packed(WP_F32, rank, w.dims, nil),
        vector = wp_tensor_strided(WP_F32, 1, bias.dims, nil)
      var window = c.window
      let primitive = wp_deconvolution(
        &source, &weights, &vector, &target, &window, Int64(c.groups), nil)
      let y = try run(
        primitive, [x.channelsLast, w.floats, bias.floats], count: expected.values.count)
      expectClose(expected.reading(channelsLast: y).values, expected.values)
    }

    /// The residual sum reads the destination, operands follow the primitive's own inputs, and each post-op uses the
    /// result of the previous one.
    @Test func fusedOperations() throws {
      let c = Self.cases[2]
      let x = Reference.random([1, 4, 7, 8], seed: 7), w = Reference.random([6, 4, 3, 3], seed: 8),
        bias = Reference.random([6], seed: 9)
      let residual = Reference.random([1, 6, 7, 8], seed: 10),
        factor = Reference.random([1, 6, 1, 1], seed: 11)
      var expected = Self.convolve(x, w, bias, c)
      for i in expected.indices {
        var v = expected[i] + 0.5 * residual[i]
        v = max(v, 0.25 * v) * factor[[0, i[1], 0, 0]]
        expected[i] = min(max(0.5 * v + 0.25, 0), 1)
      }
      var source = channelsLast(WP_F32, x.dims),
        target = channelsLast(WP_F32, expected.dims)
      var weights = wp_tensor_packed(WP_F32, 4, w.dims, nil),
        vector = wp_tensor_strided(WP_F32, 1, bias.dims, nil)
      var window = c.window
      let steps = [
        wp_post_sum(0.5), wp_post_eltwise(WP_RELU, 0.25, 0),
        wp_post_binary(WP_MUL, wp_tensor_strided(WP_F32, 4, factor.dims, nil)),
        wp_post_eltwise(WP_HARDSIGMOID, 0.5, 0.25),
      ]
      let primitive = steps.withUnsafeBufferPointer { steps in
        var attributes = wp_attributes()
        attributes.post_ops = steps.baseAddress
        attributes.post_op_count = Int32(steps.count)
        return wp_convolution(
          &source, &weights, &vector, &target, &window, 1, WP_ALGORITHM_DIRECT, &attributes)
      }
      let inputs = [x.channelsLast, w.floats, bias.floats, factor.floats]
      let y = try run(
        primitive, inputs, count: expected.values.count, initial: residual.channelsLast)
      expectClose(expected.reading(channelsLast: y).values, expected.values)
    }

    /// 8-bit in, any type out: real = scale[c]·Σ (x - zero point)·w + bias[c], rounded half to even and saturated.
    @Test(
      arguments: [WP_F32, WP_S32, WP_S8, WP_U8].map(\.rawValue),
      [(true, 1), (true, 4), (false, 1), (false, 4)])
    func eightBitIntegers(output: UInt32, source kind: (unsigned: Bool, groups: Int)) throws {
      let output = wp_dtype(output), (unsigned, groups) = kind
      var c = Self.cases[2]
      (c.channels, c.groups) = ((8, 12), groups)
      let x = FloatLoops.bytes(8 * 7 * 8, below: unsigned ? 256 : 100, seed: 13)
      let w = FloatLoops.bytes(12 * 8 / groups * 9, below: 60, seed: 14).map { Int8(Int($0) - 30) }
      let zero = 5
      let scales = (0..<12).map { Float($0 + 1) / 256 }, bias = (0..<12).map { Float($0) - 5.75 }
      let source0 = Reference([1, 8, 7, 8], x.map { Double($0) - Double(zero) })
      let sums = Self.convolve(
        source0, Reference([12, 8 / groups, 3, 3], w.map(Double.init)), Reference([12]), c)
      var expected = sums
      for i in sums.indices {
        let real = Double(Float(sums[i]) * scales[i[1]] + bias[i[1]])
        switch output {
        case WP_F32: expected[i] = real
        case WP_S32: expected[i] = real.rounded(.toNearestOrEven)
        case WP_S8: expected[i] = min(max(real.rounded(.toNearestOrEven), -128), 127)
        default: expected[i] = min(max(real.rounded(.toNearestOrEven), 0), 255)
        }
      }
      let memory = source0.channelsLast.map { UInt8(truncatingIfNeeded: Int($0) + zero) }
      var source = channelsLast(unsigned ? WP_U8 : WP_S8, source0.dims)
      var target = channelsLast(output, sums.dims)
      var weights = wp_tensor_packed(WP_S8, 4, [12, Int64(8 / groups), 3, 3], nil)
      var vector = wp_tensor_strided(WP_F32, 1, [12], nil)
      var window = c.window
      let primitive = scales.withUnsafeBufferPointer { scales in
        var attributes = wp_attributes()
        attributes.scales = scales.baseAddress
        attributes.scale_count = 12
        attributes.source_zero_point = Int32(zero)
        return wp_convolution(
          &source, &weights, &vector, &target, &window, Int64(groups), WP_ALGORITHM_DIRECT,
          &attributes)
      }
      let width = output == WP_F32 || output == WP_S32 ? 4 : 1
      let y = try run(
        primitive, [memory, bytes(w), bytes(bias)],
        into: [[UInt8](repeating: 0, count: sums.values.count * width)])[0]
      let found: [Float]
      switch output {
      case WP_F32: found = values(y)
      case WP_S32: found = values(y, as: Int32.self).map(Float.init)
      case WP_S8: found = values(y, as: Int8.self).map(Float.init)
      default: found = y.map(Float.init)
      }
      expectClose(expected.reading(channelsLast: found).values, expected.values, 1e-6)
    }
  }
}
