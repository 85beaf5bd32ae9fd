// SPDX-License-Identifier: Apache-2.0
// The outputs of the program, and the names of its values.

import MIL
import ONNXFiles
import Operators
import Tensors

/// Binds outputs and gives values the names of the source.
struct ProgramOutputs {
  let builder: Builder
  /// Names for values of the program, by their temporary names.
  let preferred: [(value: String, name: String)]
  let inputs: Set<String>
  private(set) var names: [String] = []
  private var replacements: [String: String] = [:]

  init(_ builder: Builder, preferred: [(value: String, name: String)], inputs: [String]) {
    self.builder = builder
    self.preferred = preferred
    self.inputs = Set(inputs)
  }

  /// - Throws: `ConversionError` for an output that is not defined or that a model cannot return.
  func bind(_ wanted: [(name: String, value: String)], path: String, _ find: (String) throws -> Value?) throws -> ProgramOutputs {
    var result = self
    let constants = Set(builder.constants.flatMap { $0.outputs.map(\.name) })
    for (name, source) in wanted {
      guard let value = try find(source) else {
        throw ConversionError.invalid(path: path, detail: "the output '\(source)' is not made by any node")
      }
      guard value.items == nil else {
        throw ConversionError.unsupported(
          path: path, target: "\(builder.opset)",
          [
            UnsupportedOperator(
              name: "output", domain: "", version: 1, reason: "a model returns tensors only, not sequences", nodes: [source])
          ], skipped: 0)
      }
      let border: Value
      do {
        let isHalf = value.element == .float16 && builder.opset >= .iOS16
        border = try value.isBool ? builder.float(value) : isHalf ? builder.cast(value, .float16) : value
        guard border.rank <= 5 else { throw Refusal("it has \(border.rank) axes, and a model returns at most 5") }
        let operand = try border.operand()
        let isFree = operand.name.map { !inputs.contains($0) && !constants.contains($0) && result.replacements[$0] == nil } ?? false
        let final = builder.declare(ProgramNames.sanitized(name))
        if isFree, let own = operand.name {
          result.replacements[own] = final
          result.names.append(own)
        } else {
          try builder.bind(final, to: border)
          result.names.append(final)
        }
      } catch let refusal as Refusal {
        throw ConversionError.unsupported(
          path: path, target: "\(builder.opset)",
          [UnsupportedOperator(name: "output", domain: "", version: 1, reason: refusal.reason, nodes: [source])], skipped: 0)
      }
    }
    for (own, name) in preferred where result.replacements[own] == nil && !inputs.contains(own) && !constants.contains(own) {
      result.replacements[own] = builder.declare(ProgramNames.sanitized(name))
    }
    return result
  }

  /// The function with the values renamed.
  func renamed(_ function: Function) -> Function {
    var function = function
    function.block = renamed(function.block)
    return function
  }

  private func current(_ name: String) -> String { replacements[name] ?? name }

  private func renamed(_ block: Block) -> Block {
    var block = block
    block.outputs = block.outputs.map(current)
    for i in block.operations.indices {
      for j in block.operations[i].inputs.indices {
        block.operations[i].inputs[j].bindings = block.operations[i].inputs[j].bindings.map { binding in
          if case .name(let name) = binding { .name(current(name)) } else { binding }
        }
      }
      for j in block.operations[i].outputs.indices {
        let old = block.operations[i].outputs[j].name
        guard let new = replacements[old] else { continue }
        block.operations[i].outputs[j].name = new
        if j == 0, let a = block.operations[i].attributes.firstIndex(where: { $0.name == "name" }) {
          block.operations[i].attributes[a].value = Constant(new)
        }
      }
      block.operations[i].blocks = block.operations[i].blocks.map(renamed)
    }
    return block
  }
}
