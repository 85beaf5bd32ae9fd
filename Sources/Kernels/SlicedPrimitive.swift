// SPDX-License-Identifier: Apache-2.0
// One computation as several single-threaded primitives, each for a slice of the result.

import CPrimitives
import Tensors

/// The primitives that exist already when a further slice of the same computation is prepared.
package final class EarlierSlices {
  /// The first, whose layout of weights the others want too.
  private var first: Primitive?
  private var byShape: [[Int]: Primitive] = [:]
  /// One for a slice of the same shape.
  private var twin: Primitive?
  /// Primitives of other plans with the same constant weights.
  private let others: [Primitive]
  /// The primitive whose packed weights serve the handle made last.
  package private(set) var sibling: Primitive?
  /// Those that packed weights of their own.
  package private(set) var packing: [Primitive] = []

  /// - Parameter others: primitives of other plans with the same constant weights as their second input.
  package init(others: [Primitive] = []) { self.others = others }

  /// A handle for the next slice: a copy of that of a slice of equal shape, otherwise the primitive that `describe` makes, with
  /// weights laid out like those of `like` where oneDNN can.
  package func handle(_ describe: (_ like: Primitive?) -> OpaquePointer?) -> OpaquePointer? {
    sibling = first
    if let handle = twin?.copiedHandle() ?? first.flatMap(describe) { return handle }
    guard let own = describe(nil) else { return nil }
    if first == nil { sibling = others.first { $0.packsWeights(like: own) } }
    guard sibling == nil else { return own }
    // In another plan's layout, if that takes no other implementation.
    for other in others {
      guard let handle = describe(other) else { continue }
      if other.packsWeights(like: handle), Primitive.implementation(handle) == Primitive.implementation(own) {
        wp_destroy(own)
        sibling = other
        return handle
      }
      wp_destroy(handle)
    }
    return own
  }

  fileprivate func prepare(_ shape: [Int]) { twin = byShape[shape] }

  /// Remembers a primitive that was made with the last handle.
  package func add(_ made: Primitive, shape: [Int]) {
    byShape[shape] = made
    first = first ?? made
    if made.packedByteCount > 0 { packing.append(made) }
  }
}

/// Primitives that compute disjoint slices of a result, claimed by whichever threads are free.
package final class SlicedPrimitive {
  private let slices: [Primitive]
  /// The maximum number of threads, each with a separate workspace.
  private let lanes: Int
  private let bytesPerLane: Int
  /// Whether the slices read one copy of repacked weights, made before they start.
  private let sharesRepacked: Bool

  /// - Parameter slices: primitives that may run at once. Either all want changing weights in the same layout, and get one
  ///   repacked copy, or each makes its own.
  package init(_ slices: [Primitive]) {
    self.slices = slices
    lanes = max(1, min(slices.count, Parallel.threads))
    sharesRepacked = slices.count > 1 && slices.allSatisfy { $0.repackedByteCount > 0 && $0.repacksLike(slices[0]) }
    let shared = sharesRepacked
    bytesPerLane = slices.map { shared ? $0.scratchByteCount - $0.repackedByteCount : $0.scratchByteCount }.max() ?? 0
  }

  /// One primitive for each slice.
  ///
  /// - Parameters:
  ///   - shape: extents of a slice; slices with equal extents differ in addresses only.
  ///   - earlier: what knows of primitives with the same weights.
  ///   - make: creates a primitive, with a handle from `EarlierSlices.handle` and sharing the weights of `sibling`.
  package convenience init<Slice>(
    _ slices: [Slice], shape: (Slice) -> [Int], _ earlier: EarlierSlices = EarlierSlices(),
    _ make: (Slice, _ earlier: EarlierSlices) throws -> Primitive
  ) rethrows {
    self.init(
      try slices.map { slice in
        earlier.prepare(shape(slice))
        let made = try make(slice, earlier)
        earlier.add(made, shape: shape(slice))
        return made
      })
  }

  /// The slice that stands for all.
  package var first: Primitive { slices[0] }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  package var scratchByteCount: Int { lanes * bytesPerLane + (sharesRepacked ? slices[0].repackedByteCount : 0) }

  /// Writes an output of one slice elsewhere from now on.
  package func bind(slice: Int, output: Int, to pointer: UnsafeMutableRawPointer) { slices[slice].bind(output: output, to: pointer) }

  /// Bytes of scratch memory of each slice that runs on its own; `nil` if slices read memory that `run` prepares.
  package var scratchByteCountPerSlice: Int? { sharesRepacked ? nil : bytesPerLane }

  /// Runs one slice on its own.
  package func run(slice: Int, scratch: UnsafeMutableRawPointer) throws { try slices[slice].run(scratch: scratch) }

  package func run(scratch: UnsafeMutableRawPointer) throws {
    guard slices.count > 1 else { return try slices[0].run(scratch: scratch) }
    guard sharesRepacked else {
      return try Parallel.tryForEach(slices.count, lanes: lanes) { [slices, bytesPerLane] slice, lane in
        try slices[slice].run(scratch: scratch + lane * bytesPerLane)
      }
    }
    let copies = scratch + lanes * bytesPerLane
    try slices[0].repack(to: copies)
    try Parallel.tryForEach(slices.count, lanes: lanes) { [slices, bytesPerLane] slice, lane in
      let (primitive, workspace) = (slices[slice], scratch + lane * bytesPerLane)
      let outputs = workspace + primitive.workspaceByteCount.alignedToLine
      try primitive.execute(workspace: workspace, repacked: copies, unpacked: outputs)
      try primitive.unpack(from: outputs)
    }
  }
}
