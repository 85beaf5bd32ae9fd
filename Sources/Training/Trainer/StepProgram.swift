// SPDX-License-Identifier: Apache-2.0
// The program of one training step: forward, loss and backward, bound to the trainer's memory.

import MIL
import Operators
import Runtime
import Tensors

/// One step for batches of certain shapes.
final class StepProgram {
  /// Types of everything that a batch brings.
  struct Key: Equatable {
    private let types: [String: TensorType]
    /// Whether batch norms keep their statistics.
    private let freezesNorms: Bool

    init(_ batch: TrainingBatch, freezesNorms: Bool) {
      self.freezesNorms = freezesNorms
      var types = batch.inputs.mapValues { TensorType($0.dtype, $0.shape) }
      types["labels of the batch"] = batch.labels.map { TensorType($0.dtype, $0.shape) }
      types["reference of the batch"] = batch.reference.map { TensorType($0.dtype, $0.shape) }
      self.types = types
    }
  }

  private let inputs: [String: ExternalBuffer]
  private let labels: ExternalBuffer?
  private let reference: ExternalBuffer?
  private let lossBuffer: ExternalBuffer
  private let rule: LossRule
  /// The shape of what is judged.
  private let judgedShape: Shape
  private let bound: BoundFunction
  private let buffers: [String: ExternalBuffer]
  /// The parameters that the loss depends on.
  let reached: Set<String>
  /// As it prints.
  let function: Function

  init(_ trainer: Trainer, _ batch: TrainingBatch) throws {
    let options = trainer.options
    let typed = try Self.typed(trainer.function, batch)
    let trained = Set(trainer.parameters.map(\.name))
    let lifting = ParameterLifting(typed) { trained.contains($0.name) }
    var function = lifting.function
    function = Self.dropping(options.dropout, in: function)
    if let activations = trainer.activations { function = activations.training(function) }
    let mode = trainer.freezesNorms ? nil : TrainingMode(function)
    function = mode?.function ?? function

    // Labels and another model's outputs are inputs too.
    var names = FreshNames(function)
    let labelsName = batch.labels.map { _ in names.take("labels") }
    let referenceName = batch.reference.map { _ in names.take("reference") }
    if let labelsName, let labels = batch.labels {
      function.inputs.append(NamedType(labelsName, .tensor(TensorType(labels.dtype.isFloat ? .float32 : .int32, labels.shape))))
    }
    if let referenceName, let reference = batch.reference {
      function.inputs.append(NamedType(referenceName, .tensor(.float32, reference.shape)))
    }
    let emitter = try Emitter(function)
    let judged = try Self.output(options.output, of: function)
    rule = options.loss
    let judgedType = try emitter.value(judged).operand.type
    guard let shape = judgedType.tensorType?.shape else {
      throw TrainingError.unknownShape(judged, type: "\(judgedType)", operation: "the function's outputs")
    }
    judgedShape = shape
    let context = LossContext(
      emitter: emitter, function: function, output: try emitter.value(judged), labels: try labelsName.map(emitter.value),
      reference: try referenceName.map(emitter.value))
    let loss =
      switch options.loss {
      case .named(let loss): try loss.emit(context)
      case .custom(let write): try write(context)
      }
    guard let lossName = loss.name else { throw TrainingError.loss(name: "loss", problem: "it does not depend on the model") }
    function.block.operations = emitter.operations

    let grids = (trainer.activations?.sites ?? []).filter { $0.grid != nil }
    let ranges = (trainer.activations?.sites ?? []).map { ($0.newRangeName, $0.range) }
    let statistics = (mode?.updates ?? [:]).sorted { $0.key < $1.key }.compactMap { old, new in trainer.statistics[old].map { (new, $0) } }
    let read = function.block.namesRead(for: lossName)
    reached = trained.intersection(read)
    guard !reached.isEmpty else { throw TrainingError.loss(name: "loss", problem: "it does not depend on any trained weight") }
    let differentiation = try Differentiation(
      function, of: lossName, by: trainer.parameters.map(\.name).filter(reached.contains) + grids.map(\.gridName).filter(read.contains),
      keeping: [lossName] + ranges.map(\.0) + statistics.map(\.0))
    self.function = differentiation.function

    var buffers: [String: ExternalBuffer] = [:]
    var inputs: [String: ExternalBuffer] = [:]
    for (name, tensor) in batch.inputs {
      guard let type = typed.inputs.first(where: { $0.name == name })?.type.tensorType else { continue }
      let buffer = ExternalBuffer(zeros: type.dtype == .float16 ? .float32 : type.dtype, tensor.shape)
      inputs[name] = buffer
      buffers[name] = buffer
    }
    self.inputs = inputs
    labels = batch.labels.map { ExternalBuffer(zeros: $0.dtype.isFloat ? .float32 : .int32, $0.shape) }
    reference = batch.reference.map { ExternalBuffer(zeros: .float32, $0.shape) }
    if let labelsName { buffers[labelsName] = labels }
    if let referenceName { buffers[referenceName] = reference }
    for parameter in trainer.parameters {
      buffers[parameter.name] = parameter.effective
      if let name = differentiation.gradients[parameter.name] { buffers[name] = parameter.gradient }
    }
    for (name, buffer) in trainer.statistics { buffers[name] = buffer }
    for (name, buffer) in ranges + statistics { buffers[name] = buffer }
    for site in trainer.activations?.sites ?? [] {
      buffers[site.rangeName] = site.range
      buffers[site.controlName] = site.control
      if let grid = site.grid { buffers[site.gridName] = grid }
      if let name = differentiation.gradients[site.gridName] { buffers[name] = site.gridGradient }
    }
    if !options.dropout.isEmpty { buffers[Self.seedName] = trainer.dropoutSeed }
    lossBuffer = ExternalBuffer(zeros: .float32, try emitter.value(lossName).shape)
    buffers[lossName] = lossBuffer
    let executor = try Executor(
      program: Program(functions: [differentiation.function]), function: differentiation.function.name, isCancelled: trainer.isCancelled)
    bound = try executor.bind(buffers)
    self.buffers = buffers
  }

