// SPDX-License-Identifier: Apache-2.0
// Convolutions and fully connected layers on 8-bit codes, between a dequantize and optionally a quantize. They are
// not MIL operators; the runtime inserts them if the processor supports sums of byte products.

import CKernels
import CPrimitives
import Encodings
import Kernels
import MIL
import Tensors

/// An operator with an equivalent that computes on codes instead of dequantized floats.
package protocol IntegerForm: Operator {
  /// The operator and call that read the codes of `dequantize` as x and have the same result as this call; `nil` if
  /// weights or scales do not permit it.
  static func integerForm(_ call: Call, after dequantize: Call) -> (any IntegerOperator.Type, Call)?
}

/// An operator on codes. Its result is floats, or codes if the following quantize has been fused into it.
package protocol IntegerOperator: Operator {}

extension IntegerOperator {
  /// The call with `quantize` fused into it; `nil` if the scale of `quantize` is not a scalar.
  package static func quantizing(_ call: Call, by quantize: Call) -> Call? {
    guard let scale = quantize.tensor("scale"), scale.count == 1, scale.floats()[0] > 0 else { return nil }
    let zero = quantize.tensor("zero_point")?.floats().first ?? 0
    return call.replacing(["output_scale": Tensor([scale.floats()[0]]), "output_zero_point": Tensor([zero])])
  }

  fileprivate static var codeParameters: [Parameter] {
    [
      Parameter("scale", .float), Parameter("zero_point", .float), Parameter("output_scale", .float, .optional),
      Parameter("output_zero_point", .float, .optional),
    ]
  }

  /// The call on codes: x is bound to the codes, weight to those of the encoded weight, and scale to the product of
  /// both scales, one for each output channel.
  fileprivate static func lowered(_ call: Call, after dequantize: Call) -> Call? {
    guard ck_multiplies_bytes(), let encoded = call.operands["weight"]?.first?.encoded, let weight = CodedRows(encoded),
      let scale = dequantize.tensor("scale"), scale.count == 1, let codes = dequantize.operands["input"],
      !call.has("bias") || call.tensor("bias") != nil
    else { return nil }
    let zero = dequantize.tensor("zero_point")?.floats().first ?? 0
    let own = scale.floats()[0]
    var operands = call.operands
    operands["x"] = codes
    operands["weight"] = [Operand(weight.codes, name: operands["weight"]?.first?.name.map { $0 + ".codes" })]
    operands["scale"] = [Operand(Tensor(weight.scales.map { $0 * own }))]
    operands["zero_point"] = [Operand(Tensor([zero]))]
    return Call(operation: call.operation, opset: call.opset, signature: signature, operands: operands)
  }

  package static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    guard !call.has("output_scale"), let output = try? infer(call).first?.tensorType?.shape else { return false }
    if case .binary = post, signature.name == "conv", SlidingWindow.seesOnlyPadding(call, output: output) { return false }
    return PrimitivePost.accepts(post, operand: operand, output: output, channelAxis: channelAxis(output))
  }

  fileprivate static func channelAxis(_ output: Shape) -> Int { signature.name == "linear" ? output.count - 1 : 1 }

  /// The primitive that `make` describes: scales, then post-ops, then the scale of the result.
  ///
  /// - Parameters:
  ///   - channels: the output channels of the request; `nil` for all.
  ///   - make: given the bias, the attributes and a primitive whose layout of weights is wanted.
  fileprivate static func primitive(
    _ request: KernelRequest, _ earlier: EarlierSlices, channels: Range<Int>? = nil, describe: (Buffer) -> wp_tensor,
    _ make: (UnsafePointer<wp_tensor>?, UnsafePointer<wp_attributes>, Primitive?) -> OpaquePointer?
  ) throws -> Primitive {
    let call = request.call
    var scales = call.tensor("scale")?.floats() ?? []
    if let channels, scales.count > 1 { scales = Array(scales[channels]) }
    var post = try PrimitivePost(request, describe: describe)
    if let scale = call.tensor("output_scale")?.floats().first {
      let zero = call.tensor("output_zero_point")?.floats().first ?? 0
      post.operations.append(wp_post_eltwise(WP_LINEAR, 1 / scale, zero))
    }
    let bias = request.optionalInput("bias")
    let handle = earlier.handle { other in
      scales.withUnsafeBufferPointer { scales in
        post.withAttributes { attributes in
          var own = attributes.pointee
          own.scales = scales.baseAddress
          own.scale_count = Int32(scales.count)
          own.source_zero_point = Int32(call.tensor("zero_point")?.floats().first ?? 0)
          guard let bias else { return make(nil, &own, other) }
          return withUnsafePointer(to: wp_tensor(shape: [bias.count])) { make($0, &own, other) }
        }
      }
    }
    let inputs = [try request.input("x"), try request.input("weight")] + (bias.map { [$0] } ?? [])
    return try Primitive(
      signature.name, handle, inputs: inputs.map { UnsafeRawPointer($0.pointer) } + post.operands,
      outputs: [request.output.pointer], constant: [1], sharing: earlier.sibling)
  }
}

