// SPDX-License-Identifier: Apache-2.0
// The gradients of a convolution with respect to its weight and its input.

import CKernels
import CPrimitives
import Kernels
import MIL
import Tensors

extension SlidingWindow {
  /// The window as parameters of a gradient operator, with explicit padding.
  func parameters(input: [Int], output: [Int]) -> [String: (any Emittable)?] {
    let end = (0..<rank).map { max(0, (output[$0] - 1) * strides[$0] + reach($0) - input[$0] - padBegin[$0]) }
    return [
      "strides": strides, "dilations": dilations, "pad_type": "custom",
      "pad": (0..<rank).flatMap { [padBegin[$0], end[$0]] },
    ]
  }
}

/// The gradient of a convolution's weight and, with `bias`, of its bias.
///
/// x: `[N, C_in, *D]`, gradient: `[N, C_out, *D_out]`; results: `[C_out, C_in / groups, *kernel_sizes]`, `[C_out]`.
enum ConvWeightGradient: Operator {
  static let signature = Signature(
    "training_conv_weight_gradient",
    [
      .x, Parameter("gradient", .float.tied("T")), Parameter("kernel_sizes", .int32), Parameter("strides", .int32, .optional),
      Parameter("pad_type", .string, .defaultsTo(.string("valid"))), Parameter("pad", .int32, .optional),
      Parameter("dilations", .int32, .optional), Parameter("groups", .int32, .defaultsTo(.int(1))),
      Parameter("bias", .bool, .defaultsTo(.bool(false))),
    ])
  static var layout: LayoutPolicy { .channelsLastInputs(["x", "gradient"], outputs: false) }
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] {
    let (x, gradient) = (try call.type("x"), try call.type("gradient"))
    guard (3...5).contains(x.rank), gradient.rank == x.rank else {
      throw call.error("x and gradient must have the same rank, 3 to 5; found \(x) and \(gradient)")
    }
    let kernel = try call.knownIntegers("kernel_sizes", count: x.rank - 2)
    let groups = try call.knownInteger("groups", atLeast: 1)
    let own = try x.dimensions[1].map { channels in
      guard channels % groups == 0 else { throw call.error("x has \(channels) channels, expected a multiple of groups, \(groups)") }
      return channels / groups
    }
    let weight = ValueType.tensor(TensorType(x.dtype, [gradient.dimensions[1], own] + kernel.map { .fixed($0) }))
    guard try call.known(call.bool("bias"), "bias") else { return [weight] }
    return [weight, .tensor(TensorType(x.dtype, [gradient.dimensions[1]]))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, gradient) = (try request.input("x"), try request.input("gradient"))
    let (geometry, groups) = try ConvolutionGradients.geometry(request, input: x.shape, output: gradient.shape)
    // Each slice has a separate sum. Together the sums take no more memory than the operands.
    let most = 1 + (x.count + gradient.count) / max(request.output.count, 1)
    let slices = ConvolutionGradients.slices(gradient, x, kernel: request.output.shape, atMost: most)
    let sliced = try SlicedPrimitive(slices, shape: { [$0.count] }) { images, earlier in
      let (x, y) = (x.part(images, of: 0), gradient.part(images, of: 0))
      let handle = earlier.handle { _ in
        withUnsafePointers(
          wp_tensor(x), wp_tensor(packing: request.output.shape),
          request.outputs.count > 1 ? wp_tensor(shape: request.outputs[1].shape) : nil, wp_tensor(y)
        ) { x, w, b, y in withUnsafePointer(to: geometry) { wp_convolution_weight_gradient(x, w, b, y, $0, groups) } }
      }
      return try Primitive(
        signature.name, handle, inputs: [UnsafeRawPointer(x.pointer), UnsafeRawPointer(y.pointer)],
        outputs: request.outputs.map(\.pointer))
    }
    let sum = SlicedSum(request.outputs, slices: slices.count)
    let own = sliced.scratchByteCount.alignedToLine
    request.scratch.reserve(own + sum.byteCount)
    let scratch = request.scratch
    return Kernel(sliced.first.implementation) {
      let parts = scratch.base + own
      sum.bind(sliced, to: parts)
      try sliced.run(scratch: scratch.base)
      sum.run(parts)
    }
  }
}