  /// What the function's inputs hold now.
  var inputTensors: [String: Tensor] {
    Dictionary(
      function.inputs.compactMap { input in buffers[input.name].map { (input.name, $0.tensor) } }, uniquingKeysWith: { a, _ in a })
  }

  /// Computes loss and gradients of a batch.
  func run(_ batch: TrainingBatch) throws -> Float {
    try Self.check(batch, function)
    if case .named(let loss) = rule, let labels = batch.labels { try loss.check(labels, output: judgedShape) }
    for (name, tensor) in batch.inputs { inputs[name]?.store(tensor) }
    if let labels, let tensor = batch.labels { labels.store(tensor) }
    if let reference, let tensor = batch.reference { reference.store(tensor) }
    try bound.run()
    return lossBuffer.floats[0]
  }

  /// Refuses values that the function's inputs, or labels as they are kept, cannot hold.
  private static func check(_ batch: TrainingBatch, _ function: Function) throws {
    for (name, tensor) in batch.inputs.sorted(by: { $0.key < $1.key }) {
      guard let type = function.inputs.first(where: { $0.name == name })?.type.tensorType else { continue }
      if let unfit = tensor.unfitElement(for: type.dtype) { throw TrainingError.batch(problem: "the input '\(name)' has \(unfit)") }
    }
    if let labels = batch.labels, let unfit = labels.unfitElement(for: labels.dtype.isFloat ? .float32 : .int32) {
      throw TrainingError.batch(problem: "the labels have \(unfit)")
    }
  }

  // MARK: Making

  /// The function for the batch's shapes.
  private static func typed(_ function: Function, _ batch: TrainingBatch) throws -> Function {
    var types: [String: ValueType] = [:]
    for input in function.inputs {
      guard case .tensor(let declared) = input.type else {
        throw TrainingError.unsupported(what: "the input '\(input.name)'", reason: "it is \(input.type)")
      }
      guard let given = batch.inputs[input.name] else { throw TrainingError.batch(problem: "the input '\(input.name)' is missing") }
      guard declared.dimensions.contains(.unknown(variadic: true)) || declared.rank == given.rank else {
        throw TrainingError.batch(problem: "the input '\(input.name)' is \(given.shape), expected \(declared)")
      }
      // The first axis counts samples, whatever the program says of it; the others must fit.
      let fits = zip(declared.dimensions, given.shape).dropFirst().allSatisfy { $0.size == nil || $0.size == $1 }
      guard fits else { throw TrainingError.batch(problem: "the input '\(input.name)' is \(given.shape), expected \(declared)") }
      types[input.name] = .tensor(TensorType(declared.dtype, given.shape))
    }
    if let stranger = batch.inputs.keys.sorted().first(where: { types[$0] == nil }) {
      throw TrainingError.batch(
        problem: "there is no input '\(stranger)'; there are \(function.inputs.map(\.name).joined(separator: ", "))")
    }
    return try function.inferringTypes(types)
  }

  private static func output(_ wanted: String?, of function: Function) throws -> String {
    let outputs = function.block.outputs
    if let wanted {
      guard outputs.contains(wanted) else { throw TrainingError.unknown(what: "output", name: wanted, known: outputs) }
      return wanted
    }
    // A classifier's label says nothing about how sure it is.
    let makers = function.block.operations
    let plain = outputs.filter { name in
      makers.first { $0.outputs.contains { $0.name == name } }?.type != "classify"
    }
    if let only = plain.first, plain.count == 1 { return only }
    if let classify = makers.first(where: { $0.type == "classify" }), let scores = classify.bindings("probabilities")?.first?.name,
      plain.isEmpty
    {
      return scores
    }
    throw TrainingError.batch(
      problem: "the model has \(outputs.count) outputs, \(outputs.joined(separator: ", ")): say which one counts, output = …")
  }

  private static let seedName = "dropout_seed"

  private static func dropping(_ shares: [String: Double], in function: Function) -> Function {
    guard !shares.isEmpty else { return function }
    var function = function
    function.inputs.append(NamedType(seedName, .tensor(.int32, [1])))
    for (i, operation) in function.block.operations.enumerated() {
      guard operation.type == "identity", let share = shares[operation.name], let x = operation.inputs.first(where: { $0.parameter == "x" })
      else { continue }
      function.block.operations[i].type = "training_dropout"
      function.block.operations[i].inputs = [
        x, Argument("seed", seedName), Argument("salt", Constant.int32(i)), Argument("rate", Constant(Tensor(scalar: Float(share)))),
      ]
    }
    return function
  }
}

extension Block {
  /// The names of all values that one depends on.
  fileprivate func namesRead(for name: String) -> Set<String> {
    var names: Set<String> = [name]
    for operation in operations.reversed() where operation.outputs.contains(where: { names.contains($0.name) }) {
      names.formUnion(operation.namesRead)
    }
    return names
  }
}
