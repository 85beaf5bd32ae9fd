// SPDX-License-Identifier: Apache-2.0
// Matrix products.

import CKernels
import CPrimitives
import Encodings
import Kernels
import MIL
import Tensors

/// `y = x · weightᵀ + bias`
///
/// x: `[*D, C_in]`, weight: `[C_out, C_in]`, bias: `[C_out]`; result: `[*D, C_out]`.
enum Linear: StoredWeights {
  static let signature = Signature(
    "linear",
    [
      Parameter("x", .number.tied("T")),
      // Since iOS17 constants may have a different dtype.
      Parameter("weight", .number.tied("T").tied("U", since: .iOS17)),
      Parameter("bias", .number.tied("T").tied("U", since: .iOS17), .optional),
    ])
  static let weights = WeightTraits(.linear, parameters: [WeightParameter("weight"), WeightParameter("bias")])
  static let activations = ActivationTraits(quantized: ["x"])
  static let foreignNames = ForeignNames(torch: ["Linear"], onnx: ["Gemm"])
  static func flops(_ call: Call, outputs: [Shape]) -> Int {
    2 * (outputs.first?.elementCount ?? 0) * (call.shape("weight")?.last ?? 0)
  }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let weight = try call.type("weight")
    guard x.rank >= 1, weight.rank == 2 else {
      throw call.error("needs x of rank 1 or more and weight of rank 2; found \(x) and \(weight)")
    }
    if let a = x.dimensions.last?.size, let b = weight.dimensions[1].size, a != b {
      throw call.error("the last extent of x is \(a), expected \(b) for weight \(weight)")
    }
    return [.tensor(TensorType(x.dtype, x.dimensions.dropLast() + [weight.dimensions[0]]))]
  }

  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    guard let output = try? infer(call).first?.tensorType?.shape, (try? call.type("x").dtype.isFloat) == true
    else { return false }
    return PrimitivePost.accepts(post, operand: operand, output: output, channelAxis: output.count - 1)
  }

  /// The primitive supports it; a single row uses a different kernel.
  static func addsInPlace(_ call: Call) -> Bool {
    guard let y = try? infer(call).first?.tensorType, y.dtype.isFloat, let shape = y.shape, let columns = shape.last else {
      return false
    }
    return shape.elementCount > columns
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    if let kernel = try request.convertingConstants("weight", "bias", for: kernel) { return kernel }
    let x = try request.input("x")
    let bias = request.optionalInput("bias")
    let y = request.output
    if let encoded = request.call.stored("weight") {
      return try packedKernel(request, x.floats(), encoded, bias)
    }
    if let constant = request.call.tensor("weight"), x.dtype == .float32, constant.count > 0 {
      if let kernel = storedKernel(request, x, constant, bias) { return kernel }
    }
    let weight = try request.input("weight")
    guard x.dtype == .float32 else { return try integerKernel(x, weight, bias, y) }
    let (columns, inner) = (weight.shape[0], weight.shape[1])
    let isConstant = request.call.tensor("weight") != nil
    let dense = DenseCall(
      x, rows: y.count / max(columns, 1),
      .init(buffer: weight, columns: columns, channels: inner, strides: (inner, 1), isConstant: isConstant), bias: bias,
      shared: request.scratch.weights)
    if let kernel = dense?.kernel(request, weight: "weight", channelAxis: y.shape.count - 1) { return kernel }
    let sliced = try request.rowSlices(columns: columns, inner: inner, constant: isConstant ? weight : nil) { slice, earlier in
      let rows = slice.output.shape[0]
      let post = try PrimitivePost(slice, sums: true) { wp_tensor(shape: $0.shape) }
      let handle = earlier.handle { other in
        post.withAttributes { attributes in
          withUnsafePointers(
            wp_tensor(shape: [rows, inner]),
            isConstant ? wp_tensor(packing: [columns, inner], like: other) : wp_tensor(shape: [columns, inner]),
            bias.map { wp_tensor(shape: [$0.count]) }, wp_tensor(shape: [rows, columns])
          ) { wp_inner_product($0, $1, $2, $3, attributes) }
        }
      }
      return try Primitive(
        "linear", handle,
        inputs: [try slice.input("x").pointer, weight.pointer].map { UnsafeRawPointer($0) }
          + (bias.map { [UnsafeRawPointer($0.pointer)] } ?? []) + post.operands,
        outputs: [slice.output.pointer], constant: isConstant ? [1] : [], sharing: earlier.sibling)
    }
    return sliced.kernel(request, names: ["x", "weight"], summand: request.summand)
  }

  /// A single row is computed by Wane's own loop, which reads each weight once, so that neither packing nor decoding
  /// is worthwhile.
  static func storedParameters(_ call: Call, _ policy: WeightPolicy) -> Set<String> {
    guard let y = try? infer(call).first?.tensorType?.shape, y.elementCount > 0,
      let shape = try? call.type("weight").shape, shape.elementCount > 0,
      policy == .packed || policy == .auto && y.elementCount == shape[0]
    else { return [] }
    if let encoded = call.stored("weight") { return PackedMatrix.canHold(encoded) ? ["weight"] : [] }
    return call.tensor("weight")?.dtype == .float16 ? ["weight"] : []
  }

  /// The product with weights in stored form; `nil` if oneDNN's weight layout is faster.
  private static func storedKernel(_ request: KernelRequest, _ x: Buffer, _ weight: Tensor, _ bias: Buffer?) -> Kernel? {
    let stored = request.inputs["weight"]?.first
    let y = request.output.floats()
    if request.output.count == weight.shape[0] {
      let product = RowProduct(weight: weight, buffer: stored, bias: bias, post: request.post)
      let x = x.floats()
      return Kernel(stored == nil ? "gemv:f16" : "gemv:f32") { product.run(x, to: y) }
    }
    guard stored == nil else { return nil }
    let product = PanelProduct(
      .half(weight), bias: bias, post: request.post, count: request.output.count / weight.shape[0])
    let from = x.floats()
    let scratch = request.scratch
    scratch.reserve(product.scratchByteCount)
    return Kernel("panels:f16") { product.run(from, to: y, scratch: scratch.base) }
  }

  /// The product with compressed weights: a single row is computed directly, several rows with decoded panels.
  private static func packedKernel(
    _ request: KernelRequest, _ x: UnsafePointer<Float>, _ encoded: EncodedWeight, _ bias: Buffer?
  ) throws -> Kernel {
    let shared = try request.packedMatrix("weight", encoded)
    guard let weight = shared.value else {
      throw request.call.error("no matrix product supports the compressed format of weight")
    }
    let y = request.output.floats()
    let count = request.output.count / weight.rows
    guard count > PackedProduct.mostRows else {
      let product = PackedProduct(weight, bias: bias, post: request.post, count: count)
      return Kernel("gemv:\(weight.label)") {
        _ = shared
        product.run(x, to: y)
      }
    }
    let product = PanelProduct(.packed(weight), bias: bias, post: request.post, count: count)
    let scratch = request.scratch
    scratch.reserve(product.scratchByteCount)
    return Kernel("panels:\(weight.label)") {
      _ = shared
      product.run(x, to: y, scratch: scratch.base)
    }
  }

  private static func integerKernel(_ x: Buffer, _ weight: Buffer, _ bias: Buffer?, _ y: Buffer) throws -> Kernel {
    let (columns, inner) = (weight.shape[0], weight.shape[1])
    let rows = y.count / columns
    let (a, w, b, out) = (x.int32s(), weight.int32s(), bias?.int32s(), y.int32s())
    return Kernel("loop") {
      for r in 0..<rows {
        for c in 0..<columns {
          var sum = b?[c] ?? 0
          for k in 0..<inner { sum &+= a[r * inner + k] &* w[c * inner + k] }
          out[r * columns + c] = sum
        }
      }
    }
  }
}

