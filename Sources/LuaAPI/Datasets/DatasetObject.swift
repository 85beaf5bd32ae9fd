// SPDX-License-Identifier: Apache-2.0
// The Lua object for data sets.

import DataFiles
import Evaluation
import LuaHost
import Options
import Tensors

/// A data set as a Lua object.
final class DatasetObject: LuaBoxed {
  let dataset: Dataset

  init(_ dataset: Dataset) { self.dataset = dataset }

  static var luaName: String { "Dataset" }

  var luaExternalBytes: Int { dataset.byteCount }

  private enum SplitOptions {
    static let seed = LuaOption<Int?>("seed", "seed of the order in which samples are divided; without it the order is kept")
    static let table = LuaOptionTable("SplitDatasetOptions", [seed])
  }

  static let luaClass = LuaClass(
    DatasetObject.self, "Samples with labels, cut into batches.",
    properties: [
      LuaProperty("count", "number of samples") { (d: DatasetObject) in d.dataset.count },
      LuaProperty("batch_size", "samples a batch") { (d: DatasetObject) in d.dataset.batchSize },
      LuaProperty("inputs", "all samples in their order, by input; samples from files are read") { (d: DatasetObject) in
        try d.dataset.samples(isCancelled: { Interrupts.isPending }).inputs.mapValues { TensorObject($0) }
      },
      LuaProperty("labels", "all labels; nil when there are none") { (d: DatasetObject) in try d.dataset.labels.map { TensorObject($0) } },
      LuaProperty("classes", "names of the classes that labels are indices of, from 0; nil if there are none") { (d: DatasetObject) in
        d.dataset.classNames
      },
      LuaProperty("digest", "a 16-digit digest of the samples and their order") { (d: DatasetObject) in try d.dataset.digest },
    ],
    methods: [
      LuaMethod(
        "batches", "Iterate over the samples in batches.",
        Arg<Int?>("size", "samples per batch; by default that of the dataset", allowed: .atLeast(1)),
        returns: "an iterator over batches with the fields inputs, labels, count",
        type: .iterator(.object(BatchRecord.luaName)),
        example: "for batch in data:batches(64) do print(batch.count) end"
      ) { (d: DatasetObject, size: Int?) in
        let batches = d.dataset.batches(size, isCancelled: { Interrupts.isPending })
        let classes = d.dataset.classNames
        return LuaIterator { try batches.next().map { LuaResults(BatchRecord(batch: $0, classes: classes)) } }
      },
      LuaMethod(
        "shuffled", "The same samples in an order determined by the seed.", Arg("seed", "of the order"), returns: "a Dataset",
        example: "for batch in data:shuffled(1):batches(64) do print(batch.count) end"
      ) { (d: DatasetObject, seed: Int) in DatasetObject(d.dataset.shuffled(seed: UInt64(bitPattern: Int64(seed)))) },
      LuaMethod(
        "take", "The first samples.", Arg("count", "how many", allowed: .atLeast(1)), returns: "a Dataset",
        example: "print(data:take(10).count)  --> 10"
      ) { (d: DatasetObject, count: Int) in DatasetObject(try d.dataset.taking(count)) },
      LuaMethod(
        "split", "Two data sets: the first with a share of the samples, the second with the others.", Arg("share", "between 0 and 1"),
        .options(SplitOptions.table), returns: "a Dataset and a Dataset", type: .object("Dataset"),
        example: "local train, test = data:split(0.75, { seed = 1 })\nprint(train.count, test.count)  --> 298\t99"
      ) { (d: DatasetObject, share: Double, options: LuaOptions) in
        let parts = try d.dataset.split(share, seed: options[SplitOptions.seed].map { UInt64(bitPattern: Int64($0)) })
        return LuaResults(DatasetObject(parts.0), DatasetObject(parts.1))
      },
      LuaMethod(
        "concat", "The samples of both, one after the other; inputs, shapes and classes must be equal.",
        Arg<DatasetObject>("other", "a Dataset"),
        returns: "a Dataset", example: "print(data:take(3):concat(data:take(2)).count)  --> 5"
      ) { (d: DatasetObject, other: DatasetObject) in DatasetObject(try d.dataset.joined(with: other.dataset)) },
      LuaMethod(
        "map",
        "The same samples, changed by a function, which is called for each when it is read. It is given a table: inputs (Tensors by name, without "
          + "the sample axis), labels (a number or Tensor) and index (from 1). What the returned table does not have stays as it is; labels = false "
          + "removes them. It runs on the script's thread, while other threads read files ahead.",
        Arg<LuaClosure>("f", "function(sample) that returns { inputs =, labels = }"), .context, returns: "a Dataset",
        example:
          "local negative = data:map(function(s) return { inputs = { image = -s.inputs.image } } end)\nprint(negative.count)  --> 397"
      ) { (d: DatasetObject, function: LuaClosure, context: LuaContext) in
        let samples = SampleFunction(function: function, interpreter: context.interpreter, classes: d.dataset.classNames, role: "map")
        return DatasetObject(try d.dataset.mapping { try samples.changed($0, $1) })
      },
      LuaMethod("to_npz", "Write the samples to a NumPy archive, which wane.dataset reads again.", Arg("path", "an .npz file; replaced")) {
        (d: DatasetObject, path: PathArgument) in
        try NPZ.write(try d.dataset.arrays.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: path.path)
      },
    ],
    behaviors: [
      .toString { (d: DatasetObject) in d.dataset.description },
      .length { (d: DatasetObject) in d.dataset.count },
      .index { (_: DatasetObject, i: Int) -> LuaValue? in
        throw LuaError(.usage, "a Dataset has no element [\(i)]", hint: "write for batch in data:batches(64) do … end")
      },
    ])
}

/// A batch of samples.
struct BatchRecord: LuaRecord {
  let batch: Dataset.Batch
  /// The names of the classes that the labels are indices of.
  var classes: [String]?

  static let luaName = "Batch"
  static let luaDoc = "A group of samples."
  static let luaFields: [LuaField<BatchRecord>] = [
    LuaField("inputs", "Tensors by input") { $0.batch.inputs.mapValues { TensorObject($0) } },
    LuaField("labels", "their labels") { $0.batch.labels.map { TensorObject($0) } },
    LuaField("count", "number of samples") { $0.batch.count },
    LuaField("classes", "names of the classes that the labels count from 0; nil when they have none") { $0.classes },
  ]
  var luaText: String? {
    let inputs = batch.inputs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.dtype) \($0.value.shape)" }
    return "\(batch.count) samples: " + inputs.joined(separator: ", ")
  }
}
