// SPDX-License-Identifier: Apache-2.0
// Raising a model to a newer opset, checked by running it before and after.

import Compression
import MIL
import ModelPackages
import Operators
import Runtime
import Tensors
import WeightStorage

extension Model {
  /// The model for a newer system: operators of the newer opset, and compressed weights in its storage format.
  ///
  /// Parameters that operators gained in the newer opset are set to their default values. Every function is then run on random
  /// inputs before and after the conversion, and the results must be bit-identical.
  ///
  /// - Throws: `ModelError.cannotRetarget` with all obstacles.
  package func retargeted(to opset: Opset) throws -> Model {
    let old = self.opset
    guard opset != old else { return self }
    func fail(_ obstacles: [String]) -> ModelError { .cannotRetarget(from: old, to: opset, obstacles: obstacles) }
    guard opset > old else { throw fail(["\(opset) is older, and opsets are only raised"]) }
    let obstacles = contents.program.functions.flatMap { $0.block.obstacles(to: opset) }
    guard obstacles.isEmpty else { throw fail(obstacles) }

    var program = try contents.program.rewritingWeights(for: opset)
    for index in program.functions.indices {
      let own = Opset(name: program.functions[index].opset) ?? old
      program.functions[index].block = program.functions[index].block.spellingOutDefaults(from: own, to: opset)
    }
    program = program.raised(to: opset)
    do { try program.checkTypes() } catch let error as OperatorError { throw fail([error.description]) }
    let raised = try replaced(by: program, report: nil, words: "retarget(\"\(opset)\")", step: .retarget(opset))
    for function in contents.interface.functions {
      try function.name == interface.name
        ? checkAgreement(with: raised, fail)
        : Model(contents: contents, options: with(function: function.name), isCancelled: isCancelled)
          .checkAgreement(
            with: Model(contents: raised.contents, options: with(function: function.name), isCancelled: isCancelled), fail)
    }
    return raised
  }

  private func with(function: String) -> ModelOptions {
    var options = options
    options.function = function
    return options
  }

  private func checkAgreement(with other: Model, _ fail: ([String]) -> ModelError) throws {
    let inputs = try randomInputs()
    let before = try predict(inputs, state: makeState())
    let after = try other.predict(inputs, state: other.makeState())
    let strays = before.keys.sorted().filter { name in
      guard case .tensor(let a) = before[name], case .tensor(let b) = after[name] else { return false }
      return a.dtype != b.dtype || a.shape != b.shape || !a.agrees(with: b)
    }
    guard strays.isEmpty else { throw fail(strays.map { "output \($0) of \(interface.name) would change" }) }
  }
}

extension Tensor {
  /// Whether all elements are equal, except for rounding of sums that are divided differently among threads.
  fileprivate func agrees(with other: Tensor) -> Bool {
    guard dtype.isFloat else { return self == other }
    let (x, y) = (floats(), other.floats())
    let peak = x.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    return zip(x, y).allSatisfy { a, b in a == b || a.isNaN && b.isNaN || (a - b).magnitude <= 1e-5 * peak }
  }
}

extension Block {
  /// Operations without an equivalent in a newer opset.
  fileprivate func obstacles(to opset: Opset) -> [String] {
    operations.flatMap { operation -> [String] in
      var found = operation.blocks.flatMap { $0.obstacles(to: opset) }
      let name = "\(operation.type) \(operation.name)"
      guard let op = Catalog.known(operation) else {
        return found + (operation.isStored ? [] : ["unknown operator \(name)"])
      }
      for parameter in op.signature.parameters where operation.bindings(parameter.name) != nil {
        guard let end = parameter.withdrawal, opset >= end.opset else { continue }
        found.append("\(name) takes \(parameter.name), \(end.remark)")
      }
      return found
    }
  }

  /// The block with parameters introduced after `old`, up to `new`, set to their defaults explicitly.
  fileprivate func spellingOutDefaults(from old: Opset, to new: Opset) -> Block {
    var block = self
    for index in block.operations.indices {
      block.operations[index].blocks = block.operations[index].blocks.map { $0.spellingOutDefaults(from: old, to: new) }
      guard let signature = Catalog.find(named: block.operations[index].type)?.signature else { continue }
      for parameter in signature.parameters where parameter.since > old && parameter.since <= new {
        guard block.operations[index].bindings(parameter.name) == nil, case .defaultsTo(let value) = parameter.presence,
          let constant = Constant(value)
        else { continue }
        block.operations[index].inputs.append(Argument(parameter.name, [.constant(constant)]))
      }
    }
    return block
  }
}

extension Constant {
  /// A default value, if its type does not depend on the operator's other inputs.
  fileprivate init?(_ value: DefaultValue) {
    switch value {
    case .bool(let flag): self = .bool(flag)
    case .int(let integer): self = .int32(integer)
    case .ints(let integers): self = .int32s(integers)
    case .string(let text): self.init(text)
    case .float: return nil
    }
  }
}
