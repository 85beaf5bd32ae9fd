// SPDX-License-Identifier: Apache-2.0
// Branches and loops.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Control {
  static let rules: [Rule] = [
    Rule("If") { n in try n.branch() },
    Rule("Loop") { n in try n.loop() },
    Rule("Scan") { n in try n.scan() },
  ]
}

extension Node {
  /// Iterations that are written out.
  private static let mostIterations = 256

  fileprivate func branch() throws -> [Value] {
    let condition = try x()
    if let known = condition.integers()?.first {
      return try converter.inline(graph(known != 0 ? "then_branch" : "else_branch"), inputs: [], in: scope)
    }
    var elements: [ElementType] = []
    let yes = try b.block {
      let results = try converter.inline(graph("then_branch"), inputs: [], in: scope)
      elements = results.map(\.element)
      return results
    }
    let no = try b.block { try converter.inline(graph("else_branch"), inputs: [], in: scope) }
    guard yes.types.count == no.types.count else { throw Refusal("its branches have different numbers of results") }
    let types = try zip(yes.types, no.types).map { try Self.common($0, $1) }
    let predicate = try b.bool(b.scalar(condition))
    let results = b.append("cond", [Argument("pred", [try b.binding(of: predicate)])], blocks: [yes.block, no.block], results: types)
    return zip(results, elements).map { $0.typed($1) }
  }

  /// A type for the results of both branches.
  static func common(_ a: ValueType, _ b: ValueType) throws -> ValueType {
    guard let p = a.tensorType, let q = b.tensorType, p.dtype == q.dtype else {
      throw Refusal("its branches return different types: \(a) and \(b)")
    }
    guard p.rank == q.rank else { throw Refusal("its branches return tensors of ranks \(p.rank) and \(q.rank)") }
    return .tensor(TensorType(p.dtype, zip(p.dimensions, q.dimensions).map { $0 == $1 ? $0 : .any }))
  }

  fileprivate func loop() throws -> [Value] {
    let body = try graph("body")
    let count = optional(0)?.integers()?.first
    let carried = inputs.dropFirst(2).compactMap { $0 }
    guard carried.count == inputs.count - Swift.min(inputs.count, 2), body.inputs.count == carried.count + 2,
      body.outputs.count > carried.count
    else {
      throw Refusal("the body has \(body.inputs.count) inputs and \(body.outputs.count) outputs for \(carried.count) variables")
    }
    let scans = body.outputs.count - carried.count - 1
    if has(1), optional(1)?.integers()?.first == 0 { return try finished(carried, Array(repeating: [], count: scans)) }
    // A condition that stays known can be followed at conversion, up to a limit.
    if has(0), count == nil { return try openLoop(body, carried, scans) }
    if has(1), optional(1)?.integers() == nil { return try openLoop(body, carried, scans) }
    let most = count.map { Swift.min($0, Self.mostIterations + 1) } ?? Self.mostIterations + 1
    var state = carried
    var lists: [[Value]] = Array(repeating: [], count: scans)
    var iteration = 0
    while iteration < most {
      guard iteration < Self.mostIterations else { return try openLoop(body, carried, scans) }
      let index = Value(constant: Tensor(integers: [iteration], dtype: .int32, shape: []), element: .int64)
      let condition = Value(constant: Tensor(scalar: true), element: .bool)
      let results = try converter.inline(body, inputs: [index, condition] + state, in: scope)
      guard let goes = results[0].integers()?.first else {
        throw Refusal("the condition depends on the model's inputs")
      }
      state = Array(results[1..<(1 + carried.count)])
      for i in 0..<scans { lists[i].append(results[1 + carried.count + i]) }
      iteration += 1
      if goes == 0 { break }
    }
    return try finished(state, lists)
  }

  private func finished(_ state: [Value], _ lists: [[Value]]) throws -> [Value] {
    try state
      + lists.map { list in
        guard !list.isEmpty else { throw Refusal("it makes a tensor without elements") }
        return try b.stack(list, axis: 0)
      }
  }

  /// A loop whose number of iterations is known at run time only.
  private func openLoop(_ body: ONNXGraph, _ carried: [Value], _ scans: Int) throws -> [Value] {
    let count = try optional(0).map { try b.int(b.scalar($0)) }
    let start = try optional(1).map { try b.bool(b.scalar($0)) } ?? Value(constant: Tensor(scalar: true))
    let zero = Value(constant: Tensor(integers: [0], dtype: .int32, shape: []))
    let lists = try scans == 0 ? [] : emptyLists(body, [zero, start] + carried)
    let variables = [zero, start] + carried + lists.map(\.list)
    let types = try variables.map { try $0.operand().type }
    func declared(_ suffix: String) -> [NamedType] { types.enumerated().map { NamedType(b.declare("\(b.prefix)_\(suffix)\($0)"), $1) } }
    func values(_ inputs: [NamedType]) -> [Value] {
      zip(inputs, variables).map { Value(operand: Operand(name: $0.name, type: $0.type), element: $1.element) }
    }
    let (outer, inner) = (declared("condition"), declared("body"))
    let test = try b.block(inputs: outer) {
      let all = values(outer)
      guard let count else { return [all[1]] }
      return [try b.and(all[1], b.compare("less", all[0], count))]
    }
    let step = try b.block(inputs: inner) {
      let all = values(inner)
      let given = [all[0].typed(.int64), all[1].typed(.bool)] + all.dropFirst(2).prefix(carried.count)
      let results = try converter.inline(body, inputs: given, in: scope)
      let written = try lists.indices.map { i in
        let element = results[1 + carried.count + i]
        return try b.emit(
          "list_write",
          ["ls": all[2 + carried.count + i], "index": all[0], "value": element.rank == 0 ? b.expandDims(element, [0]) : element])
      }
      return [try b.add(all[0], 1), try b.bool(b.scalar(results[0]))] + results.dropFirst().prefix(carried.count) + written
    }
    guard step.types == types else { throw Refusal("a variable changes its type or shape from one iteration to the next") }
    let arguments = [Argument("loop_vars", try variables.map { try b.binding(of: $0) })]
    let results = b.append("while_loop", arguments, blocks: [test.block, step.block], results: types)
    let final = zip(results.dropFirst(2), carried).map { $0.typed($1.element) }
    guard !lists.isEmpty else { return final }
    let positions = try b.emit("range_1d", ["start": 0, "end": results[0], "step": 1])
    return try final
      + lists.enumerated().map { i, entry in
        let all = try b.emit("list_gather", ["ls": results[2 + carried.count + i], "indices": positions])
        return try (entry.isScalar ? b.squeeze(all, [1]) : all).typed(entry.element)
      }
  }

