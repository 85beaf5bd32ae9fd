// SPDX-License-Identifier: Apache-2.0
// Conversion of a oneDNN primitive to a kernel: post-ops, scratch memory, packed weights.

import CPrimitives
import Kernels
import Tensors

/// Post-ops in oneDNN's form, with the addresses of their operands.
struct PrimitivePost {
  var operations: [wp_post_op]
  let operands: [UnsafeRawPointer]

  /// - Parameters:
  ///   - sums: whether an addend of the output's shape that comes first uses oneDNN's sum post-op, which reads it from the
  ///     output buffer. oneDNN's fastest products support sum, but not binary post-ops.
  ///   - describe: the operand as oneDNN should see it, relative to the primitive's output.
  init(_ request: KernelRequest, sums: Bool = false, describe: (Buffer) -> wp_tensor) throws {
    var operations: [wp_post_op] = []
    var operands: [UnsafeRawPointer] = []
    for post in request.post {
      switch post.operation {
      case .unary(let function):
        guard let op = function.postOperation else { throw request.call.error("cannot fuse \(function)") }
        operations.append(op)
      case .binary(let function, _):
        guard let f = function.postFunction, let operand = post.operand else {
          throw request.call.error("cannot fuse \(function)")
        }
        if sums, operations.isEmpty, request.summand != nil {
          operations.append(wp_post_sum(1))
          continue
        }
        operations.append(wp_post_binary(f, describe(operand)))
        operands.append(UnsafeRawPointer(operand.pointer))
      }
    }
    self.operations = operations
    self.operands = operands
  }

  /// Calls `body` with oneDNN's attributes.
  func withAttributes<R>(_ body: (UnsafePointer<wp_attributes>) -> R) -> R {
    operations.withUnsafeBufferPointer { list in
      var attributes = wp_attributes()
      attributes.post_ops = list.baseAddress
      attributes.post_op_count = Int32(list.count)
      return withUnsafePointer(to: attributes, body)
    }
  }

  /// Whether oneDNN's fast kernels support the post-op: its operand has the output's shape, one value per channel, or one value.
  static func accepts(_ post: PostOperation, operand: Shape?, output: Shape, channelAxis: Int) -> Bool {
    switch post {
    case .unary(let function): return function.postOperation != nil
    case .binary(let function, _):
      guard function.postFunction != nil, let operand else { return false }
      if operand == output || operand.elementCount == 1 { return operand.count <= output.count }
      let padded = Array(repeating: 1, count: max(0, output.count - operand.count)) + operand
      return padded.count == output.count
        && padded.enumerated().allSatisfy { $0.offset == channelAxis ? $0.element == output[channelAxis] : $0.element == 1 }
    }
  }
}

extension KernelRequest {
  /// The operand of a first post-op that adds it to the output, element by element. oneDNN's sum post-op reads it from the output
  /// buffer, where it must be copied before the primitive runs.
  var summand: Buffer? {
    guard let first = post.first, case .binary(.add, _) = first.operation, let operand = first.operand,
      operand.shape == output.shape
    else { return nil }
    return operand
  }
}

extension Primitive {
  /// The primitive as a kernel of one slice.
  func kernel(_ request: KernelRequest, names: [String]) -> Kernel { SlicedPrimitive([self]).kernel(request, names: names) }
}

extension SlicedPrimitive {
  /// The primitives as a kernel. `names` are the parameters of their first inputs, in order; `summand` is copied to the output
  /// before they run. `requests` are those of the slices, if they read and write contiguous parts.
  func kernel(_ request: KernelRequest, names: [String], summand: Buffer? = nil, requests: [KernelRequest]? = nil) -> Kernel {
    let scratch = request.scratch
    scratch.reserve(scratchByteCount)
    let packed = names.enumerated().filter { first.isPacked($0.offset) }.map(\.element)
    if let summand, summand.pointer != request.output.pointer {
      let copy = StridedCopy(from: summand, to: request.output)
      return Kernel(first.implementation, packed: Set(packed)) {
        copy.run()
        try self.run(scratch: scratch.base)
      }
    }
    let sliced = scratchByteCountPerSlice.flatMap { bytes in
      requests.map { SlicedWork($0.map(SlicedWork.Access.init), scratchByteCount: bytes) { try self.run(slice: $0, scratch: $1) } }
    }
    return Kernel(first.implementation, packed: Set(packed), sliced: sliced) { try self.run(scratch: scratch.base) }
  }
}

extension Shape {
  /// The shape with leading ones, up to `rank` axes.
  func padded(to rank: Int) -> Shape { Array(repeating: 1, count: Swift.max(0, rank - count)) + self }
}

extension wp_tensor {
  /// A post-op's operand relative to an output of this rank.
  init(_ buffer: Buffer, rank: Int) {
    guard buffer.shape.count < rank else {
      self.init(buffer)
      return
    }
    self.init(buffer.dtype, shape: buffer.shape.padded(to: rank))
  }
}

/// Calls `body` with pointers to four descriptors, of which the third is optional.
func withUnsafePointers<A, R>(
  _ a: A, _ b: A, _ c: A?, _ d: A,
  _ body: (UnsafePointer<A>, UnsafePointer<A>, UnsafePointer<A>?, UnsafePointer<A>) -> R
) -> R {
  withUnsafePointer(to: a) { a in
    withUnsafePointer(to: b) { b in
      withUnsafePointer(to: d) { d in
        guard let c else { return body(a, b, nil, d) }
        return withUnsafePointer(to: c) { body(a, b, $0, d) }
      }
    }
  }
}
