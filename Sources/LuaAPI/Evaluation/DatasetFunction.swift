// SPDX-License-Identifier: Apache-2.0
// wane.dataset.

import Evaluation
import LuaHost
import Options
import Tensors

enum DatasetFunctions {
  private enum Options {
    static let inputs = LuaOption<LuaTable?>(
      "inputs", "Tensors by input; with a file, the file's array for each input")
    static let labels = LuaOption<LuaValue?>(
      "labels", "a Tensor or sequence of class ids, or a sequence of names of classes; with a file also the name of its array")
    static let batchSize = LuaOption("batch_size", "samples a batch", default: 32, allowed: .atLeast(1))
    static let limit = LuaOption<Int?>("limit", "most samples to take", allowed: .atLeast(1))
    static let shuffle = LuaOption("shuffle", "take them in a random order", default: false)
    static let seed = LuaOption("seed", "of that order; only with shuffle", default: 0)
    static let scale = LuaOption<Double?>("scale", "multiplies every input, making it float32", allowed: .within(-3e38...3e38))
    static let imageSize = LuaOption<[Int]?>("image_size", "{width, height} to which pictures of a folder are resized")
    static let table = LuaOptionTable(
      "DatasetOptions", [inputs, labels, batchSize, limit, shuffle, seed, scale, imageSize])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "dataset", "Samples to evaluate on: from Tensors, or from an .npz, .npy or folder. An option that a source does not use is an error.",
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
      guard let table = path == nil ? first.table : context.value(2).table ?? context.interpreter.newTable() else {
        throw LuaError(
          .usage, "bad argument #1 to 'dataset' (path or table of options expected, got \(context.interpreter.typeName(of: first)))")
      }
      let second = context.value(2)
      guard second.isNil || (path != nil && second.table != nil) else {
        throw LuaError(
          .usage,
          path == nil
            ? "dataset: options come in one table with the inputs"
            : "bad argument #2 to 'dataset' (table expected, got \(context.interpreter.typeName(of: second)))",
          hint: "wane.dataset{ inputs = …, … } or wane.dataset(\"data.npz\", { … })")
      }
      try checkInputs(table, isFile: path != nil)
      let options = try LuaOptions.read(table, as: Options.table, for: "dataset")
      return LuaResults(DatasetObject(try make(path, options, context.interpreter)))
    }
  ]

  /// Tells of Tensors that stand where a table of them by input belongs.
  private static func checkInputs(_ table: LuaTable, isFile: Bool) throws {
    if table["inputs"].object(TensorObject.self) != nil, !isFile {
      throw LuaError(.usage, "dataset: inputs are Tensors by name, got a Tensor", hint: "inputs = { name = tensor }")
    }
    for (key, value) in try table.pairs() {
      if let name = key.string, Options.table[name] == nil, value.object(TensorObject.self) != nil {
        throw LuaError(.usage, "dataset: unknown option '\(name)'", hint: "write inputs = { \(name) = … }")
      }
    }
  }

  private static func make(_ path: String?, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Dataset {
    guard options[Options.shuffle] || options["seed"] == nil else {
      throw LuaError(.usage, "dataset: seed is not used without shuffle", hint: "shuffle = true")
    }
    let picks = Dataset.Options(
      batchSize: options[Options.batchSize], limit: options[Options.limit], shuffle: options[Options.shuffle],
      seed: UInt64(bitPattern: Int64(options[Options.seed])))
    let dataset =
      try path.map { try read($0, options, picks, interpreter) } ?? collect(options, picks, interpreter)
    guard let scale = options[Options.scale] else { return dataset }
    return dataset.mappingInputs { t in Tensor(t.floats().map { $0 * Float(scale) }, shape: t.shape) }
  }

  /// Samples of a file or folder.
  private static func read(
    _ path: String, _ options: LuaOptions, _ picks: Dataset.Options, _ interpreter: Interpreter
  ) throws -> Dataset {
    var file = Dataset.FileOptions()
    if let names = options[Options.inputs] {
      do {
        file.arrays = try LuaValue.table(names).read(as: [String: String].self, in: interpreter)
      } catch let mismatch as LuaMismatch {
        throw LuaError(
          .usage, "dataset: inputs of a file name its arrays; \(mismatch.sentence)", hint: "inputs = { image = \"test_x\" }")
      }
    }
    if let labels = options[Options.labels] {
      if let name = labels.string { file.labels = name } else { file.ownLabels = try Self.labels(labels, interpreter) }
    }
    if let size = options[Options.imageSize] {
      guard size.count == 2, size.allSatisfy({ $0 > 0 }) else {
        throw LuaError(.usage, "dataset: image_size must be {width, height}")
      }
      file.images.size = (size[0], size[1])
    }
    do {
      return try Dataset(path: PathArgument(path, interpreter).path, options: picks, from: file)
    } catch let error as EvaluationError {
      guard case .unequalLengths = error, file.arrays == nil else {
        throw LuaError(.usage, "dataset: \(error.description)")
      }
      throw LuaError(
        .usage, "dataset: \(error.description)",
        hint: "choose arrays of the file: { inputs = { image = \"test_x\" }, labels = \"test_y\" }")
    }
  }

  /// Samples that a script has.
  private static func collect(_ options: LuaOptions, _ picks: Dataset.Options, _ interpreter: Interpreter) throws -> Dataset {
    guard let inputs = options[Options.inputs] else {
      throw LuaError(.usage, "dataset: give inputs = { name = Tensor } or a path", hint: "wane.dataset(\"data.npz\")")
    }
    guard options[Options.imageSize] == nil else {
      throw LuaError(.usage, "dataset: image_size is not used with inputs; it resizes the pictures of a folder")
    }
    let tensors = try LuaValue.table(inputs).read(as: [String: TensorArgument].self, in: interpreter).mapValues(\.tensor)
    let dataset = try Dataset(inputs: tensors, options: picks)
    guard let labels = options[Options.labels], !labels.isNil else { return dataset }
    return try dataset.labelled(Self.labels(labels, interpreter))
  }

  /// Class ids, targets of a regression, or names of classes.
  private static func labels(_ value: LuaValue, _ interpreter: Interpreter) throws -> Dataset.Labels {
    if let table = value.table, table[1].string != nil {
      do {
        return Dataset.Labels(names: try value.read(as: [String].self, in: interpreter))
      } catch let mismatch as LuaMismatch {
        throw LuaError(.usage, "dataset: labels\(mismatch.sentence); the first is a name, so all must be")
      }
    }
    do {
      let given = try value.read(as: TensorArgument.self, in: interpreter).tensor
      guard value.table != nil || given.dtype == .float32 else { return Dataset.Labels(given) }
      // A plain Lua sequence of class ids arrives as floats.
      let whole = try? given.converted(to: .int32)
      return Dataset.Labels(whole ?? (try? given.converted(to: .int64)) ?? given)
    } catch let mismatch as LuaMismatch {
      throw LuaError(.usage, "dataset: labels: \(mismatch.sentence)")
    }
  }
}