/// Matrix product over the last two axes, broadcasting the others; vectors are treated as in NumPy.
///
/// x: `[*, M, K]` (`[*, K, M]` if transpose_x), y: `[*, K, N]` (`[*, N, K]` if transpose_y); result: `[*, M, N]`.
enum MatMul: Operator {
  static let signature = Signature(
    "matmul",
    [
      Parameter("x", .number.tied("T")),
      // Since iOS17 the dtypes may differ if one operand is a constant.
      Parameter("y", .number.tied("T").tied("U", since: .iOS17)),
      Parameter("transpose_x", .bool, .defaultsTo(.bool(false))),
      Parameter("transpose_y", .bool, .defaultsTo(.bool(false))),
    ])
  static let weights = WeightTraits(
    .product,
    parameters: [
      WeightParameter("x", .learnedUnlessScalar, axes: ChannelAxes(output: -2, input: -1, transposedBy: "transpose_x")),
      WeightParameter("y", .learnedUnlessScalar, axes: ChannelAxes(output: -1, input: -2, transposedBy: "transpose_y")),
    ])
  static let activations = ActivationTraits(quantized: ["x", "y"])
  static let foreignNames = ForeignNames(torch: ["Linear"], onnx: ["MatMul"])
  static func flops(_ call: Call, outputs: [Shape]) -> Int {
    guard let x = call.shape("x"), let last = x.last else { return 0 }
    let isTransposed = ((try? call.bool("transpose_x")) ?? nil) ?? false
    return 2 * (outputs.first?.elementCount ?? 0) * (isTransposed && x.count > 1 ? x[x.count - 2] : last)
  }
  static var layout: LayoutPolicy { .strided }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let y = try call.type("y")
    guard x.rank >= 1, y.rank >= 1 else { throw call.error("needs operands of rank 1 or more; found \(x) and \(y)") }
    let (tx, ty) = try transposes(call)
    var a = x.rank == 1 ? [.fixed(1)] + x.dimensions : x.dimensions
    var b = y.rank == 1 ? y.dimensions + [.fixed(1)] : y.dimensions
    if tx, x.rank > 1 { a.swapAt(a.count - 1, a.count - 2) }
    if ty, y.rank > 1 { b.swapAt(b.count - 1, b.count - 2) }
    if let k = a.last?.size, let l = b[b.count - 2].size, k != l {
      throw call.error("inner extents differ: \(k) of x \(x), \(l) of y \(y)")
    }
    var out = try call.broadcast(Array(a.dropLast(2)), Array(b.dropLast(2)))
    if x.rank > 1 { out.append(a[a.count - 2]) }
    if y.rank > 1 { out.append(b[b.count - 1]) }
    return [.tensor(TensorType(try resultType(call, x.dtype, y.dtype), out))]
  }

  /// A constant is converted to the dtype of the other operand.
  private static func resultType(_ call: Call, _ x: DType, _ y: DType) throws -> DType {
    switch (call.tensor("x"), call.tensor("y")) {
    case _ where x == y: return x
    case (nil, _?): return x
    case (_?, nil): return y
    // Both values are known only because one was computed from constants, so the declared types determine which one
    // is the constant.
    case (_?, _?):
      if let declared = call.operation.outputs.first?.type.tensorType?.dtype, declared == y { return y }
      return x
    case (nil, nil): throw call.error("x is \(x.name) and y is \(y.name), expected the same type unless one is a constant")
    }
  }

  static func transposes(_ call: Call) throws -> (Bool, Bool) {
    (
      try call.known(call.bool("transpose_x"), "transpose_x"),
      try call.known(call.bool("transpose_y"), "transpose_y")
    )
  }

  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    guard let type = try? infer(call).first?.tensorType, type.dtype.isFloat, let output = type.shape, output.count >= 2,
      let x = try? call.type("x"), let y = try? call.type("y"), x.rank > 1, y.rank > 1
    else { return false }
    return PrimitivePost.accepts(post, operand: operand, output: output, channelAxis: output.count - 1)
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let (tx, ty) = try transposes(call)
    let out = request.output
    let (x, y) = (try request.input("x"), try request.input("y"))
    if let kernel = try request.convertingConstants("x", "y", for: kernel) { return kernel }
    let a = MatrixOperand(x, transposed: tx && x.shape.count > 1, isLeft: true)
    let b = MatrixOperand(y, transposed: ty && y.shape.count > 1, isLeft: false)
    let batch = out.shape.dropLast((x.shape.count > 1 ? 1 : 0) + (y.shape.count > 1 ? 1 : 0))
    let rank = batch.count + 2
    let shape = Array(batch) + [a.rows, b.columns]
    guard a.columns > 0 else {
      let bytes = out.byteCount
      return Kernel("empty") { out.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }
    }
    guard out.dtype == .float32 else { return integerKernel(a.padded(to: rank), b.padded(to: rank), shape, out) }
    // A constant right-hand matrix shared by the whole batch is packed once.
    let left = a.padded(to: rank)
    let right = b.padded(to: rank)
    let packs = call.tensor("y") != nil && right.shape.dropLast(2).allSatisfy { $0 == 1 }
    // A product of two known matrices is one of tensors, which has the bits of a program's product of two inputs.
    let isConstant = call.tensor("y") != nil && call.tensor("x") == nil
    if right.shape.dropLast(2).allSatisfy({ $0 == 1 }), b.columns > 0, x.isPlain, !tx, out.isPlain, y.isPlain {
      let (inner, columns) = (a.columns, b.columns)
      let dense = DenseCall(
        x, rows: out.count / columns,
        .init(buffer: y, columns: columns, channels: inner, strides: ty ? (inner, 1) : (1, columns), isConstant: isConstant), bias: nil,
        shared: request.scratch.weights)
      if let kernel = dense?.kernel(request, weight: "y", channelAxis: max(out.shape.count - 1, 0)) { return kernel }
    }
    // Cut along the outermost axis of more than one index: matrices of a batch, or rows.
    let axis = shape.dropLast().firstIndex { $0 > 1 } ?? rank - 2
    let flops = 2 * shape.elementCount * left.shape[rank - 1]
    // Rows enough to use each element of the other matrix often.
    let limit = axis == rank - 2 ? max(shape[axis] / 16, 1) : shape[axis]
    let ranges = Slices.ranges(of: shape[axis], parts: Slices.count(flops: flops, atMost: limit))
    return try request.sharing(packs ? y : nil, [ty ? 1 : 0], "matmul") { earlier in
      try SlicedPrimitive(ranges, shape: { [$0.count] }, earlier) { range, earlier in
        let a = left.part(range, of: axis)
        let b = axis == rank - 2 ? right : right.part(range, of: axis)
        let c = Buffer(dtype: out.dtype, shape: shape, pointer: out.pointer).part(range, of: axis)
        let post = try PrimitivePost(request.matrices(range, of: axis, rank: rank)) { wp_tensor(shape: $0.shape) }
        let handle = earlier.handle { other in
          post.withAttributes { attributes in
            withUnsafePointers(
              wp_tensor(shape: a.shape, strides: a.strides),
              packs
                ? wp_tensor(packing: b.shape, strides: b.strides, like: other)
                : wp_tensor(shape: b.shape, strides: b.strides), nil, wp_tensor(shape: c.shape)
            ) { a, b, _, c in wp_matmul(a, b, nil, c, attributes) }
          }
        }
        return try Primitive(
          "matmul", handle, inputs: [a.pointer, b.pointer].map { UnsafeRawPointer($0) } + post.operands, outputs: [c.pointer],
          constant: packs ? [1] : [], sharing: earlier.sibling)
      }.kernel(request, names: ["x", "y"])
    }
  }

  private static func integerKernel(_ a: MatrixOperand, _ b: MatrixOperand, _ shape: Shape, _ out: Buffer) -> Kernel {
    let rank = shape.count
    let (rows, columns, inner) = (shape[rank - 2], shape[rank - 1], a.shape[rank - 1])
    let batch = Array(shape.dropLast(2))
    let (x, y, z) = (a.pointer.assumingMemoryBound(to: Int32.self), b.pointer.assumingMemoryBound(to: Int32.self), out.int32s())
    return Kernel("loop") {
      for m in 0..<batch.elementCount {
        var (rest, xo, yo) = (m, 0, 0)
        for i in batch.indices.reversed() {
          let at = rest % batch[i]
          rest /= batch[i]
          xo += a.shape[i] == 1 ? 0 : at * a.strides[i]
          yo += b.shape[i] == 1 ? 0 : at * b.strides[i]
        }
        for r in 0..<rows {
          for c in 0..<columns {
            var sum: Int32 = 0
            for k in 0..<inner {
              sum &+=
                x[xo + r * a.strides[rank - 2] + k * a.strides[rank - 1]]
                &* y[yo + k * b.strides[rank - 2] + c * b.strides[rank - 1]]
            }
            z[(m * rows + r) * columns + c] = sum
          }
        }
      }
    }
  }
}