/// Symmetric 8-bit codes with a scale for each index of the first axis. The weights are the products of codes and
/// scales.
private struct CodedRows {
  let codes: Tensor
  let scales: [Float]

  init?(_ weight: EncodedWeight) {
    let parts: BlockwiseEncoding
    switch weight {
    case .affine(let encoding):
      guard let blockwise = try? encoding.blockwise() else { return nil }
      parts = blockwise
    case .blockwise(.dense(let data), let scale, let offset):
      guard let blockwise = try? BlockwiseEncoding(data: data, scale: scale, offset: offset) else { return nil }
      parts = blockwise
    default: return nil
    }
    let (data, scale) = (parts.data, parts.scale)
    guard [.int4, .uint4, .int8, .uint8].contains(data.dtype), data.count > 0,
      scale.shape.dropFirst().allSatisfy({ $0 == 1 }), scale.shape[0] == 1 || scale.shape[0] == data.shape[0]
    else { return nil }
    let rows = data.shape[0]
    func spread(_ values: [Float]) -> [Float] { values.count == rows ? values : Array(repeating: values[0], count: rows) }
    let zeros = spread(parts.offset?.floats() ?? [0])
    let (values, width) = (data.floats(), data.count / rows)
    var codes = [Int8](repeating: 0, count: data.count)
    for i in codes.indices {
      guard let code = Int8(exactly: values[i] - zeros[i / width]) else { return nil }
      codes[i] = code
    }
    let scales = spread(scale.floats())
    if scale.dtype == .float16 {
      // Decoded weights would be rounded to fp16, but sums of codes are not, so the results would differ.
      for (i, code) in codes.enumerated() where Float(Float16(scales[i / width] * Float(code))) != scales[i / width] * Float(code) {
        return nil
      }
    }
    self.codes = Tensor(codes, shape: data.shape)
    self.scales = scales
  }
}

