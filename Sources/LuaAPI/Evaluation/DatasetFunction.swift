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
    static let text = LuaOption<LuaValue?>("text", "a path of a text file, or a sequence of texts, which become windows of token ids")
    static let tokenizer = LuaOption<TokenizerObject?>("tokenizer", "with text: the tokenizer")
    static let length = LuaOption<Int?>("length", "with text: ids in a window; 512 by default", allowed: .atLeast(1))
    static let stride = LuaOption<Int?>(
      "stride", "with text: ids between the starts of windows, by default length; less gives later windows context", allowed: .atLeast(1))
    static let pad = LuaOption<Bool?>("pad", "with text: fill up the last window, by default; false leaves a shorter one out")
    static let input = LuaOption<String?>("input", "with text: the name of the input; input_ids by default")
    static let ofText = ["tokenizer", "length", "stride", "pad", "input"]
    static let table = LuaOptionTable(
      "DatasetOptions",
      [inputs, labels, batchSize, limit, shuffle, seed, scale, imageSize, text, tokenizer, length, stride, pad, input])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "dataset",
      "Create a data set from Tensors, an .npz or .npy file, a folder, or texts in windows of token ids, whose labels are the next ids. Options that do not apply to the source are errors.",
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
      return LuaResults(DatasetObject(try request(path, options, context.interpreter).dataset()))
    }
  ]

  /// Throws an error for Tensors that should be in the table of inputs.
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

  private static func request(_ path: String?, _ options: LuaOptions, _ interpreter: Interpreter) throws -> DatasetRequest {
    let text = options[Options.text].flatMap { $0.isNil ? nil : $0 }
    if let path, text != nil {
      throw LuaError(
        .usage, "dataset: the path \(path) and text are two sources", hint: "wane.dataset{ text = \"file.txt\", tokenizer = … }")
    }
    if text == nil, let stray = Options.ofText.first(where: { options[$0] != nil }) {
      throw LuaError(.usage, "dataset: \(stray) is only used with text", hint: "wane.dataset{ text = \"file.txt\", tokenizer = … }")
    }
    var request = DatasetRequest(
      try text.map { try windows($0, options, interpreter) } ?? path.map { try file($0, options, interpreter) }
        ?? arrays(options, interpreter))
    request.batchSize = options[Options.batchSize]
    request.limit = options[Options.limit]
    request.shuffles = options[Options.shuffle]
    request.seed = options["seed"].map { _ in options[Options.seed] }
    request.scale = options[Options.scale]
    request.imageSize = options[Options.imageSize]
    return request
  }

  /// Reads texts and their tokenizer.
  private static func windows(_ text: LuaValue, _ options: LuaOptions, _ interpreter: Interpreter) throws -> DatasetRequest.Source {
    for name in ["inputs", "labels"] where options[name] != nil {
      throw LuaError(.usage, "dataset: \(name) is not used with text, whose labels are the next ids")
    }
    guard let tokenizer = options[Options.tokenizer]?.tokenizer else {
      throw LuaError(.usage, "dataset: text needs a tokenizer", hint: "tokenizer = wane.tokenizer \"tokenizer.json\"")
    }
    let content: DatasetRequest.Text.Content
    switch text {
    case .string(let path): content = .file(try PathArgument(path, interpreter).path)
    case .table(let table):
      guard table.count > 0 else { throw LuaError(.usage, "dataset: text is an empty list", hint: "text = { \"one text\", \"another\" }") }
      content = .texts(
        try (1...table.count).map { position in
          switch table[position] {
          case .string(let text): return Array(text.utf8)
          case .bytes(let bytes): return bytes
          default: throw LuaError(.usage, "dataset: text \(position) of the list is not a string")
          }
        })
    default:
      throw LuaError(.usage, "dataset: text is a path or a sequence of strings", hint: "text = \"file.txt\", or text = { \"one text\" }")
    }
    var windows = DatasetRequest.Text(content, tokenizer: tokenizer)
    windows.length = options[Options.length] ?? windows.length
    windows.stride = options[Options.stride]
    windows.pads = options[Options.pad] ?? true
    windows.inputName = options[Options.input] ?? windows.inputName
    return .text(windows)
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
