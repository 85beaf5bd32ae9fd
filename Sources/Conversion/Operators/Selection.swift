// SPDX-License-Identifier: Apache-2.0
// Selection by value: sorting, conditions, boxes.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Selection {
  static let rules: [Rule] = [
    Rule("TopK") { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", -1))
      let isSmallest = n.version >= 11 ? try !n.flag("largest", true) : false
      if n.version >= 10, try n.x(1).integers() == nil {
        let results = try n.b.largest(n.x(1), of: x, axis, isSmallest: isSmallest)
        return [results[0].typed(x.element), results[1].typed(.int64)]
      }
      let k = n.version < 10 ? try n.int("k", 1) : try n.constantInts(1, "k")?.first ?? 1
      if let extent = x.dims[axis] { guard k > 0, k <= extent else { throw Refusal("k = \(k) of \(extent) elements") } }
      let results = try n.b.emitAll("topk", ["x": x, "k": k, "axis": axis, "ascending": isSmallest])
      return [results[0].typed(x.element), results[1].typed(.int64)]
    },
    .one("NonZero") { n in
      let x = try n.x()
      let full = x.rank == 0 ? try n.b.expandDims(x, [0]) : x
      let rows = try n.b.emit("non_zero", ["x": full])
      return try n.b.transpose(rows, [1, 0]).typed(.int64)
    },
    .one("Compress") { n in
      let condition = try n.b.bool(n.x(1))
      var x = try n.x()
      var axis = 0
      if let given = try n.int("axis") { axis = try x.axis(given) } else { x = try n.b.reshape(x, [x.shape().elementCount]) }
      let extent = try x.extent(axis)
      let length = try condition.extent(0)
      let used = length > extent ? try n.b.slice(condition, axis: 0, 0, extent) : condition
      let positions = try n.b.emit("non_zero", ["x": used])
      return try n.b.gather(x, n.b.squeeze(positions, [1]), axis: axis)
    },
    Rule("Unique") { n in try n.unique() },
    .one("NonMaxSuppression") { n in try n.suppressed() },
  ]
}

extension Builder {
  /// The largest or smallest elements of an axis and their positions, as many as the program computes: those of a sort.
  func largest(_ count: Value, of x: Value, _ axis: Int, isSmallest: Bool) throws -> [Value] {
    let order = try emit("argsort", ["x": x, "axis": axis, "ascending": isSmallest])
    let sorted = try emit("gather_along_axis", ["x": x, "indices": order, "axis": axis])
    let region = SliceRegion(axis: axis, begin: integer(0), end: try int(scalar(count)), step: 1)
    return [try sliced(sorted, region), try sliced(order, region)]
  }
}

extension Node {
  /// The distinct elements of a vector or the distinct slices along an axis.
  ///
  /// An element is a first occurrence if no earlier one equals it; comparisons of all pairs determine it.
  fileprivate func unique() throws -> [Value] {
    let x = try self.x()
    let isSorted = try flag("sorted", true)
    let axis = try int("axis").map { try x.axis($0) }
    let items = try axis.map { try b.moveAxis(x, from: $0, to: 0) } ?? b.reshape(x, [x.shape().elementCount])
    let shape = try items.shape()
    let count = shape[0]
    guard count <= 1024 else { throw Refusal("\(count) elements, more than 1024") }
    let width = shape.dropFirst().reduce(1, *)
    let rows = try b.asNumber(items) { $0 }
    let flat = try b.reshape(rows.isBool ? b.int(rows) : rows, [count, width])
    let (left, right) = (try b.reshape(flat, [count, 1, width]), try b.reshape(flat, [1, count, width]))
    func counts(_ condition: Value, _ axes: [Int]) throws -> Value { try b.sum(b.int(condition), axes, keep: false) }
    let same = try b.compare("equal", counts(b.compare("equal", left, right), [2]), Double(width))
    let earlier = Value(constant: Tensor((0..<count * count).map { $0 % count < $0 / count }, shape: [count, count]))
    let isFirst = try b.compare("equal", counts(b.and(same, earlier), [1]), 0)
    // Rank of every element among the first occurrences: in order of appearance, or lexicographic.
    let precedes: Value
    if isSorted {
      // The first column that differs decides.
      let differs = try b.int(b.compare("not_equal", left, right))
      let isLess = try b.int(b.compare("less", right, left))
      let before = try b.emit("cumsum", ["x": differs, "axis": 2, "exclusive": true, "reverse": false])
      let decides = try b.mul(isLess, b.int(b.compare("equal", before, 0)))
      precedes = try b.compare("greater", b.sum(decides, [2], keep: false), 0)
    } else {
      let firstIndex = try b.emit("reduce_argmax", ["x": b.int(same), "axis": 1, "keep_dims": false])
      precedes = try b.compare("less", b.reshape(firstIndex, [1, count]), b.reshape(firstIndex, [count, 1]))
    }
    let candidates = try b.broadcast(b.reshape(isFirst, [1, count]), to: [count, count])
    let rank = try counts(b.and(precedes, candidates), [1])
    // Positions of first occurrences, ordered by their rank.
    let positions = try b.squeeze(b.emit("non_zero", ["x": isFirst]), [1])
    let order = try b.emit("argsort", ["x": b.gather(rank, positions, axis: 0), "axis": 0, "ascending": true])
    let indices = try b.gather(positions, order, axis: 0)
    let chosen = try b.gather(items, indices, axis: 0)
    let result = try axis.map { try b.moveAxis(chosen, from: 0, to: $0) } ?? chosen
    let totals = try b.gather(counts(same, [1]), indices, axis: 0)
    return [result.typed(x.element), indices.typed(.int64), rank.typed(.int64), totals.typed(.int64)]
  }

