// SPDX-License-Identifier: Apache-2.0
// A routine with its cached plans, one for each set of input shapes.

import MIL
import Operators
import Tensors

/// A routine that runs on tensors of any shapes that its operators accept.
final class Body {
  let routine: Routine
  private let runtime: RunContext
  private let pinned: Set<String>
  /// Most recently used last.
  private var plans: [(key: Key, plan: Plan)] = []
  private lazy var readers = NameReaders(routine)

  /// Number of cached plans: enough for a full batch, a partial last batch and a few sequence lengths.
  private static let capacity = 8
  /// Number of plans from which a plan for other shapes may be made: the last one, and one before in case that an extent of the last one
  /// coincided with another.
  private static let candidates = 2

  struct Key: Equatable {
    let shapes: [Shape?]
    let values: [String: Tensor]
  }

  init(_ routine: Routine, pinned: Set<String> = [], runtime: RunContext) {
    self.routine = routine
    self.pinned = pinned
    self.runtime = runtime
  }

  /// The plan for inputs of these shapes (`nil` for states), built on first use.
  func plan(shapes: [Shape?], values: [String: Tensor] = [:]) throws -> Plan {
    let key = Key(shapes: shapes, values: values)
    if let i = plans.lastIndex(where: { $0.key == key }) {
      if i != plans.count - 1 { plans.append(plans.remove(at: i)) }
      return plans[plans.count - 1].plan
    }
    let types = zip(routine.inputs, shapes).map { input, shape -> TensorType? in
      if case .state = input.type { return nil }
      guard let declared = input.type.kept, let shape else { return nil }
      return TensorType(declared.dtype, shape)
    }
    let plan = try resized(key, types) ?? Plan(routine, types: types, values: values, pinned: pinned, runtime: runtime)
    runtime.constants.keep()
    if plans.count >= Self.capacity { plans.removeFirst() }
    plans.append((key, plan))
    return plan
  }

  /// A plan made from one of the last plans; `nil` if that is not possible.
  private func resized(_ key: Key, _ types: [TensorType?]) -> Plan? {
    guard pinned.isEmpty else { return nil }
    for known in plans.suffix(Self.candidates).reversed() where known.key.values == key.values {
      // An error is thrown again when the routine is planned as a whole.
      if let plan = try? known.plan.resized(routine, readers, to: types) { return plan }
    }
    return nil
  }

  /// Runs the routine.
  ///
  /// - Parameter feeds: one tensor for each input of the routine, `nil` for states.
  func run(_ feeds: [Tensor?], values: [String: Tensor] = [:]) throws -> [Tensor] {
    let plan = try plan(shapes: feeds.map { $0?.shape }, values: values)
    for (i, feed) in feeds.enumerated() { if let feed { plan.load(i, feed) } }
    try plan.execute()
    guard let rest = plan.continuation else { return plan.results.indices.map(plan.result) }
    return try rest.run(plan.results.indices.map(plan.result))
  }
}

/// The remaining operations, from the first one whose output shape depends on values.
final class Continuation {
  /// Names of the values passed on from the preceding operations.
  let feeds: [String]
  private let body: Body
  /// Inputs of the first operation: once these are constants, its output shapes are known. Small integers first; all inputs
  /// for operators whose output shape depends on all data.
  private let small: [String]
  private let all: [String]
  private var needsAll = false

  init(_ routine: Routine, from stop: Int, _ made: SpecializedGraph, runtime: RunContext) throws {
    let operations = Array(routine.operations[stop...])
    var names: [String] = []
    var seen = Set<String>()
    var constants: [String: Operand] = routine.constants
    var states: [NamedType] = []
    var types: [NamedType] = []
    for name in operations.flatMap(\.namesRead) + routine.outputs where seen.insert(name).inserted {
      guard let operand = made.scope[name] else { continue }
      if operand.constant != nil || operand.encoded != nil {
        constants[name] = operand
      } else if case .state = operand.type {
        states.append(NamedType(name, operand.type))
      } else {
        names.append(name)
        types.append(NamedType(name, operand.type))
      }
    }
    feeds = names
    body = Body(
      Routine(
        inputs: types + states, operations: operations, outputs: routine.outputs, constants: constants,
        opset: routine.opset), runtime: runtime)
    let first = Set(operations[0].namesRead)
    all = names.filter(first.contains)
    small = all.filter { name in
      guard let type = made.scope[name]?.type.tensorType, let count = type.shape?.elementCount else { return false }
      return !type.dtype.isFloat && count <= 64
    }
  }

  func run(_ values: [Tensor]) throws -> [Tensor] {
    let known = Dictionary(zip(feeds, values), uniquingKeysWith: { a, _ in a })
    let padded = values.map(Optional.some) + Array(repeating: nil, count: body.routine.inputs.count - values.count)
    if !needsAll, !small.isEmpty {
      let constants = known.filter { small.contains($0.key) }
      let plan = try body.plan(shapes: padded.map { $0?.shape }, values: constants)
      if !plan.stoppedAtOnce { return try body.run(padded, values: constants) }
    }
    needsAll = true
    let constants = known.filter { all.contains($0.key) }
    let plan = try body.plan(shapes: padded.map { $0?.shape }, values: constants)
    guard !plan.stoppedAtOnce else {
      let first = body.routine.operations[0]
      throw RuntimeError.unsupported(
        operation: "\(first.type) '\(first.name)'", reason: "the shape of its output cannot be computed from its inputs")
    }
    return try body.run(padded, values: constants)
  }
}
