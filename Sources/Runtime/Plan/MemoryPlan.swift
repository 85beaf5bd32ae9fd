// SPDX-License-Identifier: Apache-2.0
// Offsets in one arena, so that values which never live at the same time share memory.

import Kernels
import Operators
import Tensors

/// The memory locations of the values in a graph.
struct MemoryPlan {
  /// Byte offset of each value's memory, by value index; `nil` for constants.
  private(set) var offsets: [Int?]
  /// The size of the arena in bytes.
  private(set) var size = 0
  /// The size in bytes without sharing memory.
  private(set) var unshared = 0
  /// The location and lifetime of each value.
  private(set) var places: [PlanSummary.Place] = []
  /// The size in bytes of each root's memory.
  private var capacity: [Int: Int] = [:]

  /// The alignment of values in bytes: a cache line.
  private static let alignment = 64

  /// Added to a quarter of the size of values that may grow: a hundred positions of a few heads.
  private static let spareBytes = 4096

  /// Assigns offsets to all computed values and inputs.
  ///
  /// Greedy by size: the largest values first, each at the lowest offset that is free during its whole lifetime.
  ///
  /// - Parameters:
  ///   - graph: a graph with final decisions on in-place operation (`shareMemoryInPlace`).
  ///   - outside: values with memory outside of the arena, including all that share it.
  ///   - mayGrow: values that get more memory than they need, since other graphs with the same nodes will lie there too.
  init(_ graph: Graph, outside: Set<Int> = [], mayGrow: (_ value: Int) -> Bool = { _ in false }) {
    let outside = Set(outside.map { graph.values[$0].root })
    offsets = Array(repeating: nil, count: graph.values.count)
    var lives: [Int: Life] = [:]
    func use(_ value: Int, _ time: Int) {
      let known = graph.values[value]
      guard known.constant == nil, !outside.contains(known.root) else { return }
      var bytes = known.byteCount
      if mayGrow(value) { bytes += bytes / 4 + Self.spareBytes }
      lives[known.root, default: Life(root: known.root, first: time, last: time, bytes: bytes)].extend(time, bytes)
    }
    for v in graph.inputs {
      use(v, -1)
      if graph.pinned.contains(v) { use(v, graph.nodes.count) }
    }
    for (time, node) in graph.nodes.enumerated() {
      for v in node.reads { use(v, time) }
      for v in node.outputs { use(v, time) }
    }
    for v in graph.outputs { use(v, graph.nodes.count) }
    var placed: [(life: Life, offset: Int)] = []
    for life in lives.values.sorted(by: { ($0.bytes, $1.root) > ($1.bytes, $0.root) }) {
      var offset = 0
      for other in placed where other.life.overlaps(life) {
        if offset + life.bytes <= other.offset { break }
        offset = max(offset, (other.offset + other.life.bytes + Self.alignment - 1) / Self.alignment * Self.alignment)
      }
      let at = placed.firstIndex { $0.offset > offset } ?? placed.count
      placed.insert((life, offset), at: at)
      offsets[life.root] = offset
      capacity[life.root] = life.bytes
      size = max(size, offset + life.bytes)
      unshared += life.bytes
      places.append(
        PlanSummary.Place(
          name: graph.values[life.root].name, offset: offset, bytes: life.bytes, first: life.first, last: life.last))
    }
    for (i, value) in graph.values.enumerated() where value.constant == nil { offsets[i] = offsets[value.root] }
  }

  /// Whether the values of a graph with the same nodes have enough memory.
  func fits(_ graph: Graph) -> Bool {
    graph.values.allSatisfy { value in value.constant != nil || capacity[value.root].map { value.byteCount <= $0 } ?? true }
  }
}

/// The steps during which some memory is in use.
private struct Life {
  let root: Int
  var first: Int
  var last: Int
  var bytes: Int

  mutating func extend(_ time: Int, _ bytes: Int) {
    first = min(first, time)
    last = max(last, time)
    self.bytes = max(self.bytes, bytes)
  }

  func overlaps(_ other: Life) -> Bool { first <= other.last && other.first <= last }
}
