// SPDX-License-Identifier: Apache-2.0
// MIL's convolutions.

import CPrimitives
import Kernels
import MIL
import Tensors

/// Convolution over 1, 2 or 3 spatial axes.
///
/// x: `[N, C_in, *D]`, weight: `[C_out, C_in / groups, *K]`, bias: `[C_out]`; result: `[N, C_out, *D_out]`.
enum Conv: ChannelWeighted {
  static let signature = Signature(
    "conv",
    [
      Parameter("x", .float.tied("T")),
      Parameter("weight", .float.tied("T")),
      Parameter("bias", .float.tied("T"), .optional),
      Parameter("strides", .int32, .optional),
      Parameter("pad_type", .string, .defaultsTo(.string("valid"))),
      Parameter("pad", .int32, .optional),
      Parameter("dilations", .int32, .optional),
      Parameter("groups", .int32, .defaultsTo(.int(1))),
    ])
  static let weights = WeightTraits(.convolution, groups: "groups", parameters: [WeightParameter("weight"), WeightParameter("bias")])
  static let activations = ActivationTraits(quantized: ["x"])
  static let foreignNames = ForeignNames(
    torch: [.init("Conv1d", rank: 3), .init("Conv2d", rank: 4), .init("Conv3d", rank: 5)], onnx: ["Conv"])
  static func flops(_ call: Call, outputs: [Shape]) -> Int {
    2 * (outputs.first?.elementCount ?? 0) * (call.shape("weight")?.dropFirst().reduce(1, *) ?? 0)
  }
  static var layout: LayoutPolicy { .channelsLast }
  static func layout(_ call: Call) -> LayoutPolicy { hasFewChannels(call) ? .stridedToChannelsLast : .channelsLast }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let weight = try call.type("weight")
    guard (3...5).contains(x.rank), weight.rank == x.rank else {
      throw call.error("x and weight must have the same rank, 3 to 5; found \(x) and \(weight)")
    }
    let groups = try call.known(call.integer("groups"), "groups")
    guard groups > 0 else { throw call.error("groups must be positive, found \(groups)") }
    if let inputs = x.dimensions[1].size, let own = weight.dimensions[1].size {
      guard inputs == own * groups else {
        throw call.error("x has \(inputs) channels, expected \(own * groups) for weight \(weight) and \(groups) groups")
      }
    }
    if let outputs = weight.dimensions[0].size {
      guard outputs % groups == 0 else {
        throw call.error("weight has \(outputs) output channels, expected a multiple of groups, \(groups)")
      }
      if let bias = try call.optionalType("bias"), let n = bias.shape?.elementCount, n != outputs {
        throw call.error("bias has \(n) values, expected one for each of the \(outputs) output channels")
      }
    }
    let kernel = weight.dimensions.dropFirst(2).map(\.size)
    guard let known = kernel.allKnown else {
      return [.tensor(TensorType(x.dtype, [x.dimensions[0], weight.dimensions[0]] + kernel.map { _ in .any }))]
    }
    let window = try SlidingWindow(
      call, kernel: known, input: x.dimensions.dropFirst(2).map(\.size), hasDilations: true)
    let spatial = try window.output(Array(x.dimensions.dropFirst(2)), call)
    return [.tensor(TensorType(x.dtype, [x.dimensions[0], weight.dimensions[0]] + spatial))]
  }

  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    if hasFewChannels(call), case .unary = post { return true }
    guard let output = try? infer(call).first?.tensorType?.shape else { return false }
    if case .binary = post, SlidingWindow.seesOnlyPadding(call, output: output) { return false }
    return PrimitivePost.accepts(post, operand: operand, output: output, channelAxis: 1)
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let weight = try request.input("weight")
    let groups = try call.known(call.integer("groups"), "groups")
    let window = try SlidingWindow(
      call, kernel: Array(weight.shape.dropFirst(2)), input: x.shape.dropFirst(2).map { $0 }, hasDilations: true)
    if hasFewChannels(call), let kernel = fewChannelKernel(request, x, window) { return kernel }
    let winograd = WinogradCall(
      x: x, weight: weight, bias: request.optionalInput("bias"), y: request.output, window: window, groups: groups,
      isConstant: call.tensor("weight") != nil, shared: request.scratch.weights)
    if let kernel = winograd?.kernel(request) { return kernel }
    let dense = DenseCall(
      convolution: x, weight: weight, bias: request.optionalInput("bias"), y: request.output, window: window, groups: groups,
      isConstant: call.tensor("weight") != nil, shared: request.scratch.weights)
    if let kernel = dense?.kernel(request, weight: "weight", channelAxis: 1) { return kernel }
    let work = flops(call, outputs: [request.output.shape])
    let slices = try request.slices(window, flops: work)
    func make(
      _ x: UnsafePointer<wp_tensor>, _ w: UnsafePointer<wp_tensor>, _ b: UnsafePointer<wp_tensor>?, _ y: UnsafePointer<wp_tensor>,
      _ window: UnsafePointer<wp_window>, _ attributes: UnsafePointer<wp_attributes>
    ) -> OpaquePointer? { wp_convolution(x, w, b, y, window, Int64(groups), WP_ALGORITHM_DIRECT, attributes) }
    if slices.count == 1, groups == 1, let parts = ChannelBlocks.parts(request, flops: work) {
      return try ChannelBlocks(request, parts: parts) { block, _, earlier in
        try Convolutions.primitive(block, "conv", window, padded: false, earlier, make)
      }.kernel(request)
    }
    return try Convolutions.kernel(request, "conv", slices, padded: false, make)
  }

  static func scaled(_ call: Call, by map: ChannelMap) -> Call? {
    guard let weight = call.tensor("weight"), weight.shape.first == map.scale.count else { return nil }
    if call.has("bias"), call.tensor("bias") == nil { return nil }
    let bias = call.tensor("bias")?.floats() ?? Array(repeating: 0, count: map.scale.count)
    guard bias.count == map.scale.count else { return nil }
    var values = weight.floats()
    let row = values.count / max(map.scale.count, 1)
    for c in map.scale.indices { for i in c * row..<(c + 1) * row { values[i] *= map.scale[c] } }
    let shifted = bias.indices.map { bias[$0] * map.scale[$0] + map.shift[$0] }
    return call.replacing([
      "weight": Tensor(values, shape: weight.shape), "bias": Tensor(shifted, shape: [shifted.count]),
    ])
  }
}

