// SPDX-License-Identifier: Apache-2.0
// `cond` and `while_loop`: operators with nested blocks, which are implemented here because only the runtime can plan
// blocks.

import Kernels
import MIL
import Operators
import Tensors

/// A `cond` or `while_loop` whose blocks are ready for planning.
final class ControlFlow: NestedBlocks {
  private enum Kind { case branch, loop }

  private let kind: Kind
  private let bodies: [Body]
  /// The values of the enclosing block that the nested blocks read, as operands.
  private let captured: [Operand]
  private let runtime: RunContext

  init(_ execution: Execution, _ call: Call, scope: Scope, runtime: RunContext) throws {
    if case .branch = execution { kind = .branch } else { kind = .loop }
    self.runtime = runtime
    guard call.operation.blocks.count == 2 else {
      throw call.error("needs two blocks, found \(call.operation.blocks.count)")
    }
    var captured: [Operand] = []
    var constants: [String: Operand] = [:]
    var seen = Set<String>()
    for name in call.operation.blocks.flatMap({ $0.operations.flatMap(\.namesRead) + $0.outputs }) where seen.insert(name).inserted {
      guard let operand = scope[name] else { continue }
      if operand.constant != nil { constants[name] = operand } else { captured.append(operand) }
    }
    self.captured = captured
    let extra = captured.map { NamedType($0.name ?? "", $0.type) }
    bodies = call.operation.blocks.map { block in
      Body(
        Routine(
          inputs: block.inputs + extra, operations: block.operations, outputs: block.outputs, constants: constants,
          opset: call.opset),
        pinned: Set(extra.map(\.name)), runtime: runtime)
    }
  }

  var capturesOnlyConstants: Bool { captured.isEmpty }

  private var loopOperandName: String { kind == .branch ? "pred" : "loop_vars" }

  func operands(_ call: Call) -> ByParameter<[Operand]> {
    var all: ByParameter = [loopOperandName: call.list(loopOperandName)]
    let data = captured.filter { if case .state = $0.type { false } else { true } }
    if !data.isEmpty { all["captured"] = data }
    return all
  }

  func outputTypes(_ call: Call) throws -> [TensorType]? {
    let loop = call.list("loop_vars").map { $0.type.kept?.shape }
    let around = captured.map { operand -> Shape? in
      if case .state = operand.type { return nil }
      return operand.type.kept?.shape
    }
    let shapes: [Shape?] = (kind == .branch ? [] : loop) + around
    switch kind {
    case .branch:
      let a = try bodies[0].plan(shapes: shapes).outputTypes
      let b = try bodies[1].plan(shapes: shapes).outputTypes
      return a == b ? a : nil
    case .loop:
      let types = try bodies[1].plan(shapes: shapes).outputTypes
      return types.map { $0.map(\.shape) } == loop ? types : nil
    }
  }

  func prepare(_ inputs: ByParameter<[Buffer]>, _ outputs: [Buffer]) throws -> () throws -> Void {
    let own = inputs[loopOperandName] ?? []
    let around = Self.spread(inputs["captured"] ?? [], over: captured)
    switch kind {
    case .branch:
      guard let predicate = own.first else { throw RuntimeError.unsupported(operation: "cond", reason: "the input pred is missing") }
      let bodies = bodies
      return {
        let body = bodies[predicate.bytes()[0] != 0 ? 0 : 1]
        let plan = try body.plan(shapes: around.map { $0?.shape })
        for (i, buffer) in around.enumerated() { if let buffer { plan.load(i, buffer) } }
        try plan.execute()
        for (i, output) in outputs.enumerated() { plan.store(i, to: output) }
      }
    case .loop:
      let shapes: [Shape?] = own.map(\.shape) + around.map { $0?.shape }
      let test = try bodies[0].plan(shapes: shapes)
      let step = try bodies[1].plan(shapes: shapes)
      let runtime = runtime
      let captures = around.enumerated().flatMap { i, buffer in
        buffer.map { buffer in [test, step].compactMap { $0.loading(own.count + i, from: buffer) } } ?? []
      }
      let variables = LoopVariables(initial: own, outputs: outputs, test: test, step: step)
      return {
        for copy in captures { copy.run() }
        variables.begin()
        while true {
          if runtime.isCancelled() { throw RuntimeError.interrupted }
          variables.show()
          try test.execute()
          guard test.truth(0) else { break }
          try step.execute()
          variables.turn()
        }
        variables.end()
      }
    }
  }

  /// The captured buffers at the positions of the captured operands; states have none.
  private static func spread(_ buffers: [Buffer], over operands: [Operand]) -> [Buffer?] {
    var rest = buffers[...]
    return operands.map { operand in
      if case .state = operand.type { return nil }
      return rest.popFirst()
    }
  }

  // MARK: Shapes that change from turn to turn

  func evaluate(_ call: Call) throws -> [Tensor] {
    let around: [Tensor?] = []
    switch kind {
    case .branch:
      let taken = call.tensor("pred")?.integers().first ?? 0
      return try bodies[taken != 0 ? 0 : 1].run(around)
    case .loop:
      var variables = call.list("loop_vars").map { $0.constant?.tensor }
      while true {
        if runtime.isCancelled() { throw RuntimeError.interrupted }
        guard let go = try bodies[0].run(variables + around).first, go.integers().first ?? 0 != 0 else { break }
        variables = try bodies[1].run(variables + around)
      }
      return variables.compactMap { $0 }
    }
  }
}

extension Plan {
  /// The types of the results; `nil` if a shape is not known yet.
  var outputTypes: [TensorType]? {
    guard continuation == nil else { return nil }
    return results.map { result in
      switch result {
      case .constant(let tensor): TensorType(tensor.dtype, tensor.shape)
      case .buffer(let buffer, let dtype): TensorType(dtype, buffer.shape)
      }
    }
  }

  /// Copies another plan's value into an input.
  func load(_ index: Int, _ buffer: Buffer) {
    guard let to = inputs[index] else { return }
    StridedCopy(from: buffer, to: to).run()
  }

  /// Copies a result to a value of another plan.
  func store(_ index: Int, to buffer: Buffer) {
    switch results[index] {
    case .buffer(let from, _): StridedCopy(from: from, to: buffer).run()
    case .constant(let tensor):
      tensor.computed().withBytes { from in
        guard let from = from.baseAddress else { return }
        let source = Buffer(dtype: buffer.dtype, shape: buffer.shape, pointer: UnsafeMutableRawPointer(mutating: from))
        StridedCopy(from: source, to: buffer).run()
      }
    }
  }

  /// A result that is a single boolean.
  func truth(_ index: Int) -> Bool {
    switch results[index] {
    case .buffer(let buffer, _): buffer.bytes()[0] != 0
    case .constant(let tensor): (tensor.integers().first ?? 0) != 0
    }
  }
}
