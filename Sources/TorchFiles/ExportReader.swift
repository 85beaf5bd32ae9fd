// SPDX-License-Identifier: Apache-2.0
// Reads the archives of torch.export, in the layouts of torch 2.5 to 2.15.

import Files
import TextFormats

extension ExportedProgram {
  /// The format's major version; minor versions only add optional fields.
  private static let schema = 8

  /// Reads a `.pt2` file.
  ///
  /// - Parameter name: which of several programs to read; `nil` for the only one.
  /// - Throws: `TorchFileError`, `FileError`.
  package static func load(_ path: String, program name: String? = nil) throws -> ExportedProgram {
    try load(FileBytes(MappedFile(path)), path: path, program: name)
  }

  /// Reads the bytes of a `.pt2` file.
  package static func load(_ content: FileBytes, path: String, program name: String? = nil) throws -> ExportedProgram {
    let archive = try ZipEntries(content, path: path)
    if archive.contains("serialized_exported_program.json") {
      guard name == nil else { throw TorchFileError.unsupported(file: path, detail: "it holds one program without a name", hint: nil) }
      return try OldLayout(archive: archive, path: path).program()
    }
    guard let format = archive.names.first(where: { $0 == "archive_format" || $0.hasSuffix("/archive_format") }) else {
      let isScript = archive.names.contains { $0.hasSuffix("/constants.pkl") } && archive.names.contains { $0.contains("/code/") }
      throw TorchFileError.unsupported(
        file: path, detail: isScript ? "this is TorchScript, which is not read" : "this is no archive of torch.export",
        hint: "torch.export.save(torch.export.export(model, (example,)), 'model.pt2') writes one")
    }
    return try NewLayout(archive: archive, root: String(format.dropLast("archive_format".count)), path: path).program(name)
  }

  static func json(_ archive: ZipEntries, _ entry: String, _ path: String) throws -> JSONNode {
    do {
      return JSONNode(value: try JSONValue(text: archive.bytes(entry).array()), path: entry, file: path)
    } catch let error as TextFormatError {
      throw TorchFileError.malformed(file: path, place: entry, detail: error.description)
    }
  }

  /// Takes over graph, signature and ranges.
  mutating func read(_ root: JSONNode) throws {
    let major = try root.required("schema_version").required("major").int()
    guard major == Self.schema else {
      throw TorchFileError.unsupported(
        file: path, detail: "the program has version \(major) of its format, expected \(Self.schema)", hint: nil)
    }
    torchVersion = try root["torch_version"]?.string() ?? ""
    dialect = try root["verifiers"]?.array().first?.string() ?? root["dialect"]?.string() ?? "ATEN"
    let module = try root.required("graph_module")
    graph = try module.required("graph").graph()
    for (symbol, range) in try root["range_constraints"]?.members() ?? [] {
      ranges[symbol] = (try range["min_val"]?.int(), try range["max_val"]?.int())
    }
    let signature = try module.required("signature")
    inputs = try signature.required("input_specs").array().map { try Self.input($0) }
    outputs = try signature.required("output_specs").array().map { try Self.output($0) }
    if let tree = try module["module_call_graph"]?.array().first?["signature"]?["out_spec"]?.string() {
      outputNames = (try? Self.leafNames(tree, path)) ?? []
    }
  }

  private static func input(_ node: JSONNode) throws -> ExportInput {
    let (tag, spec) = try node.tagged()
    func name() throws -> String { try spec.required("arg").required("name").string() }
    switch tag {
    case "parameter": return ExportInput(name: try name(), kind: .parameter(try spec.required("parameter_name").string()))
    case "buffer": return ExportInput(name: try name(), kind: .buffer(try spec.required("buffer_name").string()))
    case "tensor_constant": return ExportInput(name: try name(), kind: .constant(try spec.required("tensor_constant_name").string()))
    case "user_input":
      let value = try spec.required("arg").argument()
      guard let name = value.names.first else { return ExportInput(name: "", kind: .fixed) }
      return ExportInput(name: name, kind: .user)
    case "constant_input": return ExportInput(name: try spec["name"]?.string() ?? "", kind: .fixed)
    default: return ExportInput(name: try spec["arg"]?["name"]?.string() ?? "", kind: .other(tag))
    }
  }

  private static func output(_ node: JSONNode) throws -> ExportOutput {
    let (tag, spec) = try node.tagged()
    func tensor() throws -> ExportArgument { .tensor(try spec.required("arg").required("name").string()) }
    switch tag {
    case "user_output": return ExportOutput(value: try spec.required("arg").argument(), kind: .user)
    case "buffer_mutation": return ExportOutput(value: try tensor(), kind: .bufferMutation(try spec.required("buffer_name").string()))
    case "user_input_mutation":
      return ExportOutput(value: try tensor(), kind: .inputMutation(try spec.required("user_input_name").string()))
    default: return ExportOutput(value: .none, kind: .other(tag))
    }
  }

