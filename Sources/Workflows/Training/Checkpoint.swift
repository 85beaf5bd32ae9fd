// SPDX-License-Identifier: Apache-2.0
// Checkpoints: saves a training run to a file with its initial model, options and state, and resumes it.

import DataFiles
import Files
import Foundation
import ModelPackages
import Models
import Options
import Rules
import Tensors
import Training

/// The contents of a checkpoint file.
package struct Checkpoint {
  package static let version = 1

  /// The model before training.
  package let model: Model
  /// The options of the setup that could be saved.
  package let configuration: [String: OptionValue]
  /// Whether the loss could not be saved and must be specified again.
  package let needsLoss: Bool
  private let methods: [(type: any TrainingMethod.Type, options: [String: OptionValue])]
  private let state: [String: Tensor]
  private let progress: FitProgress?

  // MARK: Saving

  /// Writes a checkpoint as an `.npz` archive. An existing file is replaced only by a complete new one.
  ///
  /// - Throws: `DataFileError` if the file cannot be written; the errors of saving the model.
  package static func save(_ run: TrainingRun, to path: String) throws {
    var arrays: [(name: String, array: Tensor)] = [("wane.checkpoint", Tensor([Int64(version)]))]
    arrays.append(("configuration", Tensor(Array(OptionText.write(description(run)).utf8))))
    for (name, bytes) in try packageFiles(run.model.contents) { arrays.append(("model/\(name)", bytes)) }
    for (name, tensor) in run.trainer.state.sorted(by: { $0.key < $1.key }) { arrays.append(("state/\(name)", tensor)) }
    try NPZ.write(arrays, to: path)
  }

  private static func description(_ run: TrainingRun) -> OptionValue {
    .dictionary([
      "trainer": .dictionary(run.setup.configuration),
      "function": .string(run.model.interface.name),
      "name": .string(run.model.name),
      "methods": .list(run.trainer.rules.map { .dictionary(["method": .string($0.method), "options": .dictionary($0.configuration)]) }),
      "needs": .list(run.setup.needsLoss ? [.string("loss")] : []),
      "progress": .list([run.progress.epoch, run.progress.batch, run.progress.past].map { .integer($0) }),
    ])
  }

  /// The contents of all files of a package, with their paths relative to the package.
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

  /// Reads a file written by `save`.
  ///
  /// - Parameter isCancelled: the cancellation check of the model.
  /// - Throws: `DataFileError` for a file that is not an `.npz` archive, `TrainingError.checkpoint` for an archive that is not a
  ///   checkpoint, has a different version or is damaged; the errors of loading the model.
  package init(_ path: String, isCancelled: @escaping () -> Bool = { false }) throws {
    let arrays = try NPZ.read(path)
    func damaged(_ problem: String) -> TrainingError { .checkpoint(problem: "\(path): \(problem)") }
    guard let found = arrays["wane.checkpoint"]?.integers().first else { throw damaged("this is no checkpoint of a trainer") }
    guard found == Self.version else { throw damaged("its format is \(found), this version of Wane reads \(Self.version)") }
    guard let bytes = arrays["configuration"], bytes.dtype == .uint8,
      case .dictionary(let fields) = try OptionText.read(String(decoding: bytes.withBytes { Array($0) }, as: UTF8.self)),
      case .dictionary(let configuration) = fields["trainer"] ?? .dictionary([:])
    else { throw damaged("its configuration cannot be read") }
    self.configuration = configuration
    model = try Self.model(arrays, fields, isCancelled, damaged)
    needsLoss = (fields["needs"] ?? .list([])) != .list([])
    methods = try Self.methods(fields, damaged)
    state = Dictionary(
      uniqueKeysWithValues: arrays.compactMap { name, tensor in name.hasPrefix("state/") ? (String(name.dropFirst(6)), tensor) : nil })
    progress = try Self.progress(fields, damaged)
  }

  /// Restores the methods, state and progress of the saved run.
  ///
  /// - Parameter run: a run of the checkpoint's model with the same options, without methods, before its first step.
  /// - Throws: `TrainingError.checkpoint` if the state does not match the run's options; the errors of `TrainingRun.add`.
  package func resume(_ run: TrainingRun, compilePattern: PatternCompiler) throws {
    // Rules that match nothing were already reported in the original run.
    for method in methods { try run.add(method.type, method.options, unmatched: .ignore, compilePattern: compilePattern) }
    try run.trainer.restore(state)
    if let progress { run.progress = progress }
  }

  private static func methods(
    _ fields: [String: OptionValue], _ damaged: (String) -> TrainingError
  ) throws -> [(type: any TrainingMethod.Type, options: [String: OptionValue])] {
    guard case .list(let methods) = fields["methods"] ?? .list([]) else { return [] }
    return try methods.map { entry in
      guard case .dictionary(let method) = entry, case .string(let name)? = method["method"],
        let type = TrainingMethods.all.first(where: { $0.name == name })
      else { throw damaged("a method of it is not known") }
      if case .dictionary(let own)? = method["options"] { return (type, own) }
      return (type, [:])
    }
  }

  private static func progress(_ fields: [String: OptionValue], _ damaged: (String) -> TrainingError) throws -> FitProgress? {
    guard case .list(let numbers)? = fields["progress"] else { return nil }
    let counts = numbers.compactMap { if case .integer(let n) = $0, n >= 0 { n } else { nil } }
    guard counts.count == 3 else { throw damaged("its progress cannot be read") }
    return FitProgress(epoch: counts[0], batch: counts[1], past: counts[2], isResumed: true)
  }

  private static func model(
    _ arrays: [String: Tensor], _ fields: [String: OptionValue], _ isCancelled: @escaping () -> Bool, _ damaged: (String) -> TrainingError
  ) throws -> Model {
    func text(_ key: String) -> String? { if case .string(let text)? = fields[key] { text } else { nil } }
    let scratch = FileManager.default.temporaryDirectory.path + "/wane-resume-\(UUID().uuidString)"
    let name = text("name").flatMap { $0.contains("/") || $0.isEmpty ? nil : $0 } ?? "model"
    let folder = "\(scratch)/\(name).mlpackage"
    // The memory-mapped weights remain valid after the folder is removed.
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
    return try Model(path: folder, options: ModelOptions(function: text("function")), isCancelled: isCancelled)
  }
}
