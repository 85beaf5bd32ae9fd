// SPDX-License-Identifier: Apache-2.0
// Moves blocks of pixels between image, channels and batch. All are splits and permutations of axes.

import Kernels
import MIL
import Tensors

/// Channels become blocks of pixels; the block's position is outermost among the channels.
enum DepthToSpace: MovementOperator {
  static let signature = Signature("depth_to_space", [Parameter("x", .float), Parameter("block_size", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] { [try Blocks.toSpace(call, "block_size")] }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let block = try Blocks.size(request.call, "block_size")
    let x = StridedView(try request.input("x"))
    let pixels = Blocks.pixels(StridedView(request.output), block)
    // n, block row, block column, channel, row, column
    let channels = x.splitting(1, into: [block, block, pixels.extents[1]])
    return Kernel(copies: [StridedCopy(from: channels.permuted(by: [0, 3, 4, 1, 5, 2]), to: pixels)])
  }
}

/// Blocks of pixels become channels; the block's position is outermost among the channels.
enum SpaceToDepth: MovementOperator {
  static let signature = Signature("space_to_depth", [Parameter("x", .float), Parameter("block_size", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] { [try Blocks.toDepth(call, "block_size")] }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let block = try Blocks.size(request.call, "block_size")
    let pixels = Blocks.pixels(StridedView(try request.input("x")), block)
    let channels = StridedView(request.output).splitting(1, into: [block, block, pixels.extents[1]])
    return Kernel(copies: [StridedCopy(from: pixels, to: channels.permuted(by: [0, 3, 4, 1, 5, 2]))])
  }
}

/// Channels become blocks of pixels; the block's position is innermost among the channels (PyTorch's PixelShuffle).
enum PixelShuffle: MovementOperator {
  static let signature = Signature("pixel_shuffle", [Parameter("x", .float), Parameter("upscale_factor", .int32)])
  static func infer(_ call: Call) throws -> [ValueType] { [try Blocks.toSpace(call, "upscale_factor")] }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let block = try Blocks.size(request.call, "upscale_factor")
    let x = StridedView(try request.input("x"))
    let pixels = Blocks.pixels(StridedView(request.output), block)
    // n, channel, block row, block column, row, column
    let channels = x.splitting(1, into: [pixels.extents[1], block, block])
    return Kernel(copies: [StridedCopy(from: channels.permuted(by: [0, 1, 4, 2, 5, 3]), to: pixels)])
  }
}

/// Blocks of pixels become channels; the block's position is innermost among the channels (PyTorch's PixelUnshuffle).
enum PixelUnshuffle: MovementOperator {
  static let signature = Signature(
    "pixel_unshuffle", since: .iOS16, [Parameter("x", .float), Parameter("downscale_factor", .uint32)])
  static func infer(_ call: Call) throws -> [ValueType] { [try Blocks.toDepth(call, "downscale_factor")] }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let block = try Blocks.size(request.call, "downscale_factor")
    let pixels = Blocks.pixels(StridedView(try request.input("x")), block)
    let channels = StridedView(request.output).splitting(1, into: [pixels.extents[1], block, block])
    return Kernel(copies: [StridedCopy(from: pixels, to: channels.permuted(by: [0, 1, 4, 2, 5, 3]))])
  }
}

/// Square blocks of pixels that are stored in the channels.
private enum Blocks {
  static func size(_ call: Call, _ parameter: String) throws -> Int {
    let size = try call.knownInteger(parameter, atLeast: 1)
    guard size <= 1 << 16 else { throw call.error("\(parameter) is \(size), expected at most \(1 << 16)") }
    return size
  }

  static func toSpace(_ call: Call, _ parameter: String) throws -> ValueType {
    let x = try call.type("x", rank: 4)
    let size = try size(call, parameter)
    let channels = try x.dimensions[1].map { try quotient(call, $0, size * size, "channels", parameter) }
    return try call.result(x.dtype, [x.dimensions[0], channels, x.dimensions[2] * size, x.dimensions[3] * size])
  }

  static func toDepth(_ call: Call, _ parameter: String) throws -> ValueType {
    let x = try call.type("x", rank: 4)
    let size = try size(call, parameter)
    let height = try x.dimensions[2].map { try quotient(call, $0, size, "rows", parameter) }
    let width = try x.dimensions[3].map { try quotient(call, $0, size, "columns", parameter) }
    return try call.result(x.dtype, [x.dimensions[0], x.dimensions[1] * (size * size), height, width])
  }

  private static func quotient(_ call: Call, _ extent: Int, _ divisor: Int, _ what: String, _ parameter: String) throws -> Int {
    guard extent % divisor == 0 else {
      throw call.error("x has \(extent) \(what), expected a multiple of \(divisor) because of \(parameter)")
    }
    return extent / divisor
  }

  /// The pixels as batch, channel, row, row in block, column, column in block.
  static func pixels(_ view: StridedView, _ block: Int) -> StridedView {
    view.splitting(3, into: [view.extents[3] / block, block]).splitting(2, into: [view.extents[2] / block, block])
  }
}

