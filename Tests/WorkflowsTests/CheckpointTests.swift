// SPDX-License-Identifier: Apache-2.0
// Checkpoints: resumed runs are bit-identical, and damaged files are errors.

import DataFiles
import Evaluation
import ModelPackages
import Models
import Options
import Rules
import Tensors
import TestSupport
import Testing
import Training
import Workflows

@Suite("Checkpoint") struct CheckpointTests {
  private static func run() throws -> TrainingRun {
    let run = try Small.run(Small.model(dropout: 0.1))
    let prune = try #require(TrainingMethods.all.first { $0.name == "prune" })
    try run.add(prune, ["target_sparsity": .number(0.5)], Small.client)
    return run
  }

  private static func options() -> FitOptions {
    var options = FitOptions()
    options.epochs = 3
    return options
  }

  private static func resumed(_ checkpoint: Checkpoint) throws -> TrainingRun {
    let run = try Small.run(checkpoint.model)
    try checkpoint.resume(run, compilePattern: Small.client.compilePattern)
    return run
  }

  @Test func goesOnWithTheSameBits() throws {
    let scratch = try Scratch()
    let data = try Small.samples(100, seed: 1)
    let whole = try Self.run()
    _ = try whole.fit(data, Self.options())
    let half = try Self.run()
    _ = try half.fit(data, Self.options(), FitObserver(onStep: { step, _ in step < 10 }))
    let path = scratch.file("run.npz")
    try Checkpoint.save(half, to: path)
    let checkpoint = try Checkpoint(path)
    #expect(checkpoint.configuration == half.setup.configuration && !checkpoint.needsLoss)
    #expect(checkpoint.model.contents.program == half.model.contents.program)
    #expect(checkpoint.model.contents.dropoutShares == half.model.contents.dropoutShares)
    #expect(checkpoint.model.contents.dropoutShares.values.first == 0.1)
    let other = try Self.resumed(checkpoint)
    #expect(other.progress == FitProgress(epoch: 1, batch: 3, isResumed: true) && other.trainer.step == 10)
    #expect(other.trainer.state == half.trainer.state && other.words == half.words)
    _ = try other.fit(data, Self.options())
    #expect(other.trainer.state == whole.trainer.state)
    // Saving the same run again results in the same file.
    let again = scratch.file("again.npz")
    try Checkpoint.save(half, to: again)
    #expect(try NPZ.read(again) == NPZ.read(path))
  }

  /// The names of the arrays in a checkpoint, which must not change, so that old files can be read.
  @Test func theFormatStays() throws {
    let scratch = try Scratch()
    let path = scratch.file("run.npz")
    try Checkpoint.save(Self.run(), to: path)
    let arrays = try NPZ.read(path)
    #expect(arrays["wane.checkpoint"] == Tensor([Int64(1)]))
    #expect(Set(arrays.keys.map { String($0.prefix { $0 != "/" }) }) == ["wane.checkpoint", "configuration", "model", "state"])
    #expect(arrays.keys.contains("model/Manifest.json") && arrays.keys.contains("state/step"))
    let text = try #require(arrays["configuration"]).withBytes { String(decoding: $0, as: UTF8.self) }
    guard case .dictionary(let fields) = try OptionText.read(text) else {
      Issue.record("no table: \(text)")
      return
    }
    #expect(Set(fields.keys) == ["trainer", "function", "name", "methods", "needs", "progress"])
    #expect(fields["progress"] == .list([.integer(0), .integer(0), .integer(0)]) && fields["needs"] == .list([]))
    #expect(
      fields["methods"]
        == .list([.dictionary(["method": .string("prune"), "options": .dictionary(["target_sparsity": .number(0.5)])])]))
  }

  @Test func tellsOfALossThatNoFileHolds() throws {
    let scratch = try Scratch()
    let path = scratch.file("run.npz")
    let teacher = try Small.model(seed: 2)
    let run = try Small.run { $0.loss = .named("kl", [:], teacher: teacher) }
    try Checkpoint.save(run, to: path)
    #expect(try Checkpoint(path).needsLoss)
    #expect(throws: WorkflowError.lossNeedsTeacher(loss: "kl")) { try Small.run { $0.loss = .named("kl", [:], teacher: nil) } }
    #expect(throws: WorkflowError.lossWithoutTeacher(loss: "cross_entropy")) {
      try Small.run { $0.loss = .named("cross_entropy", [:], teacher: teacher) }
    }
  }

  /// Kinds of damage to a file: the expected message, and the change of the arrays.
  static let damages: [(problem: String, change: @Sendable (inout [String: Tensor]) -> Void)] = [
    ("this is no checkpoint of a trainer", { $0["wane.checkpoint"] = nil }),
    ("its format is 2, this version of Wane reads 1", { $0["wane.checkpoint"] = Tensor([Int64(2)]) }),
    ("its configuration cannot be read", { $0["configuration"] = nil }),
    ("its configuration cannot be read", { $0["configuration"] = Tensor([Float(1)]) }),
    ("its configuration cannot be read", { $0["configuration"] = Tensor(Array("- 1".utf8)) }),
    ("it holds no model", { arrays in for name in arrays.keys where name.hasPrefix("model/") { arrays[name] = nil } }),
    ("its model is damaged", { $0["model/../../escaped"] = Tensor([UInt8(1)]) }),
    ("its model is damaged", { $0["model/Manifest.json"] = Tensor([Float(1)]) }),
    ("a method of it is not known", { replace("prune", "melt", in: &$0) }),
    ("its progress cannot be read", { replace("progress:", "progress: [1]\nold:", in: &$0) }),
    ("'parameter.0.value' should hold", { $0["state/parameter.0.value"] = nil }),
    ("'step' should hold 2 numbers, found 1", { $0["state/step"] = Tensor([Int64(2)]) }),
  ]

  private static func replace(_ old: String, _ new: String, in arrays: inout [String: Tensor]) {
    let text = arrays["configuration"]?.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
    arrays["configuration"] = Tensor(Array(text.replacing(old, with: new).utf8))
  }

  @Test(arguments: damages.indices) func damagedFilesAreRefused(_ number: Int) throws {
    let scratch = try Scratch()
    let path = scratch.file("run.npz")
    try Checkpoint.save(Self.run(), to: path)
    var arrays = try NPZ.read(path)
    Self.damages[number].change(&arrays)
    try NPZ.write(arrays.sorted { $0.key < $1.key }.map { (name: $0.key, array: $0.value) }, to: path)
    let error = #expect(throws: TrainingError.self) { _ = try Self.resumed(Checkpoint(path)) }
    let sentence = error?.description ?? ""
    #expect(sentence.contains(Self.damages[number].problem) && sentence.hasPrefix("the checkpoint does not fit"), "\(sentence)")
  }

  @Test func fitSavesAfterEachEpoch() throws {
    let scratch = try Scratch()
    let path = scratch.file("run.npz")
    let run = try Self.run()
    var options = Self.options()
    options.checkpoint = path
    var observer = FitObserver()
    observer.onEpoch = { epoch in
      guard epoch.epoch == 2 else { return true }
      let saved = try Self.resumed(Checkpoint(path)).progress
      #expect(saved == FitProgress(epoch: 1, isResumed: true))
      return true
    }
    _ = try run.fit(Small.samples(48, seed: 1), options, observer)
    let saved = try Self.resumed(Checkpoint(path))
    #expect(saved.trainer.state == run.trainer.state && saved.progress == FitProgress(epoch: 3, isResumed: true))
  }
}
