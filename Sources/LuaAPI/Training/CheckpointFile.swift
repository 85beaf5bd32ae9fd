// SPDX-License-Identifier: Apache-2.0
// Training runs in a file: the model that they began with, their options, and everything that they remember.

import Compression
import DataFiles
import Files
import Foundation
import LuaHost
import ModelPackages
import Models
import Options
import Rules
import Tensors
import Training

enum CheckpointFile {
  static let version = 1

  private static let loss = LuaOption<LuaValue?>("loss", "the loss again, where it is a function or has a teacher")
  static let table = LuaOptionTable("ResumeOptions", [loss])

  // MARK: Saving

  /// Writes the run beside the target, then renames it.
  static func save(_ object: TrainerObject, to path: String) throws {
    var arrays: [(name: String, array: Tensor)] = [("wane.checkpoint", Tensor([Int64(version)]))]
    arrays.append(("configuration", text(OptionText.write(configuration(object)))))
    for (name, bytes) in try packageFiles(object.model.contents) { arrays.append(("model/\(name)", bytes)) }
    for (name, tensor) in object.trainer.state.sorted(by: { $0.key < $1.key }) { arrays.append(("state/\(name)", tensor)) }
    try NPZ.write(arrays, to: path)
  }

  private static func text(_ text: String) -> Tensor { Tensor(Array(text.utf8)) }

  private static func configuration(_ object: TrainerObject) -> OptionValue {
    .dictionary([
      "trainer": .dictionary(object.configuration),
      "function": .string(object.model.interface.name),
      "name": .string(object.model.name ?? "model"),
      "methods": .list(object.trainer.rules.map { .dictionary(["method": .string($0.method), "options": .dictionary($0.configuration)]) }),
      "needs": .list(object.needsLoss ? [.string("loss")] : []),
      "progress": .list([object.progress.epoch, object.progress.batch, object.progress.past].map { .integer($0) }),
    ])
  }

  /// The files of a package with their paths in it.
  private static func packageFiles(_ contents: ModelPackage) throws -> [(name: String, bytes: Tensor)] {
    let folder = FileManager.default.temporaryDirectory.path + "/wane-checkpoint-\(UUID().uuidString).mlpackage"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try contents.save(to: folder)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    return try names.compactMap { name in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder), !isFolder.boolValue else { return nil }
      return (name, try MappedFile(folder + "/" + name).withBytes { Tensor(dtype: .uint8, shape: [$0.count], bytes: $0) })
    }
  }

  // MARK: Resuming

  static func resume(_ path: String, _ options: LuaOptions, _ interpreter: Interpreter) throws -> TrainerObject {
    let arrays = try NPZ.read(path)
    func damaged(_ problem: String) -> TrainingError { .checkpoint(problem: "\(path): \(problem)") }
    guard let found = arrays["wane.checkpoint"]?.integers().first else { throw damaged("this is no checkpoint of a trainer") }
    guard found == version else { throw damaged("its format is \(found), this version of Wane reads \(version)") }
    guard let bytes = arrays["configuration"], bytes.dtype == .uint8,
      case .dictionary(let fields) = try OptionText.read(String(decoding: bytes.withBytes { Array($0) }, as: UTF8.self)),
      case .dictionary(let trainer) = fields["trainer"] ?? .dictionary([:])
    else { throw damaged("its configuration cannot be read") }
    let model = try self.model(arrays, fields, damaged)
    let table = interpreter.newTable()
    for (name, value) in trainer { try table.set(name, LuaOptionValue(value)) }
    let needs = fields["needs"] ?? .list([])
    if let loss = options[loss], !loss.isNil {
      try table.set("loss", loss)
    } else if needs != .list([]) {
      throw LuaError(
        .usage, "resume: the loss of this run is not in the checkpoint", hint: "give it again: wane.resume(path, { loss = … })")
    }
    let read = try LuaOptions.read(table, as: TrainerReader.table, for: "resume")
    let object = try TrainerObject(model, read, interpreter)
    if case .list(let methods) = fields["methods"] ?? .list([]) {
      for entry in methods {
        guard case .dictionary(let method) = entry, case .string(let name)? = method["method"],
          let type = TrainingMethods.all.first(where: { $0.name == name })
        else { throw damaged("a method of it is not known") }
        let given: [String: OptionValue] = if case .dictionary(let own)? = method["options"] { own } else { [:] }
        // Its rules were judged when they were given.
        try object.add(type, given, unmatched: .ignore, interpreter)
      }
    }
    try object.trainer.restore(
      Dictionary(
        uniqueKeysWithValues: arrays.compactMap { name, tensor in name.hasPrefix("state/") ? (String(name.dropFirst(6)), tensor) : nil }))
    if case .list(let numbers)? = fields["progress"] {
      let counts = numbers.compactMap { if case .integer(let n) = $0, n >= 0 { n } else { nil } }
      guard counts.count == 3 else { throw damaged("its progress cannot be read") }
      object.progress = FitProgress(epoch: counts[0], batch: counts[1], past: counts[2], isResumed: true)
    }
    return object
  }

  private static func model(
    _ arrays: [String: Tensor], _ fields: [String: OptionValue], _ damaged: (String) -> TrainingError
  ) throws -> Model {
    func text(_ key: String) -> String? { if case .string(let text)? = fields[key] { text } else { nil } }
    let scratch = FileManager.default.temporaryDirectory.path + "/wane-resume-\(UUID().uuidString)"
    let name = text("name").flatMap { $0.contains("/") || $0.isEmpty ? nil : $0 } ?? "model"
    let folder = "\(scratch)/\(name).mlpackage"
    // What is mapped stays usable when the folder is gone.
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    var count = 0
    for (name, bytes) in arrays where name.hasPrefix("model/") {
      let inner = String(name.dropFirst(6))
      guard bytes.dtype == .uint8, !inner.split(separator: "/").contains(".."), !inner.hasPrefix("/") else {
        throw damaged("its model is damaged")
      }
      let target = folder + "/" + inner
      try FileManager.default.createDirectory(
        atPath: String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)]), withIntermediateDirectories: true)
      try bytes.withBytes { try FileReplacement.replace(target, with: [$0]) }
      count += 1
    }
    guard count > 0 else { throw damaged("it holds no model") }
    return try Model(path: folder, options: ModelOptions(function: text("function")), isCancelled: { Interrupts.isPending })
  }
}

extension TrainerObject {
  static let saving: [LuaMethod] = [
    LuaMethod(
      "save_checkpoint", "Save the run, so that wane.resume goes on with the same bits. An old file is replaced when the new one is whole.",
      Arg<PathArgument>("path", "the file"), example: "wane.trainer(model, { lr = 1e-4 }):save_checkpoint(os.tmpname())"
    ) { (t: TrainerObject, path: PathArgument) in try CheckpointFile.save(t, to: path.path) }
  ]
}

/// An option's value as a Lua value.
struct LuaOptionValue: LuaReturnable {
  let value: OptionValue
  init(_ value: OptionValue) { self.value = value }
  static var luaType: LuaType { .any }

  func push(to interpreter: Interpreter) throws {
    switch value {
    case .null, .function: try LuaValue.nil.push(to: interpreter)
    case .bool(let v): try v.push(to: interpreter)
    case .integer(let v): try v.push(to: interpreter)
    case .number(let v): try v.push(to: interpreter)
    case .string(let v): try v.push(to: interpreter)
    case .list(let all): try all.map { LuaOptionValue($0) }.push(to: interpreter)
    case .dictionary(let fields): try fields.mapValues { LuaOptionValue($0) }.push(to: interpreter)
    }
  }
}
