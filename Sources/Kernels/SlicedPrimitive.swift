// SPDX-License-Identifier: Apache-2.0
// One computation as several single-threaded primitives, each for a slice of the result.

import Tensors

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

  /// The slice whose properties all slices share.
  package var first: Primitive { slices[0] }

  /// Bytes of scratch memory, aligned to 64, that `run` needs.
  package var scratchByteCount: Int { lanes * bytesPerLane + (sharesRepacked ? slices[0].repackedByteCount : 0) }

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