  /// Lists for the results that a loop collects. The body is converted once to find their types.
  private func emptyLists(_ body: ONNXGraph, _ variables: [Value]) throws -> [(list: Value, element: ElementType, isScalar: Bool)] {
    let inputs = try variables.map { NamedType(b.declare("\(b.prefix)_trial"), try $0.operand().type) }
    var found: [Value] = []
    _ = try b.block(inputs: inputs) {
      let values = zip(inputs, variables).map { Value(operand: Operand(name: $0.name, type: $0.type), element: $1.element) }
      found = Array(try converter.inline(body, inputs: values, in: scope).dropFirst(variables.count - 1))
      return []
    }
    return try found.map { value in
      let shape = try value.shape()
      let list = try b.emit(
        "make_list",
        [
          "init_length": 1, "dynamic_length": true, "elem_shape": (shape.isEmpty ? [1] : shape).map { Extent($0) },
          "dtype": value.dtype.name,
        ])
      return (list, value.element, shape.isEmpty)
    }
  }

  fileprivate func scan() throws -> [Value] {
    let body = try graph("body")
    guard let scanned = try int("num_scan_inputs"), scanned > 0 else { throw Refusal("the attribute num_scan_inputs is missing") }
    let isBatched = version < 9
    if isBatched, has(0) { throw Refusal("sequence_lens") }
    let values = try inputs.dropFirst(isBatched ? 1 : 0).map { value -> Value in
      guard let value else { throw Refusal("an operand is missing") }
      return value
    }
    let states = Array(values.dropLast(scanned))
    let sequences = Array(values.suffix(scanned))
    guard body.inputs.count == values.count, body.outputs.count >= states.count else { throw Refusal("the body does not fit the operands") }
    let results = body.outputs.count - states.count
    let shift = isBatched ? 1 : 0
    func list(_ name: String, _ count: Int) throws -> [Int] { try ints(name) ?? Array(repeating: 0, count: count) }
    let (axes, outAxes) = (try list("scan_input_axes", scanned), try list("scan_output_axes", results))
    let directions = try list(isBatched ? "directions" : "scan_input_directions", scanned)
    let outDirections = try list("scan_output_directions", results)
    guard axes.count == scanned, directions.count == scanned, outAxes.count == results, outDirections.count == results else {
      throw Refusal("its axes and directions do not fit the operands")
    }
    let batches = isBatched ? try sequences[0].extent(0) : 1
    var collected: [[Value]] = []
    for batch in 0..<batches {
      func own(_ v: Value) throws -> Value { isBatched ? try b.squeeze(b.slice(v, axis: 0, batch, batch + 1), [0]) : v }
      var state = try states.map(own)
      let items = try sequences.map(own)
      let places = try zip(items, axes).map { try $0.axis($1) }
      let steps = try items[0].extent(places[0])
      guard steps <= Self.mostIterations else { throw Refusal("\(steps) iterations, more than \(Self.mostIterations)") }
      var lists: [[Value]] = Array(repeating: [], count: results)
      for step in 0..<steps {
        let slices = try items.indices.map { i in
          let at = directions[i] == 1 ? steps - 1 - step : step
          return try dropped(b.slice(items[i], axis: places[i], at, at + 1), places[i]).typed(items[i].element)
        }
        let outputs = try converter.inline(body, inputs: state + slices, in: scope)
        state = Array(outputs[..<states.count])
        for i in 0..<results { lists[i].append(outputs[states.count + i]) }
      }
      collected.append(
        try state
          + lists.enumerated().map { i, list in
            let rank = (list.first?.rank ?? 0) + 1
            let axis = outAxes[i] < 0 ? outAxes[i] + rank : outAxes[i]
            guard !list.isEmpty, (0..<rank).contains(axis) else { throw Refusal("it makes a tensor without elements") }
            return try b.stack(outDirections[i] == 1 ? list.reversed() : list, axis: axis)
          })
    }
    guard shift == 1, let first = collected.first else { return collected[0] }
    return try first.indices.map { i in try b.stack(collected.map { $0[i] }, axis: 0) }
  }

  private func dropped(_ x: Value, _ axis: Int) throws -> Value { x.rank == 1 ? try b.reshape(x, []) : try b.squeeze(x, [axis]) }
}

/// One of several integers that are bound to a parameter separately.
private struct Extent: Argumentable {
  let extent: Int

  init(_ extent: Int) { self.extent = extent }

  func operands() -> [(operand: Operand, label: String?)] { extent.operands() }
}
