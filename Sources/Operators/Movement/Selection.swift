// SPDX-License-Identifier: Apache-2.0
// Selects elements by value: nonzero elements, and boxes without overlap.

import Kernels
import MIL
import Tensors

/// The indices of all nonzero elements, one row each, in row-major order.
enum NonZero: MovementOperator {
  static let signature = Signature("non_zero", [Parameter("x", .numberOrBool)])

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let count = call.tensor("x").map { Dimension.fixed($0.doubles().count { $0 != 0 }) }
    return [.tensor(TensorType(.int32, [count ?? .any, .fixed(x.rank)]))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let strides = x.shape.rowMajorStrides
    let extents = x.shape
    let rows = request.output.shape[0]
    let y = request.output.int32s()
    let isSet: (Int) -> Bool
    switch x.dtype {
    case .float32: isSet = { x.floats()[$0] != 0 }
    case .int32: isSet = { x.int32s()[$0] != 0 }
    case .bool: isSet = { x.bytes()[$0] != 0 }
    default: throw call.error("x is \(x.dtype.name), expected fp32, int32 or bool")
    }
    return Kernel("loop") {
      var row = 0
      for i in 0..<x.count where isSet(i) {
        guard row < rows else { throw call.error("x has more than the \(rows) non-zero elements that were planned for") }
        for axis in extents.indices { y[row * extents.count + axis] = Int32(truncatingIfNeeded: i / strides[axis] % extents[axis]) }
        row += 1
      }
      guard row == rows else { throw call.error("x has \(row) non-zero elements, \(rows) were planned for") }
    }
  }
}

/// Boxes in order of score, without those that overlap a better one; see `NonMaximumSuppression`.
///
/// Before iOS17 boxes and scores are rows, and the number of selected boxes is a fourth output. Since iOS17 they are columns.
/// Unused positions after the selected boxes are 0, or -1 for indices.
enum NonMaximumSuppressionOperator: Operator {
  static let signature = Signature(
    "non_maximum_suppression",
    [
      Parameter("boxes", .float.tied("T")), Parameter("scores", .float.tied("T")),
      Parameter("iou_threshold", .float.tied("T")),
      Parameter("score_threshold", .float.tied("T"), .optional).withdrawn(in: .iOS17, "which iOS17 removed"),
      Parameter("max_boxes", .int32), Parameter("per_class_suppression", .bool, .defaultsTo(.bool(false))),
    ])

  private static func hasColumns(_ call: Call) -> Bool { call.opset >= .iOS17 }

  static func infer(_ call: Call) throws -> [ValueType] {
    let boxes = try call.type("boxes", rank: 3)
    let scores = try call.type("scores", rank: 3)
    if hasColumns(call), call.has("score_threshold") { throw call.error("the input score_threshold was removed in iOS17") }
    if !hasColumns(call), !call.has("score_threshold") { throw call.missing("score_threshold") }
    let maximum = Dimension.fixed(try call.knownInteger("max_boxes", atLeast: 0))
    let (box, value) = hasColumns(call) ? (2, 1) : (1, 2)
    guard boxes.dimensions[value].agrees(with: .fixed(4)), boxes.dimensions[0].agrees(with: scores.dimensions[0]),
      boxes.dimensions[box].agrees(with: scores.dimensions[box])
    else { throw call.error("boxes are \(boxes) and scores are \(scores), expected four coordinates for every scored box") }
    let batch = boxes.dimensions[0].known(or: scores.dimensions[0])
    func table(_ values: Dimension) -> [Dimension] { hasColumns(call) ? [batch, values, maximum] : [batch, maximum, values] }
    var results = [
      try call.result(boxes.dtype, table(.fixed(4))),
      try call.result(scores.dtype, table(scores.dimensions[value])),
      try call.result(.int32, [batch, maximum]),
    ]
    if !hasColumns(call) { results.append(.tensor(TensorType(.int32, [batch]))) }
    return results
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let boxes = try request.input("boxes")
    let scores = try request.input("scores")
    let columns = hasColumns(call)
    let (box, value) = columns ? (2, 1) : (1, 2)
    let count = boxes.shape[box]
    let classes = scores.shape[value]
    let maximum = try call.knownInteger("max_boxes", atLeast: 0)
    let search = NonMaximumSuppression(
      boxes: count, classes: classes, maximum: maximum,
      iouThreshold: Float(try call.known(call.float("iou_threshold"), "iou_threshold")),
      scoreThreshold: columns ? nil : Float(try call.known(call.float("score_threshold"), "score_threshold")),
      separatesClasses: try call.known(call.bool("per_class_suppression"), "per_class_suppression"))
    let scratch = request.scratch
    scratch.reserve(search.scratchBytes)
    let outputs = request.outputs
    guard outputs.count >= 3 else { throw call.error("has \(outputs.count) outputs, expected at least 3") }
    let batches = boxes.shape[0]
    /// Value `j` of box `i` in a table of `values` for each of `rows` boxes.
    func place(_ i: Int, _ j: Int, rows: Int, values: Int) -> Int { columns ? j * rows + i : i * values + j }
    return Kernel("loop") {
      for b in 0..<batches {
        let coordinates = NonMaximumSuppression.Table(
          boxes.floats() + b * count * 4, box: columns ? 1 : 4, value: columns ? count : 1)
        let points = NonMaximumSuppression.Table(
          scores.floats() + b * count * classes, box: columns ? 1 : classes, value: columns ? count : 1)
        let chosen = outputs[2].int32s() + b * maximum
        let found = search.select(boxes: coordinates, scores: points, into: chosen, scratch: scratch.base)
        for row in 0..<maximum {
          if row >= found { chosen[row] = -1 }
          let i = Int(chosen[row])
          let keptBox = outputs[0].floats() + b * maximum * 4
          for j in 0..<4 { keptBox[place(row, j, rows: maximum, values: 4)] = i < 0 ? 0 : coordinates[i, j] }
          let keptScores = outputs[1].floats() + b * maximum * classes
          for j in 0..<classes { keptScores[place(row, j, rows: maximum, values: classes)] = i < 0 ? 0 : points[i, j] }
        }
        if outputs.count > 3 { outputs[3].int32s()[b] = Int32(truncatingIfNeeded: found) }
      }
    }
  }
}

enum Selection {
  static let operators: [any Operator.Type] = [NonZero.self, NonMaximumSuppressionOperator.self]
}

extension NonZero { static let gradient = Gradient.integers }
extension NonMaximumSuppressionOperator {
  static let gradient = Gradient.none("the selection of boxes depends on comparisons")
}
