// SPDX-License-Identifier: Apache-2.0
// The function `wane.dataset`.

import Evaluation
import LuaHost
import Options
import Tensors
import Workflows

enum DatasetFunctions {
  private enum Options {
    static let inputs = LuaOption<LuaTable?>(
      "inputs", "Tensors by input; with a file, the file's array for each input")
    static let labels = LuaOption<LuaValue?>(
      "labels", "a Tensor or sequence of class ids, or a sequence of class names; with a file also the name of its array")
    static let batchSize = LuaOption("batch_size", "samples a batch", default: 32, allowed: .atLeast(1))
    static let limit = LuaOption<Int?>("limit", "maximum number of samples", allowed: .atLeast(1))
    static let shuffle = LuaOption("shuffle", "shuffle the samples", default: false)
    static let seed = LuaOption("seed", "seed of the order; only with shuffle", default: 0)
    static let scale = LuaOption<Double?>("scale", "factor for every input, which converts it to float32", allowed: .within(-3e38...3e38))
    static let imageSize = LuaOption<[Int]?>("image_size", "{width, height} to which images of a folder are resized")
    static let table = LuaOptionTable(
      "DatasetOptions", [inputs, labels, batchSize, limit, shuffle, seed, scale, imageSize])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "dataset", "Create a data set from Tensors, an .npz or .npy file, or a folder. Options that do not apply to the source are errors.",
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
            ? "dataset: options come in one table"
            : "bad argument #2 to 'dataset' (table expected, got \(context.interpreter.typeName(of: second)))",
          hint: "wane.dataset{ inputs = …, … } or wane.dataset(\"data.npz\", { … })")
      }
      let options = try LuaOptions.read(table, as: Options.table, for: "dataset")
      return LuaResults(DatasetObject(try request(path, options, context.interpreter).dataset()))
    }
  ]

  private static func request(_ path: String?, _ options: LuaOptions, _ interpreter: Interpreter) throws -> DatasetRequest {
    var request = DatasetRequest(try path.map { try file($0, options, interpreter) } ?? arrays(options, interpreter))
    request.batchSize = options[Options.batchSize]
    request.limit = options[Options.limit]
    request.shuffles = options[Options.shuffle]
    request.seed = options["seed"].map { _ in options[Options.seed] }
    request.scale = options[Options.scale]
    request.imageSize = options[Options.imageSize]
    return request
  }

  /// Reads the samples of a file or folder.
  private static func file(_ path: String, _ options: LuaOptions, _ interpreter: Interpreter) throws -> DatasetRequest.Source {
    let arrays: [String: String]?
    do {
      arrays = try options[Options.inputs].map { try LuaValue.table($0).read(as: [String: String].self, in: interpreter) }
    } catch let mismatch as LuaMismatch {
      throw LuaError(
        .usage, "dataset: inputs of a file name its arrays; \(mismatch.sentence)", hint: "inputs = { image = \"test_x\" }")
    }
    let labels = try options[Options.labels].map { value -> DatasetRequest.FileLabels in
      try value.string.map { .array($0) } ?? .own(Self.labels(value, interpreter))
    }
    return .file(try PathArgument(path, interpreter).path, arrays: arrays, labels: labels)
  }

  /// Creates a dataset from samples in a Lua table.
  private static func arrays(_ options: LuaOptions, _ interpreter: Interpreter) throws -> DatasetRequest.Source {
    let inputs = try options[Options.inputs].map {
      try LuaValue.table($0).read(as: [String: TensorArgument].self, in: interpreter).mapValues(\.tensor)
    }
    let labels = options[Options.labels].flatMap { $0.isNil ? nil : $0 }
    return .arrays(inputs, labels: try labels.map { try Self.labels($0, interpreter) })
  }

  /// Reads class indices, regression targets or class names.
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
      // A Lua sequence of class indices is converted to a tensor of floats.
      let whole = try? given.converted(to: .int32)
      return Dataset.Labels(whole ?? (try? given.converted(to: .int64)) ?? given)
    } catch let mismatch as LuaMismatch {
      throw LuaError(.usage, "dataset: labels: \(mismatch.sentence)")
    }
  }
}
