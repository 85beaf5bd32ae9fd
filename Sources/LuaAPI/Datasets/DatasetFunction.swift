// SPDX-License-Identifier: Apache-2.0
// The function `wane.dataset`.

import DataFiles
import Evaluation
import LuaHost
import Options
import Tensors
import Workflows

enum DatasetFunctions {
  private enum Options {
    static let inputs = LuaOption<LuaTable?>(
      "inputs", "Tensors by input; with a file of arrays, the file's array for each input")
    static let labels = LuaOption<LuaValue?>(
      "labels",
      "a Tensor or sequence of class ids, or a sequence of class names; the name of an array or column of the file; of a folder of pictures or "
        + "sounds \"folders\" or a .csv file (file, label), which also lists the samples")
    static let batchSize = LuaOption("batch_size", "samples a batch", default: 32, allowed: .atLeast(1))
    static let limit = LuaOption<Int?>("limit", "maximum number of samples", allowed: .atLeast(1))
    static let shuffle = LuaOption("shuffle", "shuffle the samples", default: false)
    static let seed = LuaOption("seed", "seed of the order; only with shuffle", default: 0)
    static let scale = LuaOption<Double?>(
      "scale", "with arrays and pictures: factor for every input, which converts it to float32", allowed: .within(-3e38...3e38))
    static let classes = LuaOption<LuaValue?>(
      "classes",
      "names of the classes that labels count from 0: a sequence, or a text file with one a line; by default the sorted names that occur")
    static let input = LuaOption<String?>(
      "input", "the name of the only input; by default image of pictures, audio of sounds, x of CSV, input_ids of text")
    static let resize = LuaOption<NumberList?>(
      "resize", "with pictures: pixels of the shorter side, or {width, height}; linear interpolation as in Pillow")
    static let imageSize = LuaOption<[Int]?>("image_size", "with pictures: {width, height}; the same as resize")
    static let crop = LuaOption<NumberList?>(
      "crop", "with pictures, after resize: pixels of the square in the middle that is kept, or {width, height}")
    static let layout = LuaOption<String?>(
      "layout", "with pictures: the order of channels; by default gray if all pictures are gray, else rgb",
      allowed: .strings(PictureOptions.Color.allCases.map(\.rawValue)))
    static let orient = LuaOption<Bool?>(
      "orient", "with pictures: turn them as the EXIF data of the camera say; false by default, as in Pillow")
    static let mean = LuaOption<NumberList?>(
      "mean", "with pictures, after scale: a number to subtract, or one for each channel in the order of layout")
    static let std = LuaOption<NumberList?>(
      "std", "with pictures, after mean: a number to divide by, or one for each channel in the order of layout")
    static let rate = LuaOption<Int?>(
      "rate", "with sounds: samples a second, to which all are converted", allowed: .within(1...Double(RateConversion.highestRate)))
    static let seconds = LuaOption<Double?>(
      "seconds", "with sounds: length of the windows that sounds are cut into; by default whole sounds of equal length")
    static let mono = LuaOption<Bool?>(
      "mono", "with sounds: the mean of the channels, by default; false gives samples of the shape {channels, frames}")
    static let columns = LuaOption<LuaValue?>(
      "columns", "with CSV: names of the columns of one input, or by input a name or several; by default all but the labels")
    static let delimiter = LuaOption<String?>("delimiter", "with CSV: one character between fields; by default a comma, of .tsv a tab")
    static let text = LuaOption<LuaValue?>("text", "a path of a text file, or a sequence of texts, which become windows of token ids")
    static let tokenizer = LuaOption<TokenizerObject?>("tokenizer", "with text: the tokenizer")
    static let length = LuaOption<Int?>("length", "with text: ids in a window; 512 by default", allowed: .atLeast(1))
    static let stride = LuaOption<Double?>(
      "stride",
      "ids (of text) or seconds (of sounds) between the starts of windows, by default their length; less gives later windows of text context"
    )
    static let pad = LuaOption<Bool?>("pad", "with text and sounds: fill up the last window, by default; false leaves a shorter one out")
    static let count = LuaOption<Int?>("count", "with a function: the number of samples", allowed: .atLeast(1))
    static let transform = LuaOption<LuaClosure?>(
      "transform", "with pictures and sounds: a function that is given each as a Tensor and returns one")
    static let table = LuaOptionTable(
      "DatasetOptions",
      [
        inputs, labels, batchSize, limit, shuffle, seed, scale, classes, input, resize, imageSize, crop, layout, orient, mean, std, rate,
        seconds,
        mono, columns, delimiter, text, tokenizer, length, stride, pad, count, transform,
      ])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "dataset",
      "Create a data set from Tensors, a file of arrays (.npz, .npy, or a folder of .npy), a folder of pictures or sounds, a CSV file, texts in "
        + "windows of token ids, whose labels are the next ids, or a function that returns { inputs = { name = Tensor }, labels = } for the "
        + "number of a sample. Pictures and sounds are read while the model runs, on other threads; functions of Lua run on the script's. "
        + "Options that do not apply to the source are errors.",
      arguments: [
        LuaArgument("source", .union([.string, .function, .options("DatasetOptions")]), "a path, a function, or the options"),
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
      let isSource = first.string != nil || first.function != nil
      guard let table = isSource ? context.value(2).table ?? context.interpreter.newTable() : first.table else {
        throw LuaError(
          .usage, "bad argument #1 to 'dataset' (path or table of options expected, got \(context.interpreter.typeName(of: first)))")
      }
      let second = context.value(2)
      guard second.isNil || (isSource && second.table != nil) else {
        throw LuaError(
          .usage,
          !isSource
            ? "dataset: options come in one table with the inputs"
            : "bad argument #2 to 'dataset' (table expected, got \(context.interpreter.typeName(of: second)))",
          hint: "wane.dataset{ inputs = …, … } or wane.dataset(\"data.npz\", { … })")
      }
      try checkInputs(table, isFile: isSource)
      let options = try LuaOptions.read(table, as: Options.table, for: "dataset")
      return LuaResults(DatasetObject(try request(first, options, context.interpreter).dataset()))
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

  private static func request(_ first: LuaValue, _ options: LuaOptions, _ interpreter: Interpreter) throws -> DatasetRequest {
    let text = options[Options.text]
    if text != nil, first.table == nil {
      throw LuaError(
        .usage, "dataset: \(first.string.map { "the path \($0)" } ?? "the function") and text are two sources",
        hint: "wane.dataset{ text = \"file.txt\", tokenizer = … }")
    }
    let classes = try options[Options.classes].map { try DatasetReader.classes($0, interpreter) }
    let source: DatasetRequest.Source
    if let path = first.string {
      source = .path(try PathArgument(path, interpreter).path)
    } else if let function = first.function {
      let samples = SampleFunction(function: function, interpreter: interpreter, classes: classes, role: "dataset")
      source = .function { try samples.sample($0) }
    } else {
      source = try text.map { .text(try content($0, interpreter)) } ?? .arrays(tensors(options, interpreter))
    }
    var request = DatasetRequest(source)
    request.given = options.given
    request.classes = classes
    request.batchSize = options[Options.batchSize]
    request.limit = options[Options.limit]
    request.shuffles = options[Options.shuffle]
    request.seed = options["seed"].map { _ in options[Options.seed] }
    request.scale = options[Options.scale]
    request.inputName = options[Options.input]
    request.tokenizer = options[Options.tokenizer]?.tokenizer
    request.length = options[Options.length] ?? request.length
    request.stride = options[Options.stride]
    request.pads = options[Options.pad] ?? true
    request.count = options[Options.count]
    if let labels = options[Options.labels] {
      if case .text = source { throw LuaError(.usage, "dataset: labels is not used with text, whose labels are the next ids") }
      request.labels = try label(labels, of: source, classes, interpreter)
    }
    if case .path = source { request.arrays = try arrays(options, interpreter) }
    request.picture = try picture(options)
    request.sound = SoundOptions(
      rate: options[Options.rate], seconds: options[Options.seconds], mixes: options[Options.mono] ?? true)
    if let columns = options[Options.columns] { (request.columns, request.table.columns) = try DatasetReader.columns(columns, interpreter) }
    if let delimiter = options[Options.delimiter] { request.table.delimiter = try TextFunctions.delimiter(delimiter, "dataset") }
    if let transform = options[Options.transform] {
      request.transform = { tensor in
        try transform.call(TensorObject(tensor), returning: TensorArgument.self, role: "transform", wanted: "a Tensor").tensor
      }
    }
    return request
  }

  private static func picture(_ options: LuaOptions) throws -> PictureOptions {
    var picture = PictureOptions()
    picture.color = options[Options.layout].flatMap(PictureOptions.Color.init)
    picture.turns = options[Options.orient] ?? false
    picture.mean = options[Options.mean]?.numbers
    picture.deviation = options[Options.std]?.numbers
    if let crop = try options[Options.crop]?.extents("crop") { picture.crop = (crop[0], crop[crop.count - 1]) }
    if let resize = try options[Options.resize]?.extents("resize") {
      picture.resize = resize.count == 1 ? .shorterSide(resize[0]) : .exactly(width: resize[0], height: resize[1])
    }
    if let size = options[Options.imageSize] {
      guard picture.resize == nil else { throw LuaError(.usage, "dataset: resize and image_size are the same option; give one of them") }
      guard size.count == 2, size.allSatisfy({ (1...65536).contains($0) }) else {
        throw LuaError(.usage, "dataset: image_size must be {width, height}")
      }
      picture.resize = .exactly(width: size[0], height: size[1])
    }
    return picture
  }

  /// Reads texts.
  private static func content(_ text: LuaValue, _ interpreter: Interpreter) throws -> DatasetRequest.TextContent {
    switch text {
    case .string(let path): return .file(try PathArgument(path, interpreter).path)
    case .table(let table):
      guard table.count > 0 else { throw LuaError(.usage, "dataset: text is an empty list", hint: "text = { \"one text\", \"another\" }") }
      return .texts(
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
  }

  /// The names of a file's arrays by input.
  private static func arrays(_ options: LuaOptions, _ interpreter: Interpreter) throws -> [String: String]? {
    do {
      return try options[Options.inputs].map { try LuaValue.table($0).read(as: [String: String].self, in: interpreter) }
    } catch let mismatch as LuaMismatch {
      throw LuaError(
        .usage, "dataset: inputs of a file name its arrays; \(mismatch.sentence)", hint: "inputs = { image = \"test_x\" }")
    }
  }

  private static func tensors(_ options: LuaOptions, _ interpreter: Interpreter) throws -> [String: Tensor]? {
    try options[Options.inputs].map {
      try LuaValue.table($0).read(as: [String: TensorArgument].self, in: interpreter).mapValues(\.tensor)
    }
  }

  private static func label(
    _ value: LuaValue, of source: DatasetRequest.Source, _ classes: [String]?, _ interpreter: Interpreter
  ) throws -> DatasetRequest.Labels {
    guard case .path(let folder) = source, let name = value.string else {
      return .own(try DatasetReader.labels(value, classes: classes, interpreter))
    }
    // The file may be in the folder.
    if name.hasSuffix(".csv") || name.hasSuffix(".tsv") {
      _ = try PathArgument("\(folder)/\(name)", interpreter)
      return .named(try PathArgument(name, interpreter).path)
    }
    return .named(name)
  }
}