/// An operand of a product: extents and strides after converting vectors to matrices and applying transposes.
private struct MatrixOperand {
  var shape: Shape
  var strides: [Int]
  private(set) var pointer: UnsafeMutableRawPointer

  init(_ buffer: Buffer, transposed: Bool, isLeft: Bool) {
    shape = buffer.shape
    strides = buffer.strides
    pointer = buffer.pointer
    if shape.count == 1 {
      shape = isLeft ? [1] + shape : shape + [1]
      strides = isLeft ? [shape[1] * strides[0]] + strides : strides + [1]
    }
    if transposed {
      shape.swapAt(shape.count - 1, shape.count - 2)
      strides.swapAt(strides.count - 1, strides.count - 2)
    }
  }

  var rows: Int { shape[shape.count - 2] }
  var columns: Int { shape[shape.count - 1] }

  /// The matrices or rows at `range` of an axis; an axis of extent 1 is broadcast.
  func part(_ range: Range<Int>, of axis: Int) -> MatrixOperand {
    guard shape[axis] > 1 else { return self }
    var part = self
    part.shape[axis] = range.count
    part.pointer += range.lowerBound * strides[axis] * MemoryLayout<Float>.size
    return part
  }

  /// The operand with leading batch axes of extent 1 added, up to the given rank.
  func padded(to rank: Int) -> MatrixOperand {
    var copy = self
    while copy.shape.count < rank {
      copy.strides.insert((copy.strides.first ?? 1) * max(copy.shape.first ?? 1, 1), at: 0)
      copy.shape.insert(1, at: 0)
    }
    return copy
  }
}

