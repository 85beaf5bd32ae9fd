// SPDX-License-Identifier: Apache-2.0
// MIL's pooling operators.

import CPrimitives
import Kernels
import MIL
import Tensors

/// An operator that summarizes a sliding window of each channel.
///
/// x: `[N, C, *D]`; result: `[N, C, *D_out]`.
protocol Pool: Operator {
  static func kind(_ call: Call) throws -> wp_pool_kind
}

extension Pool {
  fileprivate static func parameters(_ more: [Parameter] = []) -> [Parameter] {
    [
      Parameter("x", .float),
      Parameter("kernel_sizes", .int32),
      Parameter("strides", .int32, .optional),
      Parameter("pad_type", .string, .defaultsTo(.string("valid"))),
      Parameter("pad", .int32, .optional),
      Parameter("ceil_mode", .bool, .defaultsTo(.bool(false))),
    ] + more
  }

  static var layout: LayoutPolicy { .channelsLast }

  static func flops(_ call: Call, outputs: [Shape]) -> Int {
    let window = ((try? call.integers("kernel_sizes")) ?? nil)?.reduce(1, *) ?? 1
    return (outputs.first?.elementCount ?? 0) * window
  }

  static func window(_ call: Call, _ x: TensorType) throws -> SlidingWindow {
    let kernel = try call.known(call.integers("kernel_sizes"), "kernel_sizes")
    guard (3...5).contains(x.rank), kernel.count == x.rank - 2 else {
      throw call.error("x of rank 3 to 5 needs one kernel size for each spatial axis; found \(x) and \(kernel)")
    }
    guard kernel.allSatisfy({ $0 > 0 }) else { throw call.error("kernel_sizes must be positive, found \(kernel)") }
    var window = try SlidingWindow(call, kernel: kernel, input: x.dimensions.dropFirst(2).map(\.size), hasDilations: false)
    window.ceilMode = try call.bool("ceil_mode") ?? false
    return window
  }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let spatial = try window(call, x).output(Array(x.dimensions.dropFirst(2)), call)
    return [.tensor(TensorType(x.dtype, Array(x.dimensions[..<2]) + spatial))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (primitive, slices) = try pooling(request)
    return primitive.kernel(request, names: ["x"], requests: slices.map { $0.request(request) })
  }

  fileprivate static func pooling(_ request: KernelRequest) throws -> (SlicedPrimitive, [WindowSlice]) {
    let (x, y) = (try request.input("x"), request.output)
    let window = try window(request.call, TensorType(x.dtype, x.shape))
    let kind = try kind(request.call)
    let slices = try request.slices(window, flops: flops(request.call, outputs: [y.shape]))
    let primitive = try SlicedPrimitive(slices, shape: \.shape) { slice, earlier in
      let (x, y) = (slice.input(x), slice.output(y))
      let geometry = slice.window.primitive(input: Array(x.shape.dropFirst(2)), output: Array(y.shape.dropFirst(2)))
      let handle = earlier.handle { _ in
        withUnsafePointers(wp_tensor(x), wp_tensor(y), nil, wp_tensor(y)) { x, y, _, _ in
          withUnsafePointer(to: geometry) { wp_pooling(x, y, kind, $0, nil) }
        }
      }
      return try Primitive(signature.name, handle, inputs: [UnsafeRawPointer(x.pointer)], outputs: [y.pointer])
    }
    return (primitive, slices)
  }
}

/// The largest value of each window.
enum MaxPool: Pool {
  static let signature = Signature("max_pool", parameters())
  static let activations = ActivationTraits(quantized: ["x"], sharesRange: true, codes: .selects)
  static let foreignNames = ForeignNames(torch: ["MaxPool1d", "MaxPool2d", "MaxPool3d"], onnx: ["MaxPool"])
  static func kind(_ call: Call) throws -> wp_pool_kind { WP_POOL_MAX }
}

/// The mean of each window; padding counts as zeros unless `exclude_padding_from_average`.
enum AvgPool: Pool {
  static let signature = Signature(
    "avg_pool", parameters([Parameter("exclude_padding_from_average", .bool, .defaultsTo(.bool(false)))]))
  static let activations = ActivationTraits(quantized: ["x"])
  static let foreignNames = ForeignNames(torch: ["AvgPool1d", "AvgPool2d", "AvgPool3d", "AdaptiveAvgPool2d"], onnx: ["AveragePool"])
  static func kind(_ call: Call) throws -> wp_pool_kind {
    try call.bool("exclude_padding_from_average") ?? false
      ? WP_POOL_AVERAGE_WITHOUT_PADDING : WP_POOL_AVERAGE_WITH_PADDING
  }
}

/// `sqrt(Σ x²)` over each window.
enum L2Pool: Pool {
  static let signature = Signature("l2_pool", parameters())
  static func kind(_ call: Call) throws -> wp_pool_kind { WP_POOL_AVERAGE_WITH_PADDING }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    // The square root of the mean of the squares times the window size.
    let x = try request.input("x")
    let y = request.output
    let squares = UnsafeMutablePointer<Float>.allocate(capacity: max(x.count, 1))
    let squared = Buffer(dtype: .float32, shape: x.shape, order: x.order, pointer: squares)
    let (pool, _) = try pooling(
      KernelRequest(call: request.call, inputs: ["x": [squared]], outputs: request.outputs, scratch: request.scratch))
    let window = try request.call.known(request.call.integers("kernel_sizes"), "kernel_sizes").elementCount
    let memory = OwnedMemory(squares)
    let scratch = request.scratch
    scratch.reserve(pool.scratchByteCount)
    let (from, to, n, m) = (x.floats(), y.floats(), x.count, y.count)
    return Kernel(pool.first.implementation) {
      for i in 0..<n { memory.pointer[i] = from[i] * from[i] }
      try pool.run(scratch: scratch.base)
      for i in 0..<m { to[i] = (to[i] * Float(window)).squareRoot() }
    }
  }
}

/// The family of pooling operators.
enum Pooling {
  static let operators: [any Operator.Type] = [MaxPool.self, AvgPool.self, L2Pool.self]
}
