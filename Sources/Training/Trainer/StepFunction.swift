// SPDX-License-Identifier: Apache-2.0
// A training step as a MIL function: forward pass, loss and backward pass for batches of fixed shapes.

import MIL
import Operators
import Options
import Runtime
import Tensors

/// The forward pass, loss and backward pass of a step, before memory is bound to its values.
struct StepFunction {
  /// The inputs from the batch, with the shapes of the batch.
  let inputs: [NamedType]
  /// The names of the inputs for the labels and for the outputs of the reference model.
  let labels: String?
  let reference: String?
  let loss: StepLoss
  /// The parameters that the loss depends on.
  let reached: Set<String>
  /// Values that are kept in addition to the loss, with their buffers: new ranges and running statistics.
  let kept: [(name: String, buffer: ExternalBuffer)]
  let differentiation: Differentiation

  init(_ trainer: Trainer, _ batch: TrainingBatch) throws {
    let typed = try Self.typed(trainer.function, batch)
    inputs = typed.inputs
    let trained = Set(trainer.parameters.map(\.name))
    var (function, updates) = Self.forward(typed, trainer)
    (labels, reference) = Self.addTargets(batch, to: &function)
    loss = try StepLoss(trainer.options, judging: trainer.judgedOutput, function, labels: labels, reference: reference)
    function.block.operations = loss.operations

    let sites = trainer.activations?.sites ?? []
    let statistics = updates.sorted { $0.key < $1.key }.compactMap { old, new in trainer.statistics[old].map { (new, $0) } }
    kept = sites.map { ($0.newRangeName, $0.range) } + statistics
    let read = function.block.namesRead(for: loss.name)
    reached = trained.intersection(read)
    guard !reached.isEmpty else { throw TrainingError.loss(name: "loss", problem: "it does not depend on any trained weight") }
    let grids = sites.filter { $0.grid != nil }.map(\.gridName).filter(read.contains)
    differentiation = try Differentiation(
      function, of: loss.name, by: trainer.parameters.map(\.name).filter(reached.contains) + grids,
      keeping: [loss.name] + kept.map(\.name))
  }

  /// The function in training mode, and the updated value of each running statistic.
  private static func forward(_ typed: Function, _ trainer: Trainer) -> (Function, updates: [String: String]) {
    let lifting = ParameterLifting(typed, parameters: trainer.constants.parameters, buffers: trainer.constants.statistics)
    var function = dropping(trainer.options.dropout, in: lifting.function)
    if let activations = trainer.activations { function = activations.training(function) }
    guard !trainer.freezesNorms else { return (function, [:]) }
    let mode = TrainingMode(function)
    return (mode.function, mode.updates)
  }

  /// Adds inputs for labels and for outputs of the reference model.
  private static func addTargets(_ batch: TrainingBatch, to function: inout Function) -> (labels: String?, reference: String?) {
    var names = FreshNames(function)
    let labelsName = batch.labels.map { _ in names.take("labels") }
    let referenceName = batch.reference.map { _ in names.take("reference") }
    if let labelsName, let labels = batch.labels {
      function.inputs.append(NamedType(labelsName, .tensor(TensorType(labels.dtype.isFloat ? .float32 : .int32, labels.shape))))
    }
    if let referenceName, let reference = batch.reference {
      function.inputs.append(NamedType(referenceName, .tensor(.float32, reference.shape)))
    }
    return (labelsName, referenceName)
  }

  /// The function with types inferred for the batch's shapes, without operators that accept only one sample.
  static func typed(_ whole: Function, _ batch: TrainingBatch) throws -> Function {
    let function = whole.withoutLabels
    var types: [String: ValueType] = [:]
    for input in function.inputs {
      guard case .tensor(let declared) = input.type else {
        throw TrainingError.unsupported(what: "the input '\(input.name)'", reason: "it is \(input.type)")
      }
      guard let given = batch.inputs[input.name] else { throw TrainingError.batch(problem: "the input '\(input.name)' is missing") }
      func unfit() -> TrainingError {
        let extents = declared.dimensions.map { $0.size.map(String.init) ?? "?" }
        let expected = ["samples"] + extents.dropFirst()
        return .batch(problem: "the input '\(input.name)' is \(given.shape), expected [\(expected.joined(separator: ", "))]")
      }
      guard declared.dimensions.contains(.unknown(variadic: true)) || declared.rank == given.rank else { throw unfit() }
      // The first axis is the batch axis and may differ from the declared extent; the others must match.
      let fits = zip(declared.dimensions, given.shape).dropFirst().allSatisfy { $0.size == nil || $0.size == $1 }
      guard fits else { throw unfit() }
      types[input.name] = .tensor(TensorType(declared.dtype, given.shape))
    }
    if let stranger = batch.inputs.keys.sorted().first(where: { types[$0] == nil }) {
      throw TrainingError.batch(
        problem: "there is no input '\(stranger)'; there are \(function.inputs.map(\.name).joined(separator: ", "))")
    }
    return try function.inferringTypes(types)
  }