extension KernelRequest {
  /// The request with its post-ops' operands, of this many axes, cut like the output.
  fileprivate func matrices(_ range: Range<Int>, of axis: Int, rank: Int) -> KernelRequest {
    let post = post.map { post in
      FusedPostOperation(
        operation: post.operation,
        operand: post.operand.map { operand in
          let whole = operand.reshaped(operand.count == 1 ? Shape(repeating: 1, count: rank) : operand.shape.padded(to: rank))
          return whole.shape[axis] > 1 ? whole.part(range, of: axis) : whole
        })
    }
    return KernelRequest(call: call, inputs: inputs, outputs: outputs, post: post, scratch: scratch)
  }

  /// The kernel of this request with constants of other element types than the output's converted; `nil` when there are none.
  fileprivate func convertingConstants(_ parameters: String..., for kernel: (KernelRequest) throws -> Kernel) throws -> Kernel? {
    let dtype = output.dtype
    let others = parameters.filter { optionalInput($0).map { $0.dtype != dtype } ?? false }
    guard !others.isEmpty else { return nil }
    var constants: [String: Tensor] = [:]
    var inputs = inputs
    for parameter in others {
      guard let tensor = call.tensor(parameter) else {
        throw call.error("\(parameter) is not a constant, expected type \(dtype.name)")
      }
      let converted = tensor.cast(to: dtype)
      constants[parameter] = converted
      inputs[parameter] = [Call.buffer(converted)]
    }
    let made = try kernel(
      KernelRequest(call: call.replacing(constants), inputs: inputs, outputs: outputs, post: post, scratch: scratch))
    return Kernel(made.label) { [constants] in try withExtendedLifetime(constants) { try made.run() } }
  }
}

/// The family of matrix products.
enum LinearAlgebra {
  static let operators: [any Operator.Type] = [Linear.self, MatMul.self, Einsum.self]
}
