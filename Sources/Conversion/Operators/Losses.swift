// SPDX-License-Identifier: Apache-2.0
// Losses.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Losses {
  static let rules: [Rule] = [
    .one("NegativeLogLikelihoodLoss") { n in try n.likelihood(n.x()) },
    Rule("SoftmaxCrossEntropyLoss") { n in
      let logProbabilities = try n.b.logSoftmax(n.x(), axis: 1)
      let loss = try n.likelihood(logProbabilities)
      return n.wants(1) ? [loss, logProbabilities] : [loss]
    },
  ]
}

extension Node {
  /// `−w[c] x[c]` for the class c of every sample, reduced.
  fileprivate func likelihood(_ x: Value) throws -> Value {
    let labels = try b.int(self.x(1))
    let classes = try x.extent(1)
    let weights = optional(2)
    let ignored = try int("ignore_index")
    let isKept = try ignored.map { try b.compare("not_equal", labels, Double($0)) }
    let safe = try isKept.map { try b.select($0, labels, b.number(0, like: labels)) } ?? labels
    guard classes > 0 else { throw Refusal("there are no classes") }
    let picked = try b.squeeze(b.emit("gather_along_axis", ["x": x, "indices": b.expandDims(safe, [1]), "axis": 1]), [1])
    var factor = try weights.map { try b.gather($0, safe, axis: 0) }
    if let isKept {
      let mask = try b.float(isKept)
      factor = try factor.map { try b.mul($0, mask) } ?? mask
    }
    let losses = try b.negated(factor.map { try b.mul(picked, $0) } ?? picked)
    let axes = Array(0..<losses.rank)
    switch try string("reduction", "mean") {
    case "none": return losses
    case "sum": return try b.sum(losses, axes, keep: false)
    case "mean":
      guard let factor else { return try b.mean(losses, axes, keep: false) }
      return try b.div(b.sum(losses, axes, keep: false), b.sum(factor, axes, keep: false))
    case let other: throw Refusal("reduction = \(other)")
    }
  }
}
