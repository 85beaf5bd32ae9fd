// SPDX-License-Identifier: Apache-2.0
// An index of the producers and readers of the values in a graph.

/// The producer and readers of each value, by the index of the value. It is built in a single traversal of the graph.
///
/// The index describes the graph that it was built from. A pass that changes the graph must update the entries that
/// it reads later.
struct UseDefIndex {
  /// The node that produces each value.
  private(set) var producer: [Int?]
  /// The number of times that each value is read; graph outputs count as reads.
  private(set) var uses: [Int]
  /// The nodes that read each value, without duplicates; those of value `v` are at `starts[v]..<starts[v + 1]`.
  private let readers: [Int]
  private let starts: [Int]

  init(_ graph: Graph) {
    producer = Array(repeating: nil, count: graph.values.count)
    uses = Array(repeating: 0, count: graph.values.count)
    var reads: [(value: Int, node: Int)] = []
    for (i, node) in graph.nodes.enumerated() {
      for v in node.outputs { producer[v] = i }
      for v in node.reads { reads.append((v, i)) }
    }
    var starts = [Int](repeating: 0, count: graph.values.count + 1)
    for (v, _) in reads {
      uses[v] += 1
      starts[v + 1] += 1
    }
    for v in graph.values.indices { starts[v + 1] += starts[v] }
    var next = starts
    var readers = [Int](repeating: 0, count: reads.count)
    for (v, node) in reads {
      readers[next[v]] = node
      next[v] += 1
    }
    for v in graph.outputs { uses[v] += 1 }
    (self.readers, self.starts) = (readers, starts)
  }

  /// The nodes that read the value, without duplicates, in graph order.
  func readers(of value: Int) -> [Int] {
    guard value + 1 < starts.count else { return [] }
    var found: [Int] = []
    for node in readers[starts[value]..<starts[value + 1]] where found.last != node { found.append(node) }
    return found
  }

  /// Records a new producer of the value.
  mutating func setProducer(of value: Int, to node: Int) { producer[value] = node }

  /// Records that the value is no longer produced or read.
  mutating func forget(_ value: Int) {
    producer[value] = nil
    uses[value] = 0
  }

  /// Adds entries for constants that were added to the graph.
  mutating func grow(to count: Int) {
    producer += Array(repeating: nil, count: count - producer.count)
    uses += Array(repeating: 0, count: count - uses.count)
  }
}
