// SPDX-License-Identifier: Apache-2.0
// Integer lookup tables for integer codes of at most eight bits.

/// The weight of each code of a group: the sum of the squared scales of its elements.
package struct CodeWeights {
  /// The codes that occur, ascending.
  package let codes: [Int]
  /// Positive.
  package let weights: [Double]

  /// - Parameter sums: the weight of each code, starting at `lowest`; 0 if it does not occur.
  package init(sums: [Double], lowest: Int) {
    let present = sums.indices.filter { sums[$0] > 0 }
    codes = present.map { $0 + lowest }
    weights = present.map { sums[$0] }
  }

  /// The weight of one element of a block: its squared scale, but never zero, because the codes of an all-zero block
  /// also need a table entry.
  package static func ofElements(scales: [Float]) -> [Double] {
    let squares = scales.map { Double($0) * Double($0) }
    let floor = (squares.max() ?? 0) * 1e-12
    return floor > 0 ? squares.map { max($0, floor) } : squares.map { _ in 1 }
  }
}

extension CodeWeights {
  /// The integer table of least weighted squared error, with at most `entries` entries, ascending.
  ///
  /// Clusters are intervals of codes, as in `KMeansOnLine`. The center of a cluster is the integer nearest to its mean, which
  /// is optimal, because the error is a parabola around the mean.
  package func kMeans(entries: Int) -> [Int] {
    guard codes.count > entries else { return codes }
    let sums = Sums(self)
    var previous = [Double](repeating: .infinity, count: codes.count + 1)
    previous[0] = 0
    var splits: [[Int]] = []
    for _ in 0..<entries {
      var row = Row(sums: sums, previous: previous)
      row.fill(1...codes.count, startingIn: 0...codes.count - 1)
      splits.append(row.starts)
      previous = row.costs
    }
    var table: [Int] = []
    var end = codes.count
    for starts in splits.reversed() where end > 0 {
      table.append(sums.center(starts[end]..<end))
      end = starts[end]
    }
    return table.reversed()
  }

  /// Prefix sums of weight, weighted code and weighted squared code.
  private struct Sums {
    var weight = [0.0]
    var first = [0.0]
    var second = [0.0]

    init(_ codes: CodeWeights) {
      for (code, weight) in zip(codes.codes, codes.weights) {
        let x = Double(code)
        self.weight.append(self.weight[self.weight.count - 1] + weight)
        first.append(first[first.count - 1] + weight * x)
        second.append(second[second.count - 1] + weight * x * x)
      }
    }

    func center(_ range: Range<Int>) -> Int {
      let weight = self.weight[range.upperBound] - self.weight[range.lowerBound]
      return Int(((first[range.upperBound] - first[range.lowerBound]) / weight).rounded())
    }

    func cost(_ range: Range<Int>) -> Double {
      let (low, high) = (range.lowerBound, range.upperBound)
      let c = Double(center(range))
      return second[high] - second[low] - 2 * c * (first[high] - first[low]) + c * c * (weight[high] - weight[low])
    }
  }

  /// A row of the dynamic program: the minimum costs of the first j codes with one cluster more than `previous`, and the start of the
  /// last cluster.
  private struct Row {
    let sums: Sums
    let previous: [Double]
    var costs: [Double]
    var starts: [Int]

    init(sums: Sums, previous: [Double]) {
      self.sums = sums
      self.previous = previous
      costs = [Double](repeating: .infinity, count: previous.count)
      costs[0] = 0
      starts = [Int](repeating: 0, count: previous.count)
    }

    /// Divide and conquer: the middle end first, then both sides; the best start does not decrease with the end.
    mutating func fill(_ ends: ClosedRange<Int>, startingIn range: ClosedRange<Int>) {
      let end = (ends.lowerBound + ends.upperBound) / 2
      for start in range.lowerBound...max(min(range.upperBound, end - 1), range.lowerBound) where start < end {
        let cost = previous[start] + sums.cost(start..<end)
        if cost < costs[end] { (costs[end], starts[end]) = (cost, start) }
      }
      if ends.lowerBound < end { fill(ends.lowerBound...end - 1, startingIn: range.lowerBound...starts[end]) }
      if end < ends.upperBound { fill(end + 1...ends.upperBound, startingIn: starts[end]...range.upperBound) }
    }
  }
}
