// SPDX-License-Identifier: Apache-2.0
// A package with a runtime behind it: what a person loads, looks into, compresses, runs and saves.

import Compression
import Evaluation
import Foundation
import MIL
import ModelPackages
import Operators
import Runtime
import Synchronization
import Tensors

/// How a model is run.
package struct ModelOptions: Sendable, Hashable {
  /// Which function of the package; `nil` for its default one.
  package var function: String?
  package var precision: RuntimeOptions.Precision
  /// How weights are kept; `nil` lets their size decide.
  package var weights: WeightPolicy?
  /// Threads of its own; `nil` for as many as everything else uses.
  package var threads: Int?

  package init(
    function: String? = nil, precision: RuntimeOptions.Precision = .float32, weights: WeightPolicy? = nil,
    threads: Int? = nil
  ) {
    self.function = function
    self.precision = precision
    self.weights = weights
    self.threads = threads
  }
}

/// One step of compression and what it did to each weight.
package struct CompressedStep: Sendable {
  /// As the history tells it.
  package let words: String
  package let report: CompressionReport
}

/// A model. Its content never changes: compressing one gives another, which shares what did not change.
///
/// The runtime is made at the first prediction. One thread owns a model.
package final class Model {
  package let contents: ModelPackage
  package let options: ModelOptions
  /// The function that runs, as callers see it.
  package let interface: FunctionInterface
  /// Polled while running and compressing; true stops with an error.
  package let isCancelled: () -> Bool
  /// What the last step of compression did to each weight; `nil` for a model as it was loaded.
  package let report: CompressionReport?
  /// What each step of compression did, oldest first, since the model was loaded.
  package private(set) var steps: [CompressedStep] = []
  /// Its outputs on data sets, for what is compared with it.
  package let rememberedOutputs: OutputMemory? = OutputMemory()
  /// The first runs single predictions; all run calls side by side, each with plans of its own.
  private var executors: [Executor] = []

  /// Loads and verifies a package. Weights are mapped, not read.
  ///
  /// - Throws: `PackageError`, `RuntimeError.noFunction`.
  package convenience init(
    path: String, options: ModelOptions = ModelOptions(), isCancelled: @escaping () -> Bool = { false }
  ) throws {
    let contents = try ModelPackage.load(path)
    try contents.verify()
    try self.init(contents: contents, options: options, isCancelled: isCancelled)
  }

  package init(
    contents: ModelPackage, options: ModelOptions = ModelOptions(), report: CompressionReport? = nil,
    isCancelled: @escaping () -> Bool = { false }
  ) throws {
    self.report = report
    self.contents = contents
    self.options = options
    self.isCancelled = isCancelled
    guard let interface = contents.interface.function(named: options.function) else {
      throw RuntimeError.noFunction(
        options.function ?? contents.interface.defaultFunctionName, known: contents.interface.functions.map(\.name))
    }
    self.interface = interface
  }

  /// The same model with a compressed program.
  ///
  /// - Parameters:
  ///   - words: what was done, as a person wrote it, for the history.
  ///   - step: what was done, for doing it again.
  package func replaced(by result: CompressionResult, words: String, step: RecipeStep) throws -> Model {
    try replaced(by: result.program, report: result.report, words: words, step: step)
  }

  func replaced(by program: Program, report: CompressionReport?, words: String, step: RecipeStep) throws -> Model {
    var changed = try contents.withProgram(program)
    changed.record(words, step)
    return try successor(changed, report, words)
  }

  private func successor(_ changed: ModelPackage, _ report: CompressionReport?, _ words: String) throws -> Model {
    let model = try Model(contents: changed, options: options, report: report, isCancelled: isCancelled)
    model.steps = steps + (report.map { [CompressedStep(words: words, report: $0)] } ?? [])
    return model
  }

  /// The same model with a program that was trained.
  ///
  /// - Parameter words: how, for the history.
  package func trained(_ program: Program, report: CompressionReport? = nil, words: String) throws -> Model {
    var changed = try contents.withProgram(program)
    changed.record(words)
    return try successor(changed, report, words)
  }

  /// Bytes of weights from which they stay as they are stored: a second copy in 32 bits would weigh more than the
  /// time that it saves.
  private static let packedFrom = 512 << 20

  var weightPolicy: WeightPolicy {
    if let wanted = options.weights { return wanted }
    let bytes = function?.block.operations.reduce(0) { $0 + ($1.constantValue?.tensor?.byteCount ?? 0) } ?? 0
    return bytes >= Self.packedFrom ? .packed : .auto
  }

  /// The program's function that runs.
  package var function: Function? { contents.program.function(named: interface.name) }

  /// The newest opset among the program's functions.
  package var opset: Opset {
    contents.program.functions.compactMap { Opset(name: $0.opset) }.max() ?? .iOS15
  }

  // MARK: Running

  /// Fresh states, all zero; `nil` for a model without.
  package func makeState() throws -> StateStore? { try runtime().makeState() }

  /// Computes the outputs. As from Core ML, whose arrays have at least one axis, a scalar comes as an array of one element.
  ///
  /// - Parameters:
  ///   - inputs: an array or an image for each input.
  ///   - outputs: values of the program to give back instead of the outputs.
  /// - Throws: `RuntimeError`, when an input does not fit too; `OperatorError`.
  package func predict(
    _ inputs: [String: ModelInput], state: StateStore? = nil, outputs: [String]? = nil
  ) throws -> [String: OutputValue] {
    try check(state)
    return arrays(try withThreads { try runtime().run(feeds(inputs), state: state, outputs: outputs) })
  }

  /// The outputs of several calls, which run at once where there are threads: the same bits as one after the other.
  package func predict(calls: [[String: ModelInput]]) throws -> [[String: OutputValue]] {
    try withThreads {
      let lanes = min(Threads.current, calls.count, max(mostExecutors, 1))
      guard lanes > 1 else { return try calls.map { arrays(try runtime().run(feeds($0))) } }
      while executors.count < lanes { executors.append(try makeExecutor()) }
      let given = try calls.map(feeds)
      let executors = executors
      let results = Mutex([[String: OutputValue]?](repeating: nil, count: calls.count))
      try Parallel.tryForEach(calls.count, lanes: lanes) { index, lane in
        nonisolated(unsafe) let executor = executors[lane]
        let outputs = try executor.run(given[index])
        results.withLock { $0[index] = outputs }
      }
      return results.withLock { $0.compactMap { $0.map(arrays) } }
    }
  }

  /// A further executor packs the weights once more: together they take at most a quarter of the machine's memory.
  private var mostExecutors: Int {
    let weights = contents.program.functions.reduce(0) { total, function in
      total + function.block.operations.reduce(0) { $0 + ($1.constantValue?.tensor?.count ?? 0) * MemoryLayout<Float>.size }
    }
    return Int(clamping: ProcessInfo.processInfo.physicalMemory / 4) / max(weights, 1)
  }

  private func arrays(_ results: [String: OutputValue]) -> [String: OutputValue] {
    var results = results
    for output in interface.outputs {
      if case .tensor(let tensor)? = results[output.name], tensor.rank == 0 {
        results[output.name] = .tensor(tensor.reshaped([1]))
      }
    }
    return results
  }

  /// The times of the steps, the slowest first.
  package func profile(
    _ inputs: [String: ModelInput], state: StateStore? = nil, runs: Int
  ) throws -> [ProfileRow] {
    try check(state)
    return try withThreads { try runtime().profile(feeds(inputs), state: state, runs: runs) }
  }

  /// - Throws: `ModelError.wrongState` for a state of other names or shapes than the model keeps.
  private func check(_ state: StateStore?) throws {
    guard let state else { return }
    let kept = Dictionary(interface.states.map { ($0.name, $0.array?.shape) }, uniquingKeysWith: { a, _ in a })
    guard state.types.mapValues(\.shape) == kept else {
      throw ModelError.wrongState(given: state.types.keys.sorted(), kept: kept.keys.sorted())
    }
  }

  /// Runs `body` with the model's number of threads, where it has one of its own.
  func withThreads<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let threads = options.threads, threads != Threads.current else { return try body() }
    let others = Threads.current
    Threads.set(threads)
    defer { Threads.set(others) }
    return try body()
  }

  /// What one prediction of these inputs takes.
  package func planSummary(_ inputs: [String: ModelInput]) throws -> PlanSummary {
    let executor = try runtime()
    return try executor.summary(feeds(inputs), state: executor.makeState())
  }

  private func runtime() throws -> Executor {
    if executors.isEmpty { executors.append(try makeExecutor()) }
    return executors[0]
  }

  private func makeExecutor() throws -> Executor {
    try Executor(
      program: contents.program, function: interface.name, options: RuntimeOptions(precision: options.precision, weights: weightPolicy),
      isCancelled: isCancelled)
  }
}