  /// The boxes that remain, as rows of batch, class and box.
  ///
  /// Greedy suppression is written out for a fixed number of boxes: scores are sorted, then every box is kept unless an
  /// earlier kept one overlaps it.
  fileprivate func suppressed() throws -> Value {
    let (boxes, scores) = (try x(0), try x(1))
    let (batches, count) = (try boxes.extent(0), try boxes.extent(1))
    let classes = try scores.extent(1)
    let limit = Swift.min(try constantInts(2, "the number of boxes")?.first ?? 0, count)
    guard limit > 0 else { throw Refusal("it selects no boxes: the maximum number is 0") }
    let overlap = try has(3) ? constant(3, "the overlap").doubles().first ?? 0 : 0
    let least = try has(4) ? constant(4, "the least score").doubles().first : nil
    guard batches * classes <= 256, b.opset >= .iOS17 else {
      throw Refusal(b.opset < .iOS17 ? "it needs iOS17" : "\(batches * classes) classes of all batches, more than 256")
    }
    func coordinate(_ i: Int) throws -> Value { try b.slice(boxes, axis: 2, i, i + 1) }
    let centered: Value
    if try flag("center_point_box") {
      centered = boxes
    } else {
      // Corners may be in any order: y1, x1, y2, x2.
      let (y1, x1, y2, x2) = (try coordinate(0), try coordinate(1), try coordinate(2), try coordinate(3))
      let (width, height) = (try b.apply("abs", b.sub(x2, x1)), try b.apply("abs", b.sub(y2, y1)))
      centered = try b.concat([b.mul(b.add(x1, x2), 0.5), b.mul(b.add(y1, y2), 0.5), width, height], axis: 2)
    }
    var rows: [Value] = []
    for batch in 0..<batches {
      for label in 0..<classes {
        let own = try b.slice(centered, axis: 0, batch, batch + 1)
        let score = try b.slice(b.slice(scores, axis: 0, batch, batch + 1), axis: 1, label, label + 1)
        // Boxes with too low a score come last and are dropped; a kept box needs a score of its own.
        let valid = try least.map { try b.compare("greater", score, $0) }
        let ranked = try valid.map { try b.select($0, score, b.number(-3e38, like: score)) } ?? score
        let results = try b.emitAll(
          "non_maximum_suppression",
          [
            "boxes": b.transpose(own, [0, 2, 1]), "scores": ranked, "iou_threshold": Float(overlap), "max_boxes": limit,
            "per_class_suppression": false,
          ])
        let picked = try b.reshape(results[2], [limit])
        var isKept = try b.compare("greater_equal", picked, 0)
        if valid != nil {
          let kept = try b.gather(b.reshape(ranked, [count]), b.maximum(picked, 0), axis: 0)
          isKept = try b.and(isKept, b.compare("greater", kept, -2e38))
        }
        let positions = try b.squeeze(b.emit("non_zero", ["x": isKept]), [1])
        let box = try b.expandDims(b.gather(picked, positions, axis: 0), [1])
        let zero = try b.mul(box, 0)
        rows.append(try b.concat([b.add(zero, Double(batch)), b.add(zero, Double(label)), box], axis: 1))
      }
    }
    return try b.concat(rows, axis: 0).typed(.int64)
  }
}
