// SPDX-License-Identifier: Apache-2.0
// non_zero and non_maximum_suppression.

import MIL
import Operators
import Tensors
import Testing

@Suite("Selection") struct SelectionTests {
  @Test func nonZero() throws {
    #expect(
      try output("non_zero", ["x": Tensor([Float]([0, -1, 0, .nan]), shape: [2, 2])]) == Tensor([Int32]([0, 1, 1, 1]), shape: [2, 2]))
    #expect(try output("non_zero", ["x": Tensor([false, true, true])]) == Tensor([Int32]([1, 2]), shape: [2, 1]))
    #expect(try output("non_zero", ["x": Tensor(zeros: .int32, [2, 0])]).shape == [0, 2])
    #expect(try output("non_zero", ["x": Tensor(scalar: Int32(3))]).shape == [1, 0])
    #expect(try inferred("non_zero", ["x": tensorType(.float32, 2, 3)]) == ["tensor<int32, [?, 2]>"])
  }

  /// Box 1 overlaps most of box 0; box 2 is disjoint; the score of box 3 is below the threshold.
  private let boxes: [Float] = [1, 1, 2, 2, 1.1, 1, 2, 2, 5, 5, 1, 1, 8, 8, 1, 1]
  private let scores: [Float] = [0.6, 0.1, 0.2, 0.9, 0.3, 0.5, 0.2, 0.1]

  @Test func suppression() throws {
    let found = try outputs(
      "non_maximum_suppression",
      [
        "boxes": Tensor(boxes, shape: [1, 4, 4]), "scores": Tensor(scores, shape: [1, 4, 2]), "iou_threshold": Float(0.5),
        "score_threshold": Float(0.4), "max_boxes": 3,
      ])
    #expect(found[2].integers() == [1, 2, -1])
    #expect(found[3].integers() == [2])
    #expect(found[0] == Tensor([Float]([1.1, 1, 2, 2, 5, 5, 1, 1, 0, 0, 0, 0]), shape: [1, 3, 4]))
    #expect(found[1] == Tensor([Float]([0.2, 0.9, 0.3, 0.5, 0, 0]), shape: [1, 3, 2]))
  }

  @Test func classesApart() throws {
    // Boxes 0 and 1 now have different classes, so both are selected.
    let found = try outputs(
      "non_maximum_suppression",
      [
        "boxes": Tensor(boxes, shape: [1, 4, 4]), "scores": Tensor(scores, shape: [1, 4, 2]), "iou_threshold": Float(0.5),
        "score_threshold": Float(0.4), "max_boxes": 2, "per_class_suppression": true,
      ])
    #expect(found[2].integers() == [1, 0])
  }

  @Test func noneAboveTheThreshold() throws {
    let found = try outputs(
      "non_maximum_suppression",
      [
        "boxes": Tensor(boxes, shape: [1, 4, 4]), "scores": Tensor(scores, shape: [1, 4, 2]), "iou_threshold": Float(0.5),
        "score_threshold": Float(2), "max_boxes": 2,
      ])
    #expect(found[2].integers() == [1, -1], "the best one all the same")
    #expect(found[3].integers() == [1])
  }

  @Test func columnsSinceIOS17() throws {
    let columns = try output("transpose", ["x": Tensor(boxes, shape: [1, 4, 4]), "perm": [0, 2, 1]])
    let points = try output("transpose", ["x": Tensor(scores, shape: [1, 4, 2]), "perm": [0, 2, 1]])
    let found = try outputs(
      "non_maximum_suppression", opset: .iOS17, ["boxes": columns, "scores": points, "iou_threshold": Float(0.5), "max_boxes": 3])
    #expect(found.count == 3)
    #expect(found[2].integers() == [1, 2, 3], "no score threshold")
    #expect(found[0] == Tensor([Float]([1.1, 5, 8, 1, 5, 8, 2, 1, 1, 2, 1, 1]), shape: [1, 4, 3]))
    #expect(
      fault {
        try outputs(
          "non_maximum_suppression", opset: .iOS17,
          ["boxes": columns, "scores": points, "iou_threshold": Float(0.5), "score_threshold": Float(0), "max_boxes": 3])
      }
        == "non_maximum_suppression 'y': the input score_threshold was removed in iOS17")
  }

  @Test func suppressionTypes() throws {
    let boxes = tensorType(.float16, nil, 20, 4)
    let inputs: KeyValuePairs<String, any Bindable> = [
      "boxes": boxes, "scores": tensorType(.float16, 2, 20, 3), "iou_threshold": tensorType(.float16),
      "score_threshold": tensorType(.float16), "max_boxes": 5,
    ]
    #expect(
      try inferred("non_maximum_suppression", inputs) == [
        "tensor<fp16, [2, 5, 4]>", "tensor<fp16, [2, 5, 3]>", "tensor<int32, [2, 5]>", "tensor<int32, [2]>",
      ])
    #expect(
      fault {
        try inferred(
          "non_maximum_suppression",
          [
            "boxes": boxes, "scores": tensorType(.float16, 2, 3, 20), "iou_threshold": tensorType(.float16),
            "score_threshold": tensorType(.float16), "max_boxes": 5,
          ])
      }
      .hasSuffix("expected four coordinates for every scored box"))
  }
}