/// A convolution on codes.
///
/// x: `[N, C_in, *D]` int8 or uint8, weight: `[C_out, C_in / groups, *K]` int8, bias: `[C_out]`, scale: `[C_out]`;
/// result: `[N, C_out, *D_out]`, fp32 or codes.
package enum IntegerConv: IntegerOperator {
  package static let signature = Signature("conv", Conv.signature.parameters + codeParameters)
  package static func flops(_ call: Call, outputs: [Shape]) -> Int { Conv.flops(call, outputs: outputs) }
  package static var layout: LayoutPolicy { .channelsLast }

  package static func infer(_ call: Call) throws -> [ValueType] {
    try Conv.infer(call).map { .tensor(TensorType(.float32, $0.tensorType?.dimensions ?? [])) }
  }

  package static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, weight, y) = (try request.input("x"), try request.input("weight"), request.output)
    let groups = try request.call.known(request.call.integer("groups"), "groups")
    let window = try SlidingWindow(
      request.call, kernel: Array(weight.shape.dropFirst(2)), input: x.shape.dropFirst(2).map { $0 }, hasDilations: true)
    let work = flops(request.call, outputs: [y.shape])
    func made(
      _ part: KernelRequest, _ window: SlidingWindow, _ earlier: EarlierSlices, channels: Range<Int>? = nil
    ) throws -> Primitive {
      let (x, weight, y) = (try part.input("x"), try part.input("weight"), part.output)
      let geometry = window.primitive(input: Array(x.shape.dropFirst(2)), output: Array(y.shape.dropFirst(2)))
      return try primitive(part, earlier, channels: channels, describe: { wp_tensor($0, rank: y.shape.count) }) { bias, attributes, other in
        withUnsafePointers(wp_tensor(x), wp_tensor(packing: weight.shape, .int8, like: other), nil, wp_tensor(y)) { x, w, _, y in
          withUnsafePointer(to: geometry) {
            wp_convolution(x, w, bias, y, $0, Int64(groups), WP_ALGORITHM_DIRECT, attributes)
          }
        }
      }
    }
    let slices = try request.slices(window, flops: work)
    if slices.count == 1, groups == 1, let parts = ChannelBlocks.parts(request, flops: work) {
      return try ChannelBlocks(request, parts: parts) { try made($0, window, $2, channels: $1) }.kernel(request)
    }
    return try request.sharing(weight, [groups], signature.name) { earlier in
      try SlicedPrimitive(slices, shape: \.shape, earlier) { try made($0.request(request), $0.window, $1) }
        .kernel(request, names: ["x", "weight"])
    }
  }
}

/// A fully connected layer on codes.
///
/// x: `[*D, C_in]` int8 or uint8, weight: `[C_out, C_in]` int8, bias: `[C_out]`, scale: `[C_out]`; result: `[*D,
/// C_out]`, fp32 or codes.
package enum IntegerLinear: IntegerOperator {
  package static let signature = Signature("linear", Linear.signature.parameters + codeParameters)
  package static func flops(_ call: Call, outputs: [Shape]) -> Int { Linear.flops(call, outputs: outputs) }

  package static func infer(_ call: Call) throws -> [ValueType] {
    try Linear.infer(call).map { .tensor(TensorType(.float32, $0.tensorType?.dimensions ?? [])) }
  }

  package static func kernel(_ request: KernelRequest) throws -> Kernel {
    let weight = try request.input("weight")
    let sliced = try request.rowSlices(columns: weight.shape[0], inner: weight.shape[1], constant: weight) { slice, earlier in
      let (x, y) = (try slice.input("x"), slice.output)
      return try primitive(slice, earlier, describe: { wp_tensor($0) }) { bias, attributes, other in
        withUnsafePointers(wp_tensor(x), wp_tensor(packing: weight.shape, .int8, like: other), nil, wp_tensor(y)) { x, w, _, y in
          wp_inner_product(x, w, bias, y, attributes)
        }
      }
    }
    return sliced.kernel(request, names: ["x", "weight"])
  }
}

extension Conv: IntegerForm {
  static func integerForm(_ call: Call, after dequantize: Call) -> (any IntegerOperator.Type, Call)? {
    // For a single output position oneDNN only has a slow reference implementation.
    guard let y = try? infer(call).first?.tensorType?.shape, y.dropFirst(2).reduce(1, *) > 1 else { return nil }
    return IntegerConv.lowered(call, after: dequantize).map { (IntegerConv.self, $0) }
  }
}

extension Linear: IntegerForm {
  static func integerForm(_ call: Call, after dequantize: Call) -> (any IntegerOperator.Type, Call)? {
    guard dequantize.tensor("zero_point").map({ $0.floats().allSatisfy { $0 == 0 } }) ?? true,
      let y = try? infer(call).first?.tensorType?.shape, y.elementCount > 0
    else { return nil }
    return IntegerLinear.lowered(call, after: dequantize).map { (IntegerLinear.self, $0) }
  }
}

extension IntegerOperator { package static var gradient: Gradient { .integers } }
