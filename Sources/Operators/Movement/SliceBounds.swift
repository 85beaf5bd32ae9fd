// SPDX-License-Identifier: Apache-2.0
// The region that begin, end, stride and the masks of `slice_by_index` and `slice_update` select.

import Kernels
import MIL
import Tensors

/// The parameters of a slice, as far as they are known.
struct SliceBounds {
  /// The selection along one axis: indices `start, start + step, …`.
  struct Range {
    let start: Int
    let count: Int
  }

  static let parameters = [
    Parameter("begin", .extent.tied("U")), Parameter("end", .extent.tied("U")),
    Parameter("stride", .extent.tied("U"), .optional), Parameter("begin_mask", .bool, .optional),
    Parameter("end_mask", .bool, .optional), Parameter("squeeze_mask", .bool, .optional),
  ]

  /// `nil` if not known before run time.
  private let begins: [Int]?
  private let ends: [Int]?
  let steps: [Int]
  private let beginMask: [Bool]
  private let endMask: [Bool]
  private let squeezeMask: [Bool]

  /// - Throws: `OperatorError` if a parameter's length is not the rank, or a stride is zero.
  init(_ call: Call, rank: Int) throws {
    func sized<T>(_ parameter: String, _ values: [T]) throws -> [T] {
      guard values.count == rank else { throw call.error("\(parameter) has \(values.count) elements, but x has rank \(rank)") }
      return values
    }
    func mask(_ parameter: String) throws -> [Bool] {
      guard call.has(parameter) else { return Array(repeating: false, count: rank) }
      return try sized(parameter, call.known(call.integers(parameter), parameter).map { $0 != 0 })
    }
    begins = try call.integers("begin").map { try sized("begin", $0) }
    ends = try call.integers("end").map { try sized("end", $0) }
    steps = try call.has("stride") ? sized("stride", call.known(call.integers("stride"), "stride")) : Array(repeating: 1, count: rank)
    guard steps.allSatisfy({ $0 != 0 && $0 != .min }) else { throw call.error("stride is \(steps), expected nonzero steps") }
    beginMask = try mask("begin_mask")
    endMask = try mask("end_mask")
    squeezeMask = try mask("squeeze_mask")
  }

  func squeezes(_ axis: Int) -> Bool { squeezeMask[axis] }

  /// The result's extent along an axis that is not squeezed.
  func extent(_ axis: Int, of extent: Dimension, _ call: Call) throws -> Dimension {
    let isMasked = beginMask[axis] && endMask[axis]
    if let extent = extent.size {
      guard isMasked || ((begins != nil || beginMask[axis]) && (ends != nil || endMask[axis])) else { return .any }
      return .fixed(try range(axis, of: extent, begin: begins?[axis] ?? 0, end: ends?[axis] ?? 0, call).count)
    }
    if isMasked { return abs(steps[axis]) == 1 ? extent : .any }
    // Sentinels for a missing bound: the first or last index, whatever the extent (if it is not zero).
    guard let begin = begins?[axis], !beginMask[axis] else { return .any }
    let first = steps[axis] > 0 ? 0 : -1
    if endMask[axis] { return begin == -1 - first ? .fixed(1) : .any }
    guard let end = ends?[axis] else { return .any }
    if begin == end { return .fixed(0) }
    return begin == first && end - begin == steps[axis].signum() ? .fixed(1) : .any
  }

  /// The selection along an axis of the given extent, for these values of begin and end.
  ///
  /// - Throws: `OperatorError` if the index of a squeezed axis is out of range.
  func range(_ axis: Int, of extent: Int, begin: Int, end: Int, _ call: Call) throws -> Range {
    let step = steps[axis]
    if squeezeMask[axis] {
      let index = beginMask[axis] ? 0 : begin < 0 ? begin + extent : begin
      guard (0..<extent).contains(index) else { throw call.error("index \(begin) is outside axis \(axis), which has \(extent) elements") }
      return Range(start: index, count: 1)
    }
    // Python's rule: negative positions count from the end, then both bounds are clamped to the valid range.
    let lowest = step > 0 ? 0 : -1
    let highest = step > 0 ? extent : extent - 1
    func place(_ position: Int) -> Int { min(max(position < 0 ? position + extent : position, lowest), highest) }
    let from = beginMask[axis] ? (step > 0 ? lowest : highest) : place(begin)
    let to = endMask[axis] ? (step > 0 ? highest : lowest) : place(end)
    let length = step > 0 ? to - from : from - to
    return Range(start: from, count: length > 0 ? (length - 1) / abs(step) + 1 : 0)
  }
}

/// A slice of known extents whose position may be known only at run time.
struct SlicePlan {
  /// The slice with every start at zero, without the squeezed axes.
  let part: StridedView
  private let bounds: SliceBounds
  private let begins: IndexList
  private let ends: IndexList
  private let view: StridedView
  private let counts: [Int]
  private let call: Call

  /// - Parameter part: the required extents of the slice, without squeezed axes.
  init(_ request: KernelRequest, of view: StridedView, part shape: Shape) throws {
    let bounds = try SliceBounds(request.call, rank: view.rank)
    let kept = view.extents.indices.filter { !bounds.squeezes($0) }
    guard kept.count == shape.count else { throw request.call.error("the slice has \(kept.count) axes, expected \(shape.count)") }
    part = StridedView(
      base: view.base, elementSize: view.elementSize, extents: shape, strides: kept.map { view.strides[$0] * bounds.steps[$0] })
    var counts = Array(repeating: 1, count: view.rank)
    for (axis, extent) in zip(kept, shape) { counts[axis] = extent }
    self.counts = counts
    self.bounds = bounds
    self.view = view
    begins = try Indexing.list(request, "begin")
    ends = try Indexing.list(request, "end")
    call = request.call
    guard begins.count == view.rank, ends.count == view.rank else { throw call.error("begin and end must have \(view.rank) elements") }
  }

  /// Byte offset of the slice from the view's first element.
  ///
  /// - Throws: `OperatorError` if the slice does not have the planned extents.
  func offset() throws -> Int {
    var offset = 0
    for axis in counts.indices {
      let range = try bounds.range(axis, of: view.extents[axis], begin: begins[axis], end: ends[axis], call)
      guard range.count == counts[axis] else {
        throw call.error("selects \(range.count) elements along axis \(axis), expected \(counts[axis])")
      }
      if range.count > 0 { offset += range.start * view.strides[axis] }
    }
    return offset
  }
}
