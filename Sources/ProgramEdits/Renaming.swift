// SPDX-License-Identifier: Apache-2.0
// Renames values of a program everywhere: definitions, uses, block outputs.

import MIL

extension Program {
  /// The program with values of one function, or of all functions that have them, under other names.
  ///
  /// An operation that is named like its value takes the value's new name.
  ///
  /// - Parameters:
  ///   - names: new names by old ones: of inputs, outputs or any other values.
  ///   - function: the function; `nil` for all.
  /// - Throws: `ProgramEditError` for a name that no value has, and for a new name that is taken.
  package func renaming(_ names: [String: String], in function: String? = nil) throws -> Program {
    var program = self
    var missing = Set(names.keys)
    var known: Set<String> = []
    for index in functions.indices where function == nil || functions[index].name == function {
      let values = UseMap(functions[index]).names
      known.formUnion(values)
      let own = names.filter { values.contains($0.key) }
      missing.subtract(own.keys)
      var targets: Set<String> = []
      for (old, new) in own.sorted(by: { $0.key < $1.key }) {
        guard !new.isEmpty else { throw ProgramEditError.interface(name: old, problem: "the new name is empty") }
        let isTaken = values.contains(new) && own[new] == nil
        guard !isTaken else { throw ProgramEditError.taken(name: new, by: "another value of function \(functions[index].name)") }
        guard targets.insert(new).inserted else { throw ProgramEditError.taken(name: new, by: "another new name") }
      }
      guard !own.isEmpty else { continue }
      for i in program.functions[index].inputs.indices {
        program.functions[index].inputs[i].name = own[functions[index].inputs[i].name] ?? functions[index].inputs[i].name
      }
      for s in functions[index].specializations.indices {
        program.functions[index].specializations[s].block = functions[index].specializations[s].block.renaming(own)
      }
    }
    if let name = missing.min() { throw ProgramEditError.unknown(what: "value", name: name, known: known.sorted()) }
    return program
  }
}

extension Block {
  /// The block with values under other names.
  package func renaming(_ names: [String: String]) -> Block {
    var block = self
    for i in inputs.indices { block.inputs[i].name = names[inputs[i].name] ?? inputs[i].name }
    block.operations = operations.map { $0.renaming(names) }
    block.outputs = outputs.map { names[$0] ?? $0 }
    return block
  }
}

extension Operation {
  /// The operation with the values that it reads and defines under other names.
  package func renaming(_ names: [String: String]) -> Operation {
    var operation = self
    for i in inputs.indices {
      operation.inputs[i].bindings = inputs[i].bindings.map { binding in binding.name.flatMap { names[$0] }.map { .name($0) } ?? binding }
    }
    for i in outputs.indices { operation.outputs[i].name = names[outputs[i].name] ?? outputs[i].name }
    operation.blocks = blocks.map { $0.renaming(names) }
    if let first = outputs.first?.name, let new = names[first], attribute("name")?.string == first,
      let at = attributes.firstIndex(where: { $0.name == "name" })
    {
      operation.attributes[at].value = Constant(new)
    }
    return operation
  }
}