/// Pads the image with zeros; each position within a block becomes a separate batch.
enum SpaceToBatch: MovementOperator {
  static let signature = Signature(
    "space_to_batch", [Parameter("x", .float), Parameter("block_shape", .int32), Parameter("paddings", .int32)])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x", rank: 4)
    let grid = try BatchGrid(call, borders: "paddings")
    let space = try (0..<2).map { i -> Dimension in
      let padded: Dimension = x.dimensions[2 + i] + grid.before[i] + grid.after[i]
      return try padded.map { extent in
        guard extent % grid.block[i] == 0 else {
          throw call.error("axis \(2 + i) has \(extent) elements with its paddings, expected a multiple of \(grid.block[i])")
        }
        return extent / grid.block[i]
      }
    }
    let batch: Dimension = x.dimensions[0] * (grid.block[0] * grid.block[1])
    return [try call.result(x.dtype, [batch, x.dimensions[1]] + space)]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let grid = try BatchGrid(request.call, borders: "paddings")
    let y = StridedView(request.output)
    let copies = grid.places(image: StridedView(try request.input("x")), batches: y).map { StridedCopy(from: $0.image, to: $0.batch) }
    guard grid.before != [0, 0] || grid.after != [0, 0] else { return Kernel(copies: copies) }
    let clear = StridedFill(y, pattern: 0)
    return Kernel("copy") {
      clear.run()
      for copy in copies { copy.run() }
    }
  }
}

/// Combines the batches of each block into one image, and removes its padding.
enum BatchToSpace: MovementOperator {
  static let signature = Signature(
    "batch_to_space", [Parameter("x", .float), Parameter("block_shape", .int32), Parameter("crops", .int32)])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x", rank: 4)
    let grid = try BatchGrid(call, borders: "crops")
    let batch = try x.dimensions[0].map { extent in
      guard extent % (grid.block[0] * grid.block[1]) == 0 else {
        throw call.error("x has \(extent) batches, expected a multiple of \(grid.block[0] * grid.block[1])")
      }
      return extent / (grid.block[0] * grid.block[1])
    }
    let space = (0..<2).map { i -> Dimension in
      let whole: Dimension = x.dimensions[2 + i] * grid.block[i]
      return whole + -(grid.before[i] + grid.after[i])
    }
    return [try call.result(x.dtype, [batch, x.dimensions[1]] + space)]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let grid = try BatchGrid(request.call, borders: "crops")
    let x = StridedView(try request.input("x"))
    return Kernel(
      copies: grid.places(image: StridedView(request.output), batches: x).map { StridedCopy(from: $0.batch, to: $0.image) })
  }
}

/// The partition of an image into blocks whose positions are batches.
private struct BatchGrid {
  let block: [Int]
  /// Padding rows and columns of the block grid before and after the image.
  let before: [Int]
  let after: [Int]

  init(_ call: Call, borders parameter: String) throws {
    block = try call.knownIntegers("block_shape", count: 2)
    guard block.allSatisfy({ (1...1 << 10).contains($0) }) else { throw call.error("block_shape is \(block), expected 1 to \(1 << 10)") }
    guard try call.type(parameter).shape == [2, 2] else {
      throw call.error("\(parameter) is \(try call.type(parameter)), expected shape [2, 2]")
    }
    let widths = try call.knownIntegers(parameter, count: 4)
    guard widths.allSatisfy({ (0...1 << 40).contains($0) }) else { throw call.error("\(parameter) are \(widths), expected at least 0") }
    before = [widths[0], widths[2]]
    after = [widths[1], widths[3]]
  }

  /// For every position in a block: its pixels in the image, and their location in the batches.
  func places(image: StridedView, batches: StridedView) -> [(image: StridedView, batch: StridedView)] {
    let positions = batches.splitting(0, into: [block[0], block[1], image.extents[0]])
    var places: [(StridedView, StridedView)] = []
    for row in 0..<block[0] {
      for column in 0..<block[1] {
        var pixels = image
        var batch = positions.removing(0, at: row).removing(0, at: column)
        for (axis, phase) in [(2, row), (3, column)] {
          // Block i has this position at pixel i · block + phase - before.
          let (size, skip) = (block[axis - 2], before[axis - 2])
          let first = max((skip - phase + size - 1) / size, 0)
          let end = min(max((image.extents[axis] + skip - phase + size - 1) / size, first), batch.extents[axis])
          let count = max(end - first, 0)
          pixels = pixels.sliced(axis, from: first * size + phase - skip, count: count, step: size)
          batch = batch.sliced(axis, from: first, count: count)
        }
        places.append((pixels, batch))
      }
    }
    return places
  }
}

enum Rearranging {
  static let operators: [any Operator.Type] = [
    DepthToSpace.self, SpaceToDepth.self, PixelShuffle.self, PixelUnshuffle.self, SpaceToBatch.self, BatchToSpace.self,
  ]
}
