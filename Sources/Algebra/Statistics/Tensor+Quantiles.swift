// SPDX-License-Identifier: Apache-2.0
// Quantiles, medians and histograms.

import Kernels
import Tensors

extension Tensor {
  /// How a quantile between two elements is chosen.
  package enum QuantileMethod: String, CaseIterable, Sendable {
    case linear, lower, higher, nearest, midpoint
  }

  /// The quantiles `q` (each 0 to 1) along an axis, or of all elements. NaN where an element is NaN.
  ///
  /// - Returns: for each of `q` along the first axis, without the reduced axis (or with extent 1); floats of the tensor's
  ///   precision, float32 for integers.
  package func quantiles(
    _ q: [Double], _ axis: Int?, _ method: QuantileMethod = .linear, keepsAxes: Bool = false, for function: String = "quantile"
  ) throws -> Tensor {
    guard q.allSatisfy({ (0...1).contains($0) }) else {
      throw AlgebraError.argument(function: function, problem: "quantiles must be between 0 and 1, got \(q)")
    }
    let axes = try axes(axis.map { [$0] }, for: function)
    let n = axes.reduce(1) { $0 * shape[$1] }
    let kept = shape(reducing: axes, keeping: keepsAxes)
    guard n > 0 || kept.elementCount == 0 else {
      throw AlgebraError.noElements(function: function, shape: shape, axes: axis == nil ? [] : axes)
    }
    let moved = axis == nil ? self : try transposed(shape.indices.filter { !axes.contains($0) } + axes)
    let values = moved.doubles()
    let rows = n == 0 ? 0 : values.count / n
    var out = [Double](repeating: 0, count: q.count * rows)
    for row in 0..<rows {
      if row % 64 == 0 { try Cancellation.check() }
      let line = Array(values[row * n..<(row + 1) * n])
      let hasNaN = line.contains(where: \.isNaN)
      let sorted = hasNaN ? [] : try Self.sorted(line)
      for (i, q) in q.enumerated() { out[i * rows + row] = hasNaN ? .nan : method.value(sorted, q) }
    }
    return Tensor(out, shape: [q.count] + kept).cast(to: dtype.floating)
  }

  private static func sorted(_ values: [Double]) throws -> [Double] {
    guard values.count > 1 << 16 else { return values.sorted() }
    return try WideSort.order(values.map(WideSort.key)).map { values[$0] }
  }

  /// The middle element along an axis, or of all elements: the mean of the two middle ones if their number is even, as in NumPy.
  package func median(_ axis: Int?, keepsAxes: Bool = false) throws -> Tensor {
    let out = try quantiles([0.5], axis, keepsAxes: keepsAxes, for: "median")
    return out.reshaped(Array(out.shape.dropFirst()))
  }

  /// The number of elements in each of several bins between ascending edges, and the edges. The last bin includes its upper edge;
  /// elements outside of all bins are not counted.
  ///
  /// - Parameters:
  ///   - edges: the edges; or `nil` for `bins` bins of equal width between the ends of `range`, by default the extrema.
  package func histogram(bins: Int, range: (low: Double, high: Double)?, edges given: [Double]?) throws -> (counts: Tensor, edges: Tensor) {
    let name = "histogram"
    let edges = try given ?? equalEdges(bins, range)
    guard edges.count >= 2, zip(edges, edges.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw AlgebraError.argument(function: name, problem: "edges must be at least two ascending numbers, got \(edges.prefix(8))")
    }
    var counts = [Int64](repeating: 0, count: edges.count - 1)
    let (low, high) = (edges[0], edges[edges.count - 1])
    let scale = Double(counts.count) / (high - low)
    let flat = reshaped([count])
    try Cancellation.forEach(of: count, grain: 1 << 20) { part in
      for value in flat.rows(part).doubles() where low <= value && value <= high {
        // The index by division may be off by one, which the edges decide.
        var bin = given == nil ? min(Int(saturating: (value - low) * scale), counts.count - 1) : Self.bin(of: value, edges)
        while bin > 0, value < edges[bin] { bin -= 1 }
        while bin < counts.count - 1, value >= edges[bin + 1] { bin += 1 }
        counts[bin] += 1
      }
    }
    return (Tensor(counts), Tensor(edges).cast(to: dtype.floating == .float64 ? .float64 : .float32))
  }

  private static func bin(of value: Double, _ edges: [Double]) -> Int {
    var (low, high) = (0, edges.count - 2)
    while low < high {
      let middle = (low + high + 1) / 2
      if edges[middle] <= value { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private func equalEdges(_ bins: Int, _ range: (low: Double, high: Double)?) throws -> [Double] {
    let name = "histogram"
    guard (1...1 << 24).contains(bins) else {
      throw AlgebraError.argument(function: name, problem: "the number of bins must be 1 to 16777216, got \(bins)")
    }
    var (low, high) = try range ?? extent()
    guard low.isFinite, high.isFinite, low <= high else {
      throw AlgebraError.argument(
        function: name,
        problem: "the range \(low) to \(high) must be finite and ascending" + (range == nil ? "; set range = { low, high }" : ""))
    }
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    return (0...bins).map { $0 == bins ? high : low + Double($0) * (high - low) / Double(bins) }
  }

  private func extent() throws -> (low: Double, high: Double) {
    guard count > 0 else { return (0, 1) }
    return (try reduced(.min, nil).doubles()[0], try reduced(.max, nil).doubles()[0])
  }
}

extension Tensor.QuantileMethod {
  /// The quantile of sorted numbers.
  fileprivate func value(_ sorted: [Double], _ q: Double) -> Double {
    let place = q * Double(sorted.count - 1)
    let (below, above) = (sorted[Int(place.rounded(.down))], sorted[Int(place.rounded(.up))])
    switch self {
    case .lower: return below
    case .higher: return above
    case .midpoint: return below == above ? below : (below + above) / 2
    case .nearest: return sorted[Int(place.rounded(.toNearestOrEven))]
    case .linear:
      let part = place - place.rounded(.down)
      if below == above || part == 0 { return below }
      return part < 0.5 ? below + (above - below) * part : above - (above - below) * (1 - part)
    }
  }
}