/// Transposed convolution: the gradient of a convolution with respect to its input.
///
/// x: `[N, C_in, *D]`, weight: `[C_in, C_out / groups, *K]`, bias: `[C_out]`; result: `[N, C_out, *D_out]`.
enum ConvTranspose: Operator {
  static let signature = Signature(
    "conv_transpose", Conv.signature.parameters + [Parameter("output_shape", .int32, .optional)])
  static let weights = WeightTraits(
    .transposedConvolution, groups: "groups",
    parameters: [
      WeightParameter("weight", axes: ChannelAxes(output: 1, input: 0)), WeightParameter("bias", axes: ChannelAxes(output: 1, input: 0)),
    ])
  static let activations = ActivationTraits(quantized: ["x"])
  static let foreignNames = ForeignNames(
    torch: [.init("ConvTranspose1d", rank: 3), .init("ConvTranspose2d", rank: 4), .init("ConvTranspose3d", rank: 5)],
    onnx: ["ConvTranspose"])
  static func flops(_ call: Call, outputs: [Shape]) -> Int {
    2 * (call.shape("x")?.elementCount ?? 0) * (call.shape("weight")?.dropFirst().reduce(1, *) ?? 0)
  }
  static var layout: LayoutPolicy { .channelsLast }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let weight = try call.type("weight")
    guard (3...5).contains(x.rank), weight.rank == x.rank, let kernel = weight.dimensions.map(\.size).allKnown else {
      throw call.error("x and a weight of known shape must have the same rank, 3 to 5; found \(x) and \(weight)")
    }
    let groups = try call.known(call.integer("groups"), "groups")
    guard groups > 0 else { throw call.error("groups must be positive, found \(groups)") }
    if let inputs = x.dimensions[1].size, inputs != kernel[0] {
      throw call.error("x has \(inputs) channels, expected \(kernel[0]) for weight \(weight)")
    }
    let spatial = try x.dimensions.dropFirst(2).enumerated().map { i, d in
      guard let n = d.size else { return Dimension.any }
      return .fixed(try geometry(call, kernel, x).output(i, n))
    }
    return [.tensor(TensorType(x.dtype, [x.dimensions[0], .fixed(kernel[1] * groups)] + spatial))]
  }

  /// The window, with the padding for the requested output size.
  private struct Geometry {
    var window: SlidingWindow
    /// The requested extents, if the program specifies them.
    let wanted: [Int]?

    func output(_ i: Int, _ input: Int) -> Int {
      if let wanted { return wanted[i] }
      if window.samePadding { return input * window.strides[i] }
      return (input - 1) * window.strides[i] + window.reach(i) - window.padBegin[i] - window.padEnd[i]
    }

    /// The padding at both ends for this input extent.
    func padding(_ i: Int, _ input: Int) -> (Int, Int) {
      let total = (input - 1) * window.strides[i] + window.reach(i) - output(i, input)
      guard window.samePadding else { return (window.padBegin[i], total - window.padBegin[i]) }
      let less = max(total, 0) / 2
      return window.lowerFirst ? (total - less, less) : (less, total - less)
    }

    /// The window with its padding for an input of this shape.
    func padded(_ x: Shape) -> SlidingWindow {
      var padded = window
      for i in 0..<window.rank { (padded.padBegin[i], padded.padEnd[i]) = padding(i, x[2 + i]) }
      return padded
    }
  }

  private static func geometry(_ call: Call, _ weight: Shape, _ x: TensorType) throws -> Geometry {
    let kernel = Array(weight.dropFirst(2))
    let window = try SlidingWindow(call, kernel: kernel, input: x.dimensions.dropFirst(2).map(\.size), hasDilations: true)
    guard let shape = try call.integers("output_shape") else { return Geometry(window: window, wanted: nil) }
    guard shape.count >= kernel.count else {
      throw call.error("output_shape is \(shape), expected at least the \(kernel.count) spatial extents")
    }
    return Geometry(window: window, wanted: Array(shape.suffix(kernel.count)))
  }

  /// The window with its padding, for inputs of these shapes.
  static func window(_ call: Call, _ weight: Shape, x: Shape) throws -> SlidingWindow {
    try geometry(call, weight, TensorType(call.type("x").dtype, x)).padded(x)
  }

  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    guard let output = try? infer(call).first?.tensorType?.shape else { return false }
    return PrimitivePost.accepts(post, operand: operand, output: output, channelAxis: 1)
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let weight = try request.input("weight")
    let groups = try call.known(call.integer("groups"), "groups")
    let geometry = try geometry(call, weight.shape, TensorType(x.dtype, x.shape))
    let window = geometry.padded(x.shape)
    let (constant, bias, y) = (call.tensor("weight"), request.optionalInput("bias"), request.output)
    if groups == 1, window.isTiling, let constant, x.count > 0 {
      let post = try PrimitivePost(request) { wp_tensor($0, rank: y.shape.count) }
      if post.operands.isEmpty {
        let tiles = try TiledTranspose(x: x, weight: constant, bias: bias, y: y, post: post)
        let scratch = request.scratch
        scratch.reserve(tiles.scratchByteCount)
        return Kernel("matmul tiles", packed: ["weight", "bias"]) { try tiles.run(scratch: scratch.base) }
      }
    }
    let slices = try request.slices(window, flops: flops(call, outputs: [y.shape]), isTransposed: true)
    return try Convolutions.kernel(request, "conv_transpose", slices, padded: true) { x, w, b, y, window, attributes in
      wp_deconvolution(x, w, b, y, window, Int64(groups), attributes)
    }
  }
}

