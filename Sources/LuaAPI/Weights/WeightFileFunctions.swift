// SPDX-License-Identifier: Apache-2.0
// Files of named tensors: reading, writing, and putting their tensors into a model.

import Compression
import Encodings
import Files
import LuaHost
import Models
import Options
import Tensors
import WeightFiles

enum WeightFileFunctions {
  private enum SaveOptions {
    static let metadata = LuaOption<[String: String]?>("metadata", "free text by key")
    static let table = LuaOptionTable("SaveSafetensorsOptions", [metadata])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "load_safetensors",
      "Read named tensors: .safetensors, the .index.json of several files, a PyTorch state dictionary (.pt, .pth, .bin, .ckpt), or .gguf, "
        + "whose quantized tensors are decoded. Elements stay memory-mapped where they are aligned.",
      Arg("path", "the file"), returns: "a table of Tensors by name",
      example: """
        wane.save_safetensors("two.safetensors", { a = wane.tensor{ 1, 2 }, b = wane.zeros{ 2, 3 } })
        print(wane.load_safetensors("two.safetensors").a:sum())  --> 3.0
        os.remove("two.safetensors")
        """
    ) { (path: PathArgument) -> [String: TensorObject] in
      let file = try WeightFile(path.path)
      var tensors: [String: TensorObject] = [:]
      for name in file.names { tensors[name] = try file.tensor(name).map { TensorObject($0) } }
      return tensors
    },
    LuaFunction(
      "save_safetensors", "Write named tensors. A file of that name is replaced at once or not at all.", Arg("path", "a .safetensors file"),
      Arg("tensors", "a table of Tensors by name"), .options(SaveOptions.table)
    ) { (path: PathArgument, tensors: [String: TensorArgument], options: LuaOptions) in
      let all = tensors.mapValues(\.tensor)
      let (header, order) = try Safetensors.header(all, metadata: options[SaveOptions.metadata] ?? [:], path: path.path)
      try FileReplacement.replace(path.path) { temporary in
        let file = try FileWriter(creating: temporary)
        try file.write(header)
        for name in order { try all[name]?.withBytes { try file.write($0) } }
        try file.close()
      }
    },
  ]
}

/// Where `with_weights` takes the weights from.
struct WeightSource: LuaConvertible {
  enum Kind {
    case file(PathArgument)
    case weights([String: EncodedArgument])
  }

  let kind: Kind

  static var luaType: LuaType { .union([.string, .dictionary(.string, EncodedArgument.luaType)]) }

  func push(to interpreter: Interpreter) throws {
    switch kind {
    case .file(let path): path.push(to: interpreter)
    case .weights(let weights): try weights.push(to: interpreter)
    }
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> WeightSource {
    if case .string = try LuaValue.read(interpreter, at: index) {
      return WeightSource(kind: .file(try PathArgument.read(interpreter, at: index)))
    }
    return WeightSource(kind: .weights(try [String: EncodedArgument].read(interpreter, at: index)))
  }
}

extension Model {
  enum WeightFileOptions {
    static let map = LuaOption<LuaValue?>(
      "map", "of a file: the weight's name for a tensor's name, as a table or a function; false or nil leaves a tensor out")
    static let strict = LuaOption("strict", "of a file: an error if weights, biases or tensors are left over", default: true)
    static let transpose = LuaOption(
      "transpose",
      "of a file: whether a matrix may have its axes exchanged; auto: where its shape tells, and square ones that the program multiplies from the right as the others; square: these too",
      default: "auto", allowed: .oneOf("auto", "square", "never"))
    static let table = LuaOptionTable("WithWeightsOptions", [map, strict, transpose])
  }

  /// The model with the tensors of a file.
  func withWeights(_ path: PathArgument, _ options: LuaOptions) throws -> Model {
    let file = try WeightFile(path.path)
    let entries = try weightEntries()
    var seen: Set<String> = []
    let weights = entries.filter { seen.insert($0.name).inserted }.map { (name: $0.name, shape: $0.shape) }
    let others = try plainConstants()
    let rename = try Self.renaming(options[WeightFileOptions.map])
    var matching = try WeightMatching(
      weights: weights, others: others, needed: layerConstants, sources: file.names.map { ($0, file.shape($0) ?? []) },
      allowsTransposes: options[WeightFileOptions.transpose] != "never", rename: rename)
    if options[WeightFileOptions.strict] || !matching.unfit.isEmpty, let problems = matching.problems {
      throw LuaError(
        .usage, "with_weights: \(path.path) does not fit the model\n\(problems)",
        hint: "map = function(name) … end renames tensors, strict = false leaves the rest as it is")
    }
    guard !matching.pairs.isEmpty else {
      throw LuaError(
        .usage,
        "with_weights: no tensor of \(path.path) has the name of a weight; its first is '\(file.names.first ?? "")', the model's '\(weights.first?.name ?? "")'",
        hint: "map = function(name) … end renames tensors")
    }
    let shapes = Dictionary((weights + others).map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let byInput = Set(entries.filter { $0.shape.count == 2 && $0.axes.output == 1 }.map(\.name))
    switch options[WeightFileOptions.transpose] {
    case "auto":
      let open = matching.settleSquares(byInput, shapes: shapes)
      guard open.isEmpty else {
        throw LuaError(
          .usage,
          "with_weights: the program multiplies \(open.count) square matrices from the right (\(open[0])…), and nothing tells whether the file holds them transposed, as PyTorch's linear layers are",
          hint: "transpose = \"square\" exchanges their axes, transpose = \"never\" takes them as they are")
      }
    case "square": matching.exchangeSquares(byInput, shapes: shapes)
    default: break
    }
    var chosen: [String: EncodedWeight] = [:]
    var constants: [String: Tensor] = [:]
    for pair in matching.pairs {
      guard let tensor = try file.tensor(pair.source), let shape = shapes[pair.weight] else { continue }
      let number = tensor.dtype.isFloat ? tensor : tensor.cast(to: .float32)
      let fitting = pair.isTransposed ? number.swapped() : number.reshaped(shape)
      if seen.contains(pair.weight) { chosen[pair.weight] = .dense(fitting) } else { constants[pair.weight] = fitting }
    }
    let base = constants.isEmpty ? self : try withConstants(constants, words: "with_weights(\"\(path.path)\")")
    return chosen.isEmpty ? base : try base.withWeights(chosen)
  }

  private static func renaming(_ map: LuaValue?) throws -> (String) throws -> String? {
    guard let map, !map.isNil else { return { $0 } }
    if let table = map.table {
      return { name in
        let value = table[name]
        if value.isNil { return name }
        if let text = value.string { return text }
        if case .boolean(false) = value { return nil }
        throw LuaError(.usage, "with_weights: map['\(name)'] must be the name of a weight, or false to leave the tensor out")
      }
    }
    guard case .function(let function) = map else { throw LuaError(.usage, "with_weights: map must be a table or a function") }
    return { name in try function.call(name, returning: String?.self, role: "map function") }
  }
}

extension Tensor {
  /// The matrix with rows and columns exchanged.
  fileprivate func swapped() -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let values = floats()
    var out = [Float](repeating: 0, count: values.count)
    for r in 0..<rows { for c in 0..<columns { out[c * rows + r] = values[r * columns + c] } }
    return Tensor(out, shape: [columns, rows])
  }
}