/// The gradient of a convolution's input.
///
/// gradient: `[N, C_out, *D_out]`, weight: `[C_out, C_in / groups, *K]`; result: `input_shape`, `[N, C_in, *D]`.
enum ConvInputGradient: Operator {
  static let signature = Signature(
    "training_conv_input_gradient",
    [
      Parameter("gradient", .float.tied("T")), Parameter("weight", .float.tied("T")), Parameter("input_shape", .int32),
      Parameter("strides", .int32, .optional), Parameter("pad_type", .string, .defaultsTo(.string("valid"))),
      Parameter("pad", .int32, .optional), Parameter("dilations", .int32, .optional),
      Parameter("groups", .int32, .defaultsTo(.int(1))),
    ])
  static var layout: LayoutPolicy { .channelsLast }
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] {
    let (gradient, weight) = (try call.type("gradient"), try call.type("weight"))
    guard (3...5).contains(gradient.rank), weight.rank == gradient.rank else {
      throw call.error("gradient and weight must have the same rank, 3 to 5; found \(gradient) and \(weight)")
    }
    let shape = try call.knownIntegers("input_shape", count: gradient.rank)
    return [try call.result(gradient.dtype, shape.map { .fixed($0) })]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (gradient, weight, x) = (try request.input("gradient"), try request.input("weight"), request.output)
    let (geometry, groups) = try ConvolutionGradients.geometry(
      request, input: x.shape, output: gradient.shape, kernel: Array(weight.shape.dropFirst(2)))
    let isConstant = request.call.tensor("weight") != nil
    let window = try SlidingWindow(
      request.call, kernel: Array(weight.shape.dropFirst(2)), input: x.shape.dropFirst(2).map { $0 }, hasDilations: true)
    let winograd = WinogradCall(
      x: gradient, weight: weight, bias: nil, y: x, window: window, groups: Int(groups), isConstant: isConstant,
      shared: request.scratch.weights, isGradient: true)
    if let kernel = winograd?.kernel(request) { return kernel }
    let slices = ConvolutionGradients.slices(gradient, x, kernel: weight.shape)
    return try request.sharing(isConstant ? weight : nil, [Int(groups)], signature.name) { earlier in
      try SlicedPrimitive(slices, shape: { [$0.count] }, earlier) { images, earlier in
        let (y, x) = (gradient.part(images, of: 0), x.part(images, of: 0))
        let handle = earlier.handle { other in
          withUnsafePointers(wp_tensor(y), wp_tensor(packing: weight.shape, like: other), nil, wp_tensor(x)) { y, w, _, x in
            withUnsafePointer(to: geometry) { wp_convolution_input_gradient(y, w, x, $0, groups) }
          }
        }
        return try Primitive(
          signature.name, handle, inputs: [UnsafeRawPointer(y.pointer), UnsafeRawPointer(weight.pointer)], outputs: [x.pointer],
          constant: isConstant ? [1] : [], sharing: earlier.sibling)
      }.kernel(request, names: ["gradient", "weight"])
    }
  }
}

/// Results that slices compute in part: the parts are added in their order, so that the sum does not depend on who was first.
private struct SlicedSum {
  private let outputs: [Buffer]
  private let slices: Int
  /// Bytes of the outputs of one slice, each output aligned to 64.
  private let stride: Int

  init(_ outputs: [Buffer], slices: Int) {
    (self.outputs, self.slices) = (outputs, slices)
    stride = outputs.reduce(0) { $0 + $1.byteCount.alignedToLine }
  }

  /// Bytes of the parts of all slices but the first, which has the outputs themselves.
  var byteCount: Int { (slices - 1) * stride }

  /// The part of output `index` that a slice after the first computes.
  private func part(_ slice: Int, _ index: Int, in memory: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    memory + (slice - 1) * stride + outputs[..<index].reduce(0) { $0 + $1.byteCount.alignedToLine }
  }

  /// Lets each slice write its own part in `memory`.
  func bind(_ sliced: SlicedPrimitive, to memory: UnsafeMutableRawPointer) {
    for slice in 1..<max(slices, 1) {
      for index in outputs.indices { sliced.bind(slice: slice, output: index, to: part(slice, index, in: memory)) }
    }
  }

  func run(_ memory: UnsafeMutableRawPointer) {
    guard slices > 1 else { return }
    for (index, output) in outputs.enumerated() {
      let to = output.floats()
      let parts = (1..<slices).map { UnsafePointer(part($0, index, in: memory).assumingMemoryBound(to: Float.self)) }
      Chunks.forEach(of: output.count) { range in
        for part in parts { ck_add(to + range.lowerBound, to + range.lowerBound, part + range.lowerBound, range.count) }
      }
    }
  }
}

/// The family of convolution gradients.
enum ConvolutionGradients {
  /// Groups of images, each with work for a slice.
  ///
  /// - Parameter kernel: shape of the weight.
  fileprivate static func slices(_ gradient: Buffer, _ x: Buffer, kernel: Shape, atMost limit: Int = .max) -> [Range<Int>] {
    guard gradient.isOutermost(0), x.isOutermost(0) else { return [0..<x.shape[0]] }
    let flops = 2 * gradient.count * kernel.dropFirst().reduce(1, *)
    return Slices.ranges(of: x.shape[0], parts: Slices.count(flops: flops, atMost: min(limit, max(x.shape[0], 1))))
  }

  fileprivate static func geometry(
    _ request: KernelRequest, input: Shape, output: Shape, kernel: [Int]? = nil
  ) throws -> (wp_window, Int64) {
    let call = request.call
    let kernel = try kernel ?? call.knownIntegers("kernel_sizes", count: input.count - 2)
    let window = try SlidingWindow(call, kernel: kernel, input: input.dropFirst(2).map { $0 }, hasDilations: true)
    let groups = try call.knownInteger("groups", atLeast: 1)
    return (window.primitive(input: Array(input.dropFirst(2)), output: Array(output.dropFirst(2))), Int64(groups))
  }

  static let operators: [any Operator.Type] = [ConvInputGradient.self, ConvWeightGradient.self]
}
