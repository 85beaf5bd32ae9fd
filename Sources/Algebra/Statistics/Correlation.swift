// SPDX-License-Identifier: Apache-2.0
// Correlation coefficients.

import Tensors

/// Correlation of two tensors with the same number of elements.
package enum Correlation {
  /// Pearson's coefficient; NaN if either tensor is constant or has NaN.
  package static func pearson(_ a: Tensor, _ b: Tensor) throws -> Double { try pearson(values(a, b, "pearson")) }

  /// Spearman's coefficient: Pearson's of the ranks, where equal elements share the mean of their ranks.
  package static func spearman(_ a: Tensor, _ b: Tensor) throws -> Double {
    let (x, y) = try values(a, b, "spearman")
    guard !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else { return .nan }
    return try pearson((ranks(x), ranks(y)))
  }

  private static func values(_ a: Tensor, _ b: Tensor, _ name: String) throws -> ([Double], [Double]) {
    guard a.shape == b.shape else {
      throw AlgebraError.argument(function: name, problem: "the shapes \(a.shape) and \(b.shape) differ")
    }
    guard a.count >= 2 else {
      throw AlgebraError.argument(function: name, problem: "at least 2 elements are needed, found \(a.count)")
    }
    return (a.doubles(), b.doubles())
  }

  private static func pearson(_ pair: ([Double], [Double])) throws -> Double {
    let (x, y) = pair
    try Cancellation.check()
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for i in x.indices {
      let (dx, dy) = (x[i] - meanX, y[i] - meanY)
      xx += dx * dx
      yy += dy * dy
      xy += dx * dy
    }
    guard xx > 0, yy > 0 else { return .nan }
    return Swift.max(-1, Swift.min(1, xy / (xx.squareRoot() * yy.squareRoot())))
  }

  private static func ranks(_ values: [Double]) throws -> [Double] {
    let order = try WideSort.order(values.map(WideSort.key))
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for i in start..<end { ranks[order[i]] = Double(start + end - 1) / 2 }
      start = end
    }
    return ranks
  }
}
