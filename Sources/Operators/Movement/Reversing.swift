// SPDX-License-Identifier: Apache-2.0
// Reverses axes, entirely or up to a length, and creates overlapping windows.

import Kernels
import MIL
import Tensors

/// `x` with the given axes, or all axes, reversed.
enum Reverse: MovementOperator {
  static let signature = Signature("reverse", [Parameter("x", .moved), Parameter("axes", .int32, .optional)])
  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    _ = try call.knownAxes("axes", rank: x.rank)
    return [.tensor(x)]
  }
  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    var x = StridedView(try request.input("x"))
    for axis in try request.call.knownAxes("axes", rank: x.rank) ?? Array(x.extents.indices) { x = x.reversed(axis) }
    return Kernel(copies: [StridedCopy(from: x, to: StridedView(request.output))])
  }
}

/// For each index `b` of `batch_axis`, reverses the first `lengths[b]` elements of `seq_axis`.
enum ReverseSequence: MovementOperator {
  static let signature = Signature(
    "reverse_sequence",
    [
      Parameter("x", .moved), Parameter("lengths", .extent), Parameter("seq_axis", .int32, .defaultsTo(.int(0))),
      Parameter("batch_axis", .int32, .defaultsTo(.int(0))),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let (sequence, batch) = try axes(call, rank: x.rank)
    let lengths = try call.type("lengths")
    guard lengths.rank == 1, lengths.dimensions[0].agrees(with: x.dimensions[batch]) else {
      throw call.error("lengths is \(lengths), expected one for each of the \(x.dimensions[batch]) indices of axis \(batch)")
    }
    if let extent = x.dimensions[sequence].size, let wrong = try call.integers("lengths")?.first(where: { !(0...extent).contains($0) }) {
      throw call.error("a length is \(wrong), expected 0 to \(extent)")
    }
    return [.tensor(x)]
  }

  private static func axes(_ call: Call, rank: Int) throws -> (sequence: Int, batch: Int) {
    let sequence = try call.knownAxis("seq_axis", rank: rank)
    let batch = try call.knownAxis("batch_axis", rank: rank)
    guard sequence != batch else { throw call.error("seq_axis and batch_axis are both \(batch), expected different axes") }
    return (sequence, batch)
  }

  static var layout: LayoutPolicy { .follows }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = StridedView(try request.input("x"))
    let y = StridedView(request.output)
    let lengths = try Indexing.list(request, "lengths")
    let (sequence, batch) = try axes(call, rank: x.rank)
    let (extent, batches) = (x.extents[sequence], x.extents[batch])
    guard extent > 0, batches > 0 else { return Kernel(copies: []) }
    guard lengths.count == batches else {
      throw call.error("lengths has \(lengths.count) elements, expected one for each of the \(batches) indices of axis \(batch)")
    }
    // One element along both axes at a time, with a position computed at run time.
    let (first, second) = (max(sequence, batch), min(sequence, batch))
    let copy = StridedCopy(from: x.removing(first).removing(second), to: y.removing(first).removing(second), isParallel: false)
    return Kernel("copy") {
      for b in 0..<batches {
        let length = lengths[b]
        guard (0...extent).contains(length) else { throw call.error("length \(b) is \(length), expected 0 to \(extent)") }
        for t in 0..<extent {
          let from = t < length ? length - 1 - t : t
          copy.run(
            sourceOffset: b * x.strides[batch] + from * x.strides[sequence],
            destinationOffset: b * y.strides[batch] + t * y.strides[sequence])
        }
      }
    }
  }
}

/// All windows of `size` elements along an axis, `stride` apart. The axis is replaced with two: windows and elements.
enum SlidingWindows: MovementOperator {
  static let signature = Signature(
    "sliding_windows",
    [
      Parameter("x", .windowed), Parameter("axis", .int32), Parameter("size", .int32),
      Parameter("stride", .int32, .defaultsTo(.int(1))),
    ])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let axis = try call.knownAxis("axis", rank: x.rank)
    let size = try call.knownInteger("size", atLeast: 1)
    let stride = try call.knownInteger("stride", atLeast: 1)
    let windows = try x.dimensions[axis].map { extent in
      guard size <= extent else { throw call.error("size is \(size), but axis \(axis) has \(extent) elements") }
      return (extent - size) / stride + 1
    }
    var dimensions = x.dimensions
    dimensions.replaceSubrange(axis...axis, with: [windows, .fixed(size)])
    return [try call.result(x.dtype, dimensions)]
  }
  static var layout: LayoutPolicy { .strided }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = StridedView(try request.input("x"))
    let axis = try request.call.knownAxis("axis", rank: x.rank)
    let windows = x.windows(
      axis, size: try request.call.knownInteger("size", atLeast: 1), step: try request.call.knownInteger("stride", atLeast: 1))
    return Kernel(copies: [StridedCopy(from: windows, to: StridedView(request.output))])
  }
}

enum Reversing {
  static let operators: [any Operator.Type] = [Reverse.self, ReverseSequence.self, SlidingWindows.self]
}
