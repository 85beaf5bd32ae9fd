// SPDX-License-Identifier: Apache-2.0
// The program of a training step: forward pass, loss and backward pass, bound to the trainer's memory.

import MIL
import Operators
import Runtime
import Tensors

/// A step for batches of fixed shapes.
final class StepProgram {
  /// The types of all inputs from a batch.
  struct Key: Equatable {
    private let types: [String: TensorType]
    /// Whether batch norms use their running statistics without updating them.
    private let freezesNorms: Bool

    init(_ batch: TrainingBatch, freezesNorms: Bool) {
      self.freezesNorms = freezesNorms
      var types = batch.inputs.mapValues { TensorType($0.dtype, $0.shape) }
      types["labels of the batch"] = batch.labels.map { TensorType($0.dtype, $0.shape) }
      types["reference of the batch"] = batch.reference.map { TensorType($0.dtype, $0.shape) }
      self.types = types
    }
  }

  private let memory: StepMemory
  private let rule: LossRule
  /// The shape of the output that the loss is computed from.
  private let judgedShape: Shape
  private let bound: BoundFunction
  /// The parameters that the loss depends on.
  let reached: Set<String>
  /// The function, for printing.
  let function: Function

  init(_ trainer: Trainer, _ batch: TrainingBatch) throws {
    let step = try StepFunction(trainer, batch)
    (rule, judgedShape, reached) = (trainer.options.loss, step.loss.judgedShape, step.reached)
    function = step.differentiation.function
    memory = StepMemory(step, trainer, batch)
    let executor = try Executor(
      program: Program(functions: [function]), function: function.name, options: RuntimeOptions(weights: .dense),
      isCancelled: trainer.isCancelled)
    bound = try executor.bind(memory.buffers)
  }

  /// The current content of the function's inputs.
  var inputTensors: [String: Tensor] {
    Dictionary(
      function.inputs.compactMap { input in memory.buffers[input.name].map { (input.name, $0.tensor) } }, uniquingKeysWith: { a, _ in a })
  }

  /// Computes loss and gradients of a batch.
  func run(_ batch: TrainingBatch) throws -> Float {
    try Self.check(batch, function)
    if case .named(let loss) = rule, let labels = batch.labels { try loss.check(labels, output: judgedShape) }
    memory.store(batch)
    try bound.run()
    return memory.loss.floats[0]
  }

  /// Throws an error for values that the dtypes of the function's inputs, or of the stored labels, cannot represent.
  private static func check(_ batch: TrainingBatch, _ function: Function) throws {
    for (name, tensor) in batch.inputs.sorted(by: { $0.key < $1.key }) {
      guard let type = function.inputs.first(where: { $0.name == name })?.type.tensorType else { continue }
      if let unfit = tensor.unfitElement(for: type.dtype) { throw TrainingError.batch(problem: "the input '\(name)' has \(unfit)") }
    }
    if let labels = batch.labels, let unfit = labels.unfitElement(for: labels.dtype.isFloat ? .float32 : .int32) {
      throw TrainingError.batch(problem: "the labels have \(unfit)")
    }
  }
}

/// The memory of a step: buffers that the trainer keeps, and buffers for a batch and its loss.
private struct StepMemory {
  /// The buffers, by name in the function.
  private(set) var buffers: [String: ExternalBuffer] = [:]
  let loss: ExternalBuffer
  private var inputs: [String: ExternalBuffer] = [:]
  private let labels: ExternalBuffer?
  private let reference: ExternalBuffer?

  init(_ step: StepFunction, _ trainer: Trainer, _ batch: TrainingBatch) {
    loss = ExternalBuffer(zeros: .float32, step.loss.shape)
    labels = batch.labels.map { ExternalBuffer(zeros: $0.dtype.isFloat ? .float32 : .int32, $0.shape) }
    reference = batch.reference.map { ExternalBuffer(zeros: .float32, $0.shape) }
    for input in step.inputs {
      guard let tensor = batch.inputs[input.name], let type = input.type.tensorType else { continue }
      inputs[input.name] = ExternalBuffer(zeros: type.dtype == .float16 ? .float32 : type.dtype, tensor.shape)
    }
    buffers = inputs
    buffers[step.loss.name] = loss
    if let name = step.labels { buffers[name] = labels }
    if let name = step.reference { buffers[name] = reference }
    bindTrained(step, trainer)
    for (name, buffer) in step.kept { buffers[name] = buffer }
  }

  /// Binds parameters, gradients and the other buffers that the trainer keeps between steps.
  private mutating func bindTrained(_ step: StepFunction, _ trainer: Trainer) {
    let gradients = step.differentiation.gradients
    for parameter in trainer.parameters {
      buffers[parameter.name] = parameter.effective
      if let name = gradients[parameter.name] { buffers[name] = parameter.gradient }
    }
    buffers.merge(trainer.statistics) { $1 }
    for site in trainer.activations?.sites ?? [] {
      buffers[site.rangeName] = site.range
      buffers[site.controlName] = site.control
      if let grid = site.grid { buffers[site.gridName] = grid }
      if let name = gradients[site.gridName] { buffers[name] = site.gridGradient }
    }
    if !trainer.options.dropout.isEmpty { buffers[StepFunction.seedName] = trainer.dropoutSeed }
  }

  func store(_ batch: TrainingBatch) {
    for (name, buffer) in inputs { if let tensor = batch.inputs[name] { buffer.store(tensor) } }
    if let labels, let tensor = batch.labels { labels.store(tensor) }
    if let reference, let tensor = batch.reference { reference.store(tensor) }
  }
}
