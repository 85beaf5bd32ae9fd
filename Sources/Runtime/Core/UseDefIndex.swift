// SPDX-License-Identifier: Apache-2.0
// Who makes and who reads the values of a graph.

/// Makers and readers of a graph's values, by index: one pass over the graph builds it.
///
/// It describes the graph that it was built from; a pass that changes what it has yet to look at says so.
struct UseDefIndex {
  /// The node that makes each value.
  private(set) var producer: [Int?]
  /// How many times each value is read, graph outputs included.
  private(set) var uses: [Int]
  /// Nodes by the value that they read, each once for a value; those of value `v` are `starts[v]..<starts[v + 1]`.
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

  /// The nodes that read the value, each once, in the graph's order.
  func readers(of value: Int) -> [Int] {
    guard value + 1 < starts.count else { return [] }
    var found: [Int] = []
    for node in readers[starts[value]..<starts[value + 1]] where found.last != node { found.append(node) }
    return found
  }

  /// Another node makes the value from now on.
  mutating func setProducer(of value: Int, to node: Int) { producer[value] = node }

  /// Nobody makes or reads the value any more.
  mutating func forget(_ value: Int) {
    producer[value] = nil
    uses[value] = 0
  }

  /// Values that were added to the graph since, all of them constants.
  mutating func grow(to count: Int) {
    producer += Array(repeating: nil, count: count - producer.count)
    uses += Array(repeating: 0, count: count - uses.count)
  }
}
