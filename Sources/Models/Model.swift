// SPDX-License-Identifier: Apache-2.0
// A model: a package together with its runtime.

import Compression
import Conversion
import Evaluation
import Foundation
import MIL
import ModelPackages
import Operators
import Runtime
import Synchronization
import Tensors

/// Options for running a model.
package struct ModelOptions: Sendable, Hashable {
  /// The function of the package to run; `nil` for the default one.
  package var function: String?
  package var precision: RuntimeOptions.Precision
  /// How weights are kept; `nil` selects it by size.
  package var weights: WeightPolicy?
  /// The number of threads for this model; `nil` for the global setting.
  package var threads: Int?
  /// Where packed weights are kept for the next process; `nil` for nowhere.
  package var cache: WeightCache?

  package init(
    function: String? = nil, precision: RuntimeOptions.Precision = .float32, weights: WeightPolicy? = nil,
    threads: Int? = nil, cache: WeightCache? = nil
  ) {
    self.function = function
    self.precision = precision
    self.weights = weights
    self.threads = threads
    self.cache = cache
  }
}

/// A compression step and its effect on each weight.
package struct CompressedStep: Sendable {
  /// The text of the step in the history.
  package let words: String
  package let report: CompressionReport
}

/// A model. It is immutable: compressing it returns a new model, which shares everything that did not change.
///
/// The runtime is created at the first prediction. A model must be used by a single thread.
package final class Model {
  package let contents: ModelPackage
  package let options: ModelOptions
  /// The interface of the function.
  package let interface: FunctionInterface
  /// The cancellation check, polled while running and compressing.
  package let isCancelled: () -> Bool
  /// The report of the compression that made this model; `nil` for any other model.
  package let report: CompressionReport?
  /// How the model was made, if it was converted from another format.
  package let conversion: ConversionReport?
  /// What a search for this model found, if it was searched.
  package private(set) var search: (any Sendable)?
  /// The compression steps since the model was loaded, oldest first.
  package private(set) var steps: [CompressedStep] = []
  /// A cache of the model's outputs on data sets, for comparisons.
  package let rememberedOutputs: OutputMemory? = OutputMemory()
  /// The first runs single predictions; all run calls side by side, each with plans of its own.
  private var executors: [Executor] = []
  /// Weights in the layouts of kernels, which all plans read.
  private lazy var constants = SharedConstants(keptIn: options.cache?.file(for: contents.program))

  /// Loads and verifies a package. Weights are memory-mapped, not read.
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
    conversion: ConversionReport? = nil, isCancelled: @escaping () -> Bool = { false }
  ) throws {
    self.report = report
    self.conversion = conversion
    self.contents = contents
    self.options = options
    self.isCancelled = isCancelled
    guard let interface = contents.interface.function(named: options.function) else {
      throw RuntimeError.noFunction(
        options.function ?? contents.interface.defaultFunctionName, known: contents.interface.functions.map(\.name))
    }
    self.interface = interface
  }

  /// The model with a compressed program.
  ///
  /// - Parameters:
  ///   - words: the text of the step for the history.
  ///   - step: the step for the recipe.
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

  /// The same model with what a search found.
  package func found(by search: any Sendable) throws -> Model {
    let model = try Model(contents: contents, options: options, report: report, conversion: conversion, isCancelled: isCancelled)
    model.steps = steps
    model.search = search
    return model
  }

  /// The model with a program that was changed in a way that recipes do not describe: trained, edited.
  ///
  /// - Parameter words: the text for the history.
  package func changed(_ program: Program, report: CompressionReport? = nil, words: String) throws -> Model {
    var changed = try contents.withProgram(program)
    changed.record(words)
    return try successor(changed, report, words)
  }

  /// The model with another package.
  ///
  /// - Parameter words: the text for the history; `nil` records nothing.
  func replaced(byPackage package: ModelPackage, words: String?) throws -> Model {
    var changed = package
    if let words { changed.record(words) }
    return try successor(changed, nil, words ?? "")
  }

  /// The bytes of a copy of all weights in 32 bits from which they are kept in stored form, since the copy would cost more memory than its
  /// speed is worth.
  private static let packedFrom = 1 << 30
  /// The same for programs with states. They run on one row for each token, which reads weights in stored form anyway; a copy would be
  /// made only for the rows of prompts.
  private static let statefulPackedFrom = 64 << 20

  var weightPolicy: WeightPolicy {
    if let wanted = options.weights { return wanted }
    let copied = function?.block.operations.reduce(0) { bytes, operation in
      guard operation.isStored, let type = operation.outputs.first?.type.tensorType, type.dtype.isFloat, let shape = type.shape else {
        return bytes
      }
      return bytes + DType.float32.byteCount(shape.elementCount)
    }
    return copied ?? 0 >= (interface.states.isEmpty ? Self.packedFrom : Self.statefulPackedFrom) ? .packed : .auto
  }

  /// The function that runs.
  package var function: Function? { contents.program.function(named: interface.name) }

  /// The newest opset among the program's functions.
  package var opset: Opset {
    contents.program.functions.compactMap { Opset(name: $0.opset) }.max() ?? .iOS15
  }

  // MARK: Running

  /// New states, initialized to zero; `nil` for a model without states.
  package func makeState() throws -> StateStore? { try runtime().makeState() }

  /// Computes the outputs. As in Core ML, whose arrays have at least one axis, a scalar is returned as an array with
  /// one element.
  ///
  /// - Parameters:
  ///   - inputs: an array or an image for each input.
  ///   - outputs: values of the program to return instead of the model's outputs.
  /// - Throws: `RuntimeError`, including for an invalid input; `OperatorError`.
  package func predict(
    _ inputs: [String: ModelInput], state: StateStore? = nil, outputs: [String]? = nil
  ) throws -> [String: OutputValue] {
    try check(state)
    return arrays(try withThreads { try runtime().run(feeds(inputs), state: state, outputs: outputs) })
  }

  /// The outputs of several calls, which run at once where there are threads: the same bits as one after the other.
  package func predict(calls: [[String: ModelInput]]) throws -> [[String: OutputValue]] {
    try withThreads {
      let given = try calls.map(feeds)
      let lanes = min(Parallel.threads, calls.count, try given.first.map(mostExecutors) ?? 1)
      guard lanes > 1 else { return try given.map { arrays(try runtime().run($0)) } }
      while executors.count < lanes { executors.append(try makeExecutor()) }
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

  /// Executors share the weights; the values of predictions like this one take at most a quarter of the machine's memory together.
  private func mostExecutors(_ inputs: [String: Tensor]) throws -> Int {
    let executor = try runtime()
    let bytes = try executor.summary(inputs, state: executor.makeState()).arena
    return max(1, Int(clamping: ProcessInfo.processInfo.physicalMemory / 4) / max(bytes, 1))
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

  /// - Throws: `ModelError.wrongState` for a state whose names or shapes differ from those of the model.
  private func check(_ state: StateStore?) throws {
    guard let state else { return }
    let kept = Dictionary(interface.states.map { ($0.name, $0.array?.shape) }, uniquingKeysWith: { a, _ in a })
    guard state.types.mapValues(\.shape) == kept else {
      throw ModelError.wrongState(given: state.types.keys.sorted(), kept: kept.keys.sorted())
    }
  }

  /// Runs `body` with the model's number of threads, if it is set.
  package func withThreads<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let threads = options.threads, threads != Parallel.threads else { return try body() }
    let others = Parallel.threads
    Parallel.threads = threads
    defer { Parallel.threads = others }
    return try body()
  }

  /// The resources for one prediction with these inputs.
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
      constants: constants, isCancelled: isCancelled)
  }
}
