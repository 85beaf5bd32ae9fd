// SPDX-License-Identifier: Apache-2.0
// Structural verification of a program. Operators are known only through a type inference function.

import Tensors

/// Returns the types of an operation's outputs.
///
/// The second argument maps the names of all values in scope to their types. Throws if the
/// operation's inputs do not match its operator's signature.
package typealias OutputTypeInference = (Operation, [String: ValueType]) throws -> [ValueType]

extension Program {
  /// Verifies the structure: function names are unique and each function has the block of its opset; every name is bound
  /// once, before its use; block outputs exist; constants match their type.
  ///
  /// - Parameter inferring: if given, every operation's declared output types are compared with the inferred ones.
  /// - Throws: `MILError` with function, operation and value; any error that `inferring` throws.
  package func verify(inferring: OutputTypeInference? = nil) throws {
    var names: Set<String> = []
    for function in functions {
      guard names.insert(function.name).inserted else {
        throw MILError.repeatedFunction(function.name)
      }
      guard function.specializations.contains(where: { $0.opset == function.opset }) else {
        throw MILError.missingBlock(function: function.name, opset: function.opset)
      }
      for specialization in function.specializations {
        var verifier = Verifier(function: function.name, infer: inferring)
        for input in function.inputs { try verifier.bind(input) }
        try verifier.check(specialization.block)
      }
    }
  }
}

private struct Verifier {
  let infer: OutputTypeInference?
  private var place: MILError.Place
  private var types: [String: ValueType] = [:]

  init(function: String, infer: OutputTypeInference?) {
    place = MILError.Place(function: function)
    self.infer = infer
  }

  mutating func bind(_ value: NamedType) throws {
    guard types.updateValue(value.type, forKey: value.name) == nil else {
      throw MILError.repeatedValue(value.name, place)
    }
  }

  /// Verifies a block. Names bound in it are in scope only there.
  mutating func check(_ block: Block) throws {
    let outer = place
    for input in block.inputs { try bind(input) }
    for operation in block.operations {
      place.operation = operation.name
      try check(operation)
    }
    place = outer
    for output in block.outputs where types[output] == nil {
      throw MILError.unboundValue(output, usedBy: "the block's result", place)
    }
    for input in block.inputs { types[input.name] = nil }
    for operation in block.operations {
      for output in operation.outputs { types[output.name] = nil }
    }
  }

  private mutating func check(_ operation: Operation) throws {
    if let repeated = firstRepeated(operation.inputs, \.parameter)
      ?? firstRepeated(operation.attributes, \.name)
    {
      throw MILError.repeatedParameter(repeated, place)
    }
    for argument in operation.inputs {
      for binding in argument.bindings {
        switch binding {
        case .name(let name):
          guard types[name] != nil else {
            throw MILError.unboundValue(name, usedBy: argument.parameter, place)
          }
        case .constant(let constant): try check(constant, argument.parameter)
        }
      }
    }
    for attribute in operation.attributes { try check(attribute.value, attribute.name) }
    for block in operation.blocks { try check(block) }
    try checkOutputs(of: operation)
    for output in operation.outputs { try bind(output) }
  }

  private func checkOutputs(of operation: Operation) throws {
    let inferred: [ValueType]
    if let value = operation.constantValue {
      inferred = [value.type]
    } else if let infer {
      inferred = try infer(operation, types)
    } else {
      return
    }
    guard inferred.count == operation.outputs.count else {
      throw MILError.outputCount(declared: operation.outputs.count, inferred: inferred.count, place)
    }
    for (output, type) in zip(operation.outputs, inferred) where !output.type.accepts(type) {
      throw MILError.typeMismatch(output.name, declared: output.type, inferred: type, place)
    }
  }

  /// Verifies that a constant's payload matches its type.
  private func check(_ constant: Constant, _ name: String) throws {
    func mismatch(_ found: String) -> MILError {
      .constantMismatch(name, declared: constant.type, found: found, place)
    }
    switch (constant.payload, constant.type) {
    case (.tensor(let tensor), .tensor(let type)):
      guard type.dtype == tensor.dtype, type.shape == tensor.shape else {
        throw mismatch("\(TensorType(tensor.dtype, tensor.shape))")
      }
    case (.strings(let strings), .tensor(let type)):
      guard type.dtype == .string, type.shape?.elementCount == strings.count else {
        throw mismatch("\(strings.count) strings")
      }
    case (.list(let values), .list(let element, let length)):
      guard length.size == nil || length.size == values.count else {
        throw mismatch("\(values.count) values")
      }
      for value in values {
        guard element.accepts(value.type) else { throw mismatch("a \(value.type)") }
        try check(value, name)
      }
    case (.tuple(let values), .tuple(let types)):
      guard values.count == types.count else { throw mismatch("\(values.count) values") }
      for (value, type) in zip(values, types) {
        guard type.accepts(value.type) else { throw mismatch("a \(value.type)") }
        try check(value, name)
      }
    case (.dictionary(let entries), .dictionary(let key, let value)):
      for entry in entries {
        guard key.accepts(entry.key.type), value.accepts(entry.value.type) else {
          throw mismatch("an entry from \(entry.key.type) to \(entry.value.type)")
        }
        try check(entry.key, name)
        try check(entry.value, name)
      }
    case (.tensor(let tensor), _): throw mismatch("\(TensorType(tensor.dtype, tensor.shape))")
    case (.strings, _): throw mismatch("strings")
    case (.list, _): throw mismatch("a list")
    case (.tuple, _): throw mismatch("a tuple")
    case (.dictionary, _): throw mismatch("a dictionary")
    }
  }
}
