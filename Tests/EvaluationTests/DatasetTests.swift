// SPDX-License-Identifier: Apache-2.0
// Data sets: sizes, order, batches, and file formats.

import DataFiles
import Evaluation
import Foundation
import Tensors
import Testing

@Suite struct DatasetTests {
  @Test func batchesCoverEverySampleInOrder() throws {
    let data = try Dataset(inputs: ["x": counting(7)], labels: Tensor((0..<7).map(Int64.init)))
    let batches = try data.batches(3).all()
    #expect(batches.map(\.count) == [3, 3, 1])
    #expect(data.batches(3).count == 3)
    #expect(batches.flatMap(\.indices) == Array(0..<7))
    #expect(batches[1].inputs["x"]?.floats() == [6, 7, 8, 9, 10, 11])
    #expect(batches[2].labels?.integers() == [6])
    #expect(try data.batches(3).all().map(\.indices) == batches.map(\.indices), "a second walk sees the same")
  }

  @Test func shufflingIsSeededAndLimitingTakesTheFirst() throws {
    func order(_ seed: UInt64, limit: Int? = nil) throws -> [Int] {
      try Dataset(inputs: ["x": counting(20)], options: .init(limit: limit, shuffle: true, seed: seed)).order
    }
    #expect(try order(1) == order(1))
    #expect(try order(1) != order(2))
    #expect(try order(1).sorted() == Array(0..<20))
    #expect(try order(1, limit: 5) == Array(order(1).prefix(5)))
    let data = try Dataset(
      inputs: ["x": counting(20)], labels: Tensor((0..<20).map(Int32.init)), options: .init(batchSize: 6, shuffle: true, seed: 3))
    for batch in try data.batches().all() {
      #expect(batch.labels?.integers() == batch.indices)
      #expect(batch.inputs["x"]?.floats() == batch.indices.flatMap { [Float($0 * 2), Float($0 * 2 + 1)] })
    }
  }

  @Test func lengthsMustAgree() {
    #expect(
      failure { _ = try Dataset(inputs: ["a": counting(3), "b": counting(4)]) }
        == .unequalLengths(first: "a", count: 3, other: "b", otherCount: 4))
    #expect(
      failure { _ = try Dataset(inputs: ["a": counting(3)], labels: counting(2)) }
        == .unequalLengths(first: "a", count: 3, other: "labels", otherCount: 2))
    #expect(failure { _ = try Dataset(inputs: [:]) } == .noInputs(source: "the data set"))
    #expect(failure { _ = try Dataset(inputs: ["a": Tensor(scalar: 1.0)]) } == .scalarInput(name: "a"))
    #expect(
      failure { _ = try Dataset(inputs: ["a": counting(3)], options: .init(batchSize: 0)) }
        == .badOption(name: "batch_size", value: "0", allowed: "1 and above"))
  }

  @Test func digestsTellContentsApart() throws {
    func digest(_ values: [Float], _ labels: [Int32] = [0, 1], name: String = "x", options: Dataset.Options = .init()) throws -> String {
      try Dataset(inputs: [name: Tensor(values, shape: [2, values.count / 2])], labels: Tensor(labels), options: options).digest
    }
    let first = try digest([1, 2, 3, 4])
    #expect(try first == digest([1, 2, 3, 4]) && first.count == 16)
    let others = [
      try digest([1, 2, 3, 5]), try digest([2, 1, 3, 4]), try digest([3, 4, 1, 2]), try digest([1, 2, 3, 4], [1, 0]),
      try digest([1, 2, 3, 4], name: "y"), try digest([1, 2, 3, 4], options: .init(limit: 1)),
    ]
    #expect(Set(others + [first]).count == 7)
  }

  @Test func archives() throws {
    try withTemporaryFolder { folder in
      let labels = Tensor([2, 1, 0] as [Int64])
      try NPZ.write([("image", counting(3)), ("y", labels)], to: folder + "/a.npz")
      let data = try Dataset(arraysAt: folder + "/a.npz")
      #expect(try Array(data.inputs.keys) == ["image"] && data.labels == labels)
      // With `labels` present, `y` is an input like any other.
      try NPZ.write([("x", counting(3)), ("y", counting(3)), ("labels", labels)], to: folder + "/b.npz")
      #expect(try Dataset(arraysAt: folder + "/b.npz").inputs.keys.sorted() == ["x", "y"])
      let chosen = try Dataset(arraysAt: folder + "/b.npz", from: .init(arrays: ["image": "x"], labels: "y"))
      #expect(try Array(chosen.inputs.keys) == ["image"] && chosen.labels?.shape == [3, 2])
      #expect(throws: DataFileError.noSuchArray(file: folder + "/b.npz", name: "z", present: ["x", "y", "labels"])) {
        try Dataset(arraysAt: folder + "/b.npz", from: .init(arrays: ["image": "z"]))
      }
    }
  }

  @Test func foldersOfArrays() throws {
    try withTemporaryFolder { folder in
      try NPY.write(counting(3), to: folder + "/in_ids.npy")
      try NPY.write(counting(3, 4), to: folder + "/in_mask.npy")
      try NPY.write(counting(3), to: folder + "/out_y.npy")
      try NPY.write(Tensor([0, 1, 2] as [Int32]), to: folder + "/labels.npy")
      let data = try Dataset(arraysAt: folder)
      #expect(try data.inputs.keys.sorted() == ["ids", "mask"])
      #expect(try data.labels?.integers() == [0, 1, 2])
      #expect(data.description == "3 samples: ids float32[2], mask float32[4], labels int32[]")
      let single = try Dataset(arraysAt: folder + "/in_ids.npy")
      #expect(try Array(single.inputs.keys) == ["x"])
      #expect(try Dataset(arraysAt: folder + "/in_ids.npy", from: .init(arrays: ["ids": "x"])).inputs.keys.sorted() == ["ids"])
      let named = try Dataset(arraysAt: folder + "/in_ids.npy", from: .init(ownLabels: .init(names: ["b", "a", "b"])))
      #expect(try named.labels?.integers() == [1, 0, 1] && named.classNames == ["a", "b"])
      #expect(throws: DataFileError.self) { try Dataset(arraysAt: folder + "/in_ids.npy", from: .init(labels: "y")) }
      #expect(try Dataset(arraysAt: folder, from: .init(scale: 0.5)).inputs["ids"]?.floats() == counting(3).floats().map { $0 / 2 })
    }
  }
}
