// SPDX-License-Identifier: Apache-2.0
// A convolution of few pixels and many weights, in slices of output channels, so that every weight is read once.

import CPrimitives
import Kernels
import Tensors

/// Blocks of a convolution's output channels.
///
/// oneDNN's kernels want channels-last outputs without gaps, so a block is computed in scratch memory and copied to its channels;
/// with few pixels that costs little.
struct ChannelBlocks {
  private struct Block {
    let primitive: Primitive
    /// The block of the result in scratch memory, to its channels.
    let result: StridedCopy
    /// Channels of post-op operands, to scratch memory: their inputs, byte offsets and copies.
    let operands: [(input: Int, offset: Int, copy: StridedCopy)]
  }

  private var blocks: [Block] = []
  private let lanes: Int
  private var copiesByteCount = 0
  private var bytesPerLane = 0

  /// Channels of a block: whole registers of every loop.
  static let unit = 32

  /// The number of blocks for so many operations; `nil` if there is one only.
  static func parts(_ request: KernelRequest, flops: Int) -> Int? {
    let parts = Slices.count(flops: flops)
    return parts > 1 && request.output.shape[1] > unit ? parts : nil
  }

  /// - Parameters:
  ///   - parts: the number of blocks wanted.
  ///   - primitive: given the request for one block, whose output and whole operands lie anywhere in memory, and its channels.
  init(
    _ request: KernelRequest, parts: Int,
    _ primitive: (KernelRequest, _ channels: Range<Int>, EarlierSlices) throws -> Primitive
  ) throws {
    let (weight, y) = (try request.input("weight"), request.output)
    let channels = y.shape[1]
    let ranges = Slices.ranges(of: (channels + Self.unit - 1) / Self.unit, parts: parts).map {
      $0.lowerBound * Self.unit..<min($0.upperBound * Self.unit, channels)
    }
    lanes = max(1, min(ranges.count, Parallel.threads))
    let width = ranges[0].count
    // The output first, then operands of its shape.
    let size = (y.count / channels * width * MemoryLayout<Float>.size).alignedToLine
    copiesByteCount = size * (1 + request.post.count { $0.operand?.shape == y.shape })
    let own = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    defer { own.deallocate() }
    for range in ranges {
      // Addresses in scratch memory are set for each run; until then they only describe.
      func block(_ buffer: Buffer) -> Buffer {
        var shape = buffer.shape
        shape[1] = range.count
        return Buffer(dtype: buffer.dtype, shape: shape, order: buffer.order, pointer: own)
      }
      func view(_ buffer: Buffer) -> StridedView { StridedView(buffer).sliced(1, from: range.lowerBound, count: range.count) }
      var inputs = request.inputs
      inputs["weight"] = [weight.part(range, of: 0)]
      inputs["bias"] = request.inputs["bias"]?.map { $0.part(range, of: 0) }
      var operands: [(Int, Int, StridedCopy)] = []
      var input = 2 + (request.optionalInput("bias") == nil ? 0 : 1)
      let post = request.post.map { post in
        guard let operand = post.operand else { return post }
        defer { input += 1 }
        guard operand.shape == y.shape else {
          return FusedPostOperation(operation: post.operation, operand: operand.channels(range, of: channels))
        }
        let part = block(operand)
        operands.append((input, size * (1 + operands.count), StridedCopy(from: view(operand), to: StridedView(part), isParallel: false)))
        return FusedPostOperation(operation: post.operation, operand: part)
      }
      let part = block(y)
      let own = KernelRequest(call: request.call, inputs: inputs, outputs: [part], post: post, scratch: request.scratch)
      let constant = request.call.tensor("weight") == nil ? nil : inputs["weight"]?.first
      let made = try own.sharing(constant, [], "channels") { earlier in
        let made = try primitive(own, range, earlier)
        earlier.add(made, shape: [])
        return made
      }
      blocks.append(
        Block(
          primitive: made, result: StridedCopy(from: StridedView(part), to: view(y), isParallel: false), operands: operands))
      bytesPerLane = max(bytesPerLane, copiesByteCount + made.scratchByteCount)
    }
    request.scratch.reserve(lanes * bytesPerLane)
  }

  func kernel(_ request: KernelRequest) -> Kernel {
    let scratch = request.scratch
    let first = blocks[0].primitive
    return Kernel(first.implementation, packed: first.isPacked(1) ? ["weight"] : []) {
      try Parallel.tryForEach(blocks.count, lanes: lanes) { index, lane in
        try run(blocks[index], scratch.base + lane * bytesPerLane)
      }
    }
  }

  private func run(_ block: Block, _ memory: UnsafeMutableRawPointer) throws {
    for (input, offset, copy) in block.operands {
      copy.run(to: memory + offset)
      block.primitive.bind(input: input, to: memory + offset)
    }
    block.primitive.bind(output: 0, to: memory)
    try block.primitive.run(scratch: memory + copiesByteCount)
    block.result.run(from: memory)
  }
}

extension Buffer {
  /// The channels of a buffer that has one value for each; of any other, all.
  fileprivate func channels(_ range: Range<Int>, of channels: Int) -> Buffer {
    guard count == channels, let axis = shape.firstIndex(of: channels) else { return self }
    return part(range, of: axis)
  }
}