  /// The keys of a tree's leaves: of a dictionary `{ out = …, n = … }` these are out and n. A leaf without a key has none.
  private static func leafNames(_ text: String, _ path: String) throws -> [String?] {
    let root = JSONNode(value: try JSONValue(text: Array(text.utf8)), path: "out_spec", file: path)
    func leaves(_ node: JSONNode, _ name: String?) throws -> [String?] {
      let children = try node["children_spec"]?.array() ?? []
      guard let type = try node["type"]?.string() else { return [name] }
      var keys: [String?] = Array(repeating: nil, count: children.count)
      if type.hasSuffix("dict") || type.hasSuffix("OrderedDict"), let context = try node["context"]?.string() {
        let list = JSONNode(value: try JSONValue(text: Array(context.utf8)), path: "context", file: path)
        keys = ((try? list.array()) ?? []).map { try? $0.string() }
      }
      return try children.enumerated().flatMap { i, child in
        try leaves(child, keys.indices.contains(i) ? keys[i].map { key in name.map { "\($0)_\(key)" } ?? key } : nil)
      }
    }
    let parts = try root.array()
    return parts.count == 2 ? try leaves(parts[1], nil) : []
  }
}

/// The layout of torch 2.5 to 2.7: a program and pickled dictionaries side by side.
private struct OldLayout {
  let archive: ZipEntries
  let path: String

  func program() throws -> ExportedProgram {
    var program = ExportedProgram(path: path)
    try program.read(ExportedProgram.json(archive, "serialized_exported_program.json", path))
    for entry in ["serialized_state_dict.pt", "serialized_constants.pt"] where archive.contains(entry) {
      let content = try archive.bytes(entry)
      guard content.count > 0 else { continue }
      let dictionary = try StateDictionary(content, path: path, place: entry)
      program.tensors.merge(dictionary.tensors) { first, _ in first }
    }
    return program
  }
}

/// The layout of torch 2.8 and newer: several programs under a root folder, weights pickled (2.8) or as files of bytes.
private struct NewLayout {
  let archive: ZipEntries
  let root: String
  let path: String

  func program(_ wanted: String?) throws -> ExportedProgram {
    let folder = root + "models/"
    let names = archive.names.filter { $0.hasPrefix(folder) && $0.hasSuffix(".json") }.map {
      String($0.dropFirst(folder.count).dropLast(5))
    }
    guard !names.isEmpty else {
      throw TorchFileError.malformed(file: path, place: "", detail: "the archive has no program: nothing ends in .json in \(folder)")
    }
    guard let name = wanted ?? (names.count == 1 ? names[0] : nil), names.contains(name) else {
      throw TorchFileError.unsupported(
        file: path, detail: wanted.map { "it has no program '\($0)'" } ?? "it has several programs",
        hint: "choose one: program = \"\(names.joined(separator: "\", or \""))\"")
    }
    if archive.contains(root + "byteorder"), try archive.bytes(root + "byteorder").array() != Array("little".utf8) {
      throw TorchFileError.unsupported(file: path, detail: "its numbers are big-endian, which is not read", hint: nil)
    }
    var program = ExportedProgram(path: path)
    try program.read(ExportedProgram.json(archive, "\(folder)\(name).json", path))
    for (kind, config) in [("weights", "weights_config"), ("constants", "constants_config")] {
      let raw = "\(root)data/\(kind)/\(name)_\(config).json"
      let pickled = "\(root)data/\(kind)/\(name).pt"
      if archive.contains(raw) {
        try readRaw(ExportedProgram.json(archive, raw, path), folder: "\(root)data/\(kind)/", into: &program)
      } else if archive.contains(pickled) {
        let content = try archive.bytes(pickled)
        guard content.count > 0 else { continue }
        program.tensors.merge(try StateDictionary(content, path: path, place: pickled).tensors) { first, _ in first }
      }
    }
    return program
  }

  private func readRaw(_ config: JSONNode, folder: String, into program: inout ExportedProgram) throws {
    for (name, entry) in try config.required("config").members() {
      if let pickle = entry["use_pickle"], try pickle.bool() {
        program.refused[name] = "it is stored as an object of a tensor subclass, not as a plain tensor"
        continue
      }
      guard let meta = entry["tensor_meta"] else {
        program.refused[name] = "it is an object, not a tensor"
        continue
      }
      let file = try entry.required("path_name").string()
      let type = try meta.tensorType()
      let sizes = type.sizes.compactMap { if case .fixed(let size) = $0 { size } else { nil } }
      guard let strides = type.strides, sizes.count == type.sizes.count else { throw meta.fault("sizes and strides must be numbers") }
      let offset = try meta["storage_offset"]?.extent() ?? .fixed(0)
      guard case .fixed(let position) = offset else { throw meta.fault("the offset must be a number") }
      program.tensors[name] = TorchTensor(
        type: ExportTensorType.names[type.dtype] ?? "number \(type.dtype)", sizes: sizes, strides: strides, offset: position,
        isParameter: try entry["is_param"]?.bool() ?? false, storage: try archive.bytes(folder + file))
    }
  }
}

extension ExportTensorType {
  /// PyTorch's names of the element types, by their numbers in exported programs.
  package static let names: [Int: String] = [
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64", 9: "complex32", 10: "complex64",
    11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz", 33: "float8_e8m0fnu", 34: "uint32", 35: "uint64",
  ]
}
