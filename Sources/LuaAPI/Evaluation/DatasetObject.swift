// SPDX-License-Identifier: Apache-2.0
// Labelled samples in a script's hands.

import Evaluation
import LuaHost
import Options
import Tensors

/// A dataset as a Lua object.
final class DatasetObject: LuaBoxed {
  let dataset: Dataset

  init(_ dataset: Dataset) { self.dataset = dataset }

  static var luaName: String { "Dataset" }

  var luaExternalBytes: Int { dataset.inputs.values.reduce(dataset.labels?.byteCount ?? 0) { $0 + $1.byteCount } }

  static let luaClass = LuaClass(
    DatasetObject.self, "Samples with labels, cut into batches.",
    properties: [
      LuaProperty("count", "number of samples") { (d: DatasetObject) in d.dataset.count },
      LuaProperty("batch_size", "samples a batch") { (d: DatasetObject) in d.dataset.batchSize },
      LuaProperty("inputs", "all samples, by input") { (d: DatasetObject) in d.dataset.inputs.mapValues { TensorObject($0) } },
      LuaProperty("labels", "all labels; nil when there are none") { (d: DatasetObject) in d.dataset.labels.map { TensorObject($0) } },
    ],
    methods: [
      LuaMethod(
        "batches", "Iterate over the samples in groups.",
        Arg<Int?>("size", "samples a group; the dataset's own when left out", allowed: .atLeast(1)),
        returns: "an iterator over batches with the fields inputs, labels, count",
        type: .iterator(.object(BatchRecord.luaName)),
        example: "for batch in data:batches(64) do print(batch.count) end"
      ) { (d: DatasetObject, size: Int?) in
        let iterator = d.dataset.batches(size).makeIterator()
        return LuaIterator { iterator.next().map { LuaResults(BatchRecord(batch: $0)) } }
      },
      LuaMethod(
        "shuffled", "The same samples in another order: one for each seed.", Arg("seed", "of the order"), returns: "a Dataset",
        example: "for batch in data:shuffled(1):batches(64) do print(batch.count) end"
      ) { (d: DatasetObject, seed: Int) in DatasetObject(d.dataset.shuffled(seed: UInt64(bitPattern: Int64(seed)))) },
    ],
    behaviors: [
      .toString { (d: DatasetObject) in d.dataset.description },
      .length { (d: DatasetObject) in d.dataset.count },
    ])
}

/// One group of samples.
struct BatchRecord: LuaRecord {
  let batch: Dataset.Batch

  static let luaName = "Batch"
  static let luaDoc = "A group of samples."
  static let luaFields: [LuaField<BatchRecord>] = [
    LuaField("inputs", "Tensors by input") { $0.batch.inputs.mapValues { TensorObject($0) } },
    LuaField("labels", "their labels") { $0.batch.labels.map { TensorObject($0) } },
    LuaField("count", "number of samples") { $0.batch.count },
  ]
  var luaText: String? {
    let inputs = batch.inputs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.dtype) \($0.value.shape)" }
    return "\(batch.count) samples: " + inputs.joined(separator: ", ")
  }
}

enum DatasetFunctions {
  private enum Options {
    static let inputs = LuaOption<LuaTable?>(
      "inputs", "Tensors by input; with a file, the file's array for each input")
    static let labels = LuaOption<LuaValue?>("labels", "a Tensor or sequence of class ids; with a file, the name of its array")
    static let batchSize = LuaOption("batch_size", "samples a batch", default: 32, allowed: .atLeast(1))
    static let limit = LuaOption<Int?>("limit", "most samples to take", allowed: .atLeast(1))
    static let shuffle = LuaOption("shuffle", "take them in a random order", default: false)
    static let seed = LuaOption("seed", "of that order", default: 0)
    static let scale = LuaOption<Double?>("scale", "multiplies every input, making it float32")
    static let imageSize = LuaOption<[Int]?>("image_size", "{width, height} to which pictures of a folder are resized")
    static let table = LuaOptionTable(
      "DatasetOptions", [inputs, labels, batchSize, limit, shuffle, seed, scale, imageSize])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "dataset", "Samples to evaluate on: from Tensors, or from an .npz, .npy or folder.",
      arguments: [
        LuaArgument("source", .union([.string, .options("DatasetOptions")]), "a path, or the options"),
        LuaArgument("options", .optional(.options("DatasetOptions")), "named options", options: Options.table),
      ],
      returns: "a Dataset", resultType: .object("Dataset"),
      example: """
        local digits = wane.load_npz("examples/digits.npz")
        local data = wane.dataset{ inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y }
        print(data.count)  --> 397
        """
    ) { context in
      let first = context.value(1)
      let path = first.string
      let table = path == nil ? first.table : context.value(2).table
      if path == nil, table == nil {
        throw LuaError(
          .usage, "bad argument #1 to 'dataset' (path or table of options expected, got \(context.interpreter.typeName(of: first)))")
      }
      let options = try LuaOptions.read(table ?? context.interpreter.newTable(), as: Options.table, for: "dataset")
      return LuaResults(DatasetObject(try make(path, options, context.interpreter)))
    }
  ]

  private static func make(_ path: String?, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Dataset {
    let picks = Dataset.Options(
      batchSize: options[Options.batchSize], limit: options[Options.limit], shuffle: options[Options.shuffle],
      seed: UInt64(bitPattern: Int64(options[Options.seed])))
    let dataset: Dataset
    if let path {
      var file = Dataset.FileOptions()
      if let names = options[Options.inputs] {
        file.arrays = try LuaValue.table(names).read(as: [String: String].self, in: interpreter)
      }
      file.labels = options[Options.labels]?.string
      if let size = options[Options.imageSize] {
        guard size.count == 2, size.allSatisfy({ $0 > 0 }) else {
          throw LuaError(.usage, "dataset: image_size must be {width, height}")
        }
        file.images.size = (size[0], size[1])
      }
      do {
        dataset = try Dataset(path: PathArgument(path, interpreter).path, options: picks, from: file)
      } catch let error as EvaluationError {
        guard case .unequalLengths = error, file.arrays == nil else { throw error }
        throw LuaError(
          .usage, "dataset: \(error.description)",
          hint: "choose arrays of the file: { inputs = { image = \"test_x\" }, labels = \"test_y\" }")
      }
    } else {
      guard let inputs = options[Options.inputs] else {
        throw LuaError(.usage, "dataset: give inputs = { name = Tensor } or a path", hint: "wane.dataset(\"data.npz\")")
      }
      let tensors = try LuaValue.table(inputs).read(as: [String: TensorArgument].self, in: interpreter).mapValues(\.tensor)
      var labels: Tensor?
      if let value = options[Options.labels], !value.isNil {
        let given = try value.read(as: TensorArgument.self, in: interpreter).tensor
        // A plain Lua sequence of class ids arrives as float32.
        labels = given.dtype == .float32 && given.doubles().allSatisfy { $0 == $0.rounded() } ? given.cast(to: .int32) : given
      }
      dataset = try Dataset(inputs: tensors, labels: labels, options: picks)
    }
    guard let scale = options[Options.scale] else { return dataset }
    return try Dataset(
      inputs: dataset.inputs.mapValues { t in Tensor(t.floats().map { $0 * Float(scale) }, shape: t.shape) },
      labels: dataset.labels, classNames: dataset.classNames, options: picks)
  }
}