  /// The name of the input for the seed of dropout.
  static let seedName = "dropout_seed"

  private static func dropping(_ shares: [String: Double], in function: Function) -> Function {
    guard !shares.isEmpty else { return function }
    var function = function
    function.inputs.append(NamedType(seedName, .tensor(.int32, [1])))
    for (i, operation) in function.block.operations.enumerated() {
      guard Catalog.known(operation)?.activations.isCopy == true, let share = shares[operation.name],
        let x = operation.inputs.first(where: { $0.parameter == "x" })
      else { continue }
      function.block.operations[i] = Regularization.dropout(x, seed: seedName, salt: i, rate: share, replacing: operation)
    }
    return function
  }
}

/// The loss of a step, appended to the function's operations.
struct StepLoss {
  let name: String
  let shape: Shape
  /// The shape of the output that the loss is computed from.
  let judgedShape: Shape
  /// The operations of the function and of the loss.
  let operations: [MIL.Operation]

  init(_ options: TrainerOptions, judging output: String?, _ function: Function, labels: String?, reference: String?) throws {
    let emitter = try Emitter(function)
    let judged = try emitter.value(output ?? Self.onlyOutput(of: function))
    guard let shape = judged.operand.type.tensorType?.shape else {
      throw TrainingError.unknownShape(judged.name ?? "", type: "\(judged.operand.type)", operation: "the function's outputs")
    }
    judgedShape = shape
    let context = LossContext(
      emitter: emitter, function: function, output: judged, labels: try labels.map(emitter.value),
      reference: try reference.map(emitter.value))
    let loss =
      switch options.loss {
      case .named(let loss): try loss.emit(context)
      case .custom(let write): try write(context)
      }
    guard let name = loss.name else { throw TrainingError.loss(name: "loss", problem: "it does not depend on the model") }
    self.name = name
    self.shape = try emitter.value(name).shape
    operations = emitter.operations
  }

  private static func onlyOutput(of function: Function) throws -> String {
    let outputs = function.block.outputs
    if let only = outputs.first, outputs.count == 1 { return only }
    throw TrainingError.batch(
      problem: "the model has \(outputs.count) outputs, \(Suggestion.list(outputs)); "
        + "select one with wane.trainer(model, { output = \"\(outputs.first ?? "")\" })")
  }
}

extension Function {
  /// The value that the loss of an output is computed from: the output, or for a class label the probabilities it is
  /// chosen from.
  ///
  /// - Throws: `TrainingError.unknown` if there is no such output.
  func scores(of output: String) throws -> String {
    guard block.outputs.contains(output) else { throw TrainingError.unknown(what: "output", name: output, known: block.outputs) }
    return labelings.first { $0.outputs.contains { $0.name == output } }?.bindings("probabilities")?.first?.name ?? output
  }

  /// The function with each class label replaced by the probabilities it is chosen from: a label has no gradient, and
  /// its operator accepts only one sample.
  fileprivate var withoutLabels: Function {
    let labelings = labelings
    guard !labelings.isEmpty else { return self }
    let labels = Set(labelings.flatMap { $0.outputs.map(\.name) })
    var function = self
    function.block.operations.removeAll { $0.outputs.contains { labels.contains($0.name) } }
    function.block.outputs.removeAll { labels.contains($0) }
    for scores in labelings.compactMap({ $0.bindings("probabilities")?.first?.name }) where !function.block.outputs.contains(scores) {
      function.block.outputs.append(scores)
    }
    return function
  }

  private var labelings: [MIL.Operation] {
    block.operations.filter { if case .label = Catalog.known($0)?.execution { true } else { false } }
  }
}

extension Block {
  /// The names of all values that a value depends on.
  fileprivate func namesRead(for name: String) -> Set<String> {
    var names: Set<String> = [name]
    for operation in operations.reversed() where operation.outputs.contains(where: { names.contains($0.name) }) {
      names.formUnion(operation.namesRead)
    }
    return names
  }
}