extension SlidingWindow {
  /// Whether two-dimensional windows are adjacent: without overlap, gaps or padding.
  fileprivate var isTiling: Bool {
    rank == 2 && strides == kernel && dilations.allSatisfy { $0 == 1 } && (padBegin + padEnd).allSatisfy { $0 == 0 }
  }
}

/// The family of convolutions.
enum Convolutions {
  /// Describes a convolution of x, weight, bias and output to oneDNN.
  typealias Make = (
    UnsafePointer<wp_tensor>, UnsafePointer<wp_tensor>, UnsafePointer<wp_tensor>?, UnsafePointer<wp_tensor>,
    UnsafePointer<wp_window>, UnsafePointer<wp_attributes>
  ) -> OpaquePointer?

  /// The primitives that `make` describes for each slice: the weight packed, permanently where it is constant, post-ops fused.
  ///
  /// - Parameter padded: whether the window has the padding at its end too; otherwise it follows from the output.
  fileprivate static func kernel(
    _ request: KernelRequest, _ name: String, _ slices: [WindowSlice], padded: Bool, _ make: Make
  ) throws -> Kernel {
    let weight = request.call.tensor("weight") == nil ? nil : try request.input("weight")
    return try request.sharing(weight, [try request.call.knownInteger("groups", atLeast: 1)], name) { earlier in
      try SlicedPrimitive(slices, shape: \.shape, earlier) { slice, earlier in
        try primitive(slice.request(request), name, slice.window, padded: padded, earlier, make)
      }.kernel(request, names: ["x", "weight"], requests: slices.map { $0.request(request) })
    }
  }

  fileprivate static func primitive(
    _ request: KernelRequest, _ name: String, _ window: SlidingWindow, padded: Bool, _ earlier: EarlierSlices, _ make: Make
  ) throws -> Primitive {
    let (x, weight, y) = (try request.input("x"), try request.input("weight"), request.output)
    let bias = request.optionalInput("bias")
    let post = try PrimitivePost(request) { wp_tensor($0, rank: y.shape.count) }
    let geometry =
      padded
      ? window.primitiveWithOwnPadding()
      : window.primitive(input: Array(x.shape.dropFirst(2)), output: Array(y.shape.dropFirst(2)))
    let handle = earlier.handle { other in
      post.withAttributes { attributes in
        withUnsafePointers(
          wp_tensor(x), wp_tensor(packing: weight.shape, like: other),
          bias.map { wp_tensor(shape: [$0.count]) }, wp_tensor(y)
        ) { x, w, b, y in withUnsafePointer(to: geometry) { make(x, w, b, y, $0, attributes) } }
      }
    }
    let inputs = [x, weight] + (bias.map { [$0] } ?? [])
    return try Primitive(
      name, handle, inputs: inputs.map { UnsafeRawPointer($0.pointer) } + post.operands, outputs: [y.pointer],
      constant: request.call.tensor("weight") == nil ? [] : [1], sharing: earlier.sibling)
  }

  static let operators: [any Operator.Type] = [Conv.self, ConvTranspose.self]
}
