// SPDX-License-Identifier: Apache-2.0
// Sorting and selection by value in PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenSelection {
  static let rules: [ATenRule] = [
    ATenRule("topk") { c in
      let x = try c.x()
      let axis = try c.axis(x, "dim", -1)
      let isSmallest = try !c.flag("largest", true)
      if let count = try c.optional("k"), count.integers() == nil { return try c.b.largest(count, of: x, axis, isSmallest: isSmallest) }
      let k = try c.int("k", 1)
      if let extent = x.dims[axis] { guard k > 0, k <= extent else { throw Refusal("k = \(k) of \(extent) elements") } }
      return try c.b.emitAll("topk", ["x": x, "k": k, "axis": axis, "ascending": isSmallest])
    },
    ATenRule("sort", "msort") { c in
      let x = try c.x()
      if x.rank == 0 { return [x, c.b.integer(0)] }
      let axis = try c.axis(x, "dim", c.node.target.contains("msort") ? 0 : -1)
      let order = try c.sorted(x, axis)
      return [try c.b.emit("gather_along_axis", ["x": x, "indices": order, "axis": axis]), order]
    },
    .one("argsort") { c in
      let x = try c.x()
      if x.rank == 0 { return c.b.integer(0) }
      return try c.sorted(x, c.axis(x, "dim", -1))
    },
    ATenRule("kthvalue") { c in
      let x = try c.x()
      let axis = try c.axis(x, "dim", -1)
      let k = try c.int("k", 1)
      let order = try c.sorted(x, axis)
      let values = try c.b.emit("gather_along_axis", ["x": x, "indices": order, "axis": axis])
      return try [values, order].map { try c.picked($0, axis, k - 1) }
    },
    ATenRule("median", "nanmedian") { c in
      let x = try c.x()
      guard c.has("dim") else {
        let flat = try c.b.reshape(x, [x.shape().elementCount])
        let order = try c.sorted(flat, 0)
        let values = try c.b.emit("gather_along_axis", ["x": flat, "indices": order, "axis": 0])
        let middle = try (flat.extent(0) - 1) / 2
        return [try c.b.reshape(c.b.slice(values, axis: 0, middle, middle + 1), [])]
      }
      let axis = try c.axis(x)
      let order = try c.sorted(x, axis)
      let values = try c.b.emit("gather_along_axis", ["x": x, "indices": order, "axis": axis])
      return try [values, order].map { try c.picked($0, axis, (x.extent(axis) - 1) / 2) }
    },
    .one("nonzero") { c in
      let x = try c.x()
      return try c.b.emit("non_zero", ["x": x.isBool ? c.b.int(x) : x])
    },
    .one("argwhere") { c in
      let x = try c.x()
      return try c.b.emit("non_zero", ["x": x.isBool ? c.b.int(x) : x])
    },
    .one("searchsorted", "bucketize") { c in
      let isBuckets = c.node.target.contains("bucketize")
      let (values, edges) = (try c.x("self"), try c.x(isBuckets ? "boundaries" : "sorted_sequence"))
      let isRight = try c.flag("right") || c.string("side", "left") == "right"
      let (x, e) = try c.b.promoted(values, edges)
      guard e.rank == 1 || e.rank == x.rank else { throw Refusal("boundaries of rank \(e.rank)") }
      // The number of boundaries below every value.
      let row = e.rank == 1 ? e : try c.b.expandDims(e, [e.rank - 1])
      let isBelow = try c.b.compare(isRight ? "less_equal" : "less", row, c.b.expandDims(x, [x.rank]))
      return try c.b.sum(c.b.int(isBelow), [x.rank], keep: false)
    },
    ATenRule("torchvision.nms") { c in
      let (boxes, scores) = (try c.float("dets"), try c.float("scores"))
      let count = try boxes.extent(0)
      guard c.b.opset >= .iOS17 else { throw Refusal("it needs iOS17") }
      func corner(_ i: Int) throws -> Value { try c.b.slice(boxes, axis: 1, i, i + 1) }
      let (width, height) = (try c.b.sub(corner(2), corner(0)), try c.b.sub(corner(3), corner(1)))
      let centered = try c.b.concat(
        [c.b.mul(c.b.add(corner(0), corner(2)), 0.5), c.b.mul(c.b.add(corner(1), corner(3)), 0.5), width, height], axis: 1)
      let results = try c.b.emitAll(
        "non_maximum_suppression",
        [
          "boxes": c.b.expandDims(c.b.transpose(centered, [1, 0]), [0]), "scores": c.b.reshape(scores, [1, 1, count]),
          "iou_threshold": Float(c.number("iou_threshold", 0.5)), "max_boxes": count, "per_class_suppression": false,
        ])
      let picked = try c.b.reshape(results[2], [count])
      let kept = try c.b.emit("non_zero", ["x": c.b.int(c.b.compare("greater_equal", picked, 0))])
      return [try c.b.gather(picked, c.b.squeeze(kept, [1]), axis: 0)]
    },
  ]
}

extension ATenCall {
  fileprivate func sorted(_ x: Value, _ axis: Int) throws -> Value {
    let number = x.isBool ? try b.int(x) : x
    return try b.emit("argsort", ["x": number, "axis": axis, "ascending": !flag("descending")])
  }

  fileprivate func picked(_ x: Value, _ axis: Int, _ index: Int) throws -> Value {
    let part = try b.slice(x, axis: axis, index, index + 1)
    if try flag("keepdim") { return part }
    return x.rank == 1 ? try b.reshape(part, []) : try b.squeeze(part, [axis])
  }
}
