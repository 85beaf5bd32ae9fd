// SPDX-License-Identifier: Apache-2.0
// A MIL program as a value: functions of blocks of operations.
//
// Values are referred to by name, as in the file. Each name is bound once within a block and its enclosing
// blocks (the verifier checks it). Order of functions, inputs and attributes is kept for a faithful round trip.

import Tensors

/// A name with a type: an input or an output.
package struct NamedType: Hashable, Sendable {
  package var name: String
  package var type: ValueType
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8]

  package init(_ name: String, _ type: ValueType, unknownFields: [UInt8] = []) {
    self.name = name
    self.type = type
    self.unknownFields = unknownFields
  }
}

/// A value bound to an operator's parameter.
package enum Binding: Sendable, Equatable {
  /// The output of an earlier operation, or an input of an enclosing block or function.
  case name(String)
  /// An inline constant.
  case constant(Constant)

  package var name: String? { if case .name(let n) = self { n } else { nil } }
}

/// A parameter of an operation with the values bound to it: one, or several (`concat.values`).
package struct Argument: Sendable, Equatable {
  package var parameter: String
  package var bindings: [Binding]
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8]

  package init(_ parameter: String, _ bindings: [Binding], unknownFields: [UInt8] = []) {
    self.parameter = parameter
    self.bindings = bindings
    self.unknownFields = unknownFields
  }

  /// An argument that refers to a value by name.
  package init(_ parameter: String, _ value: String) { self.init(parameter, [.name(value)]) }

  /// An argument that refers to a value by its declaration.
  package init(_ parameter: String, _ value: NamedType) { self.init(parameter, [.name(value.name)]) }

  /// An argument with an inline constant.
  package init(_ parameter: String, _ value: Constant) { self.init(parameter, [.constant(value)]) }
}

/// A named constant that is a property of the operation, not an input.
package struct Attribute: Sendable, Equatable {
  package var name: String
  package var value: Constant

  package init(_ name: String, _ value: Constant) {
    self.name = name
    self.value = value
  }
}

/// An application of an operator.
package struct Operation: Sendable, Equatable {
  /// The MIL name of the operator: `conv`.
  package var type: String
  package var inputs: [Argument]
  package var outputs: [NamedType]
  package var blocks: [Block]
  /// `name` (the operation's name), `val` of a `const`, and the iOS16 `constexpr_*` operators' data.
  package var attributes: [Attribute]
  package var unknownFields: [UInt8]

  package init(
    type: String, inputs: [Argument] = [], outputs: [NamedType], blocks: [Block] = [],
    attributes: [Attribute] = [], unknownFields: [UInt8] = []
  ) {
    self.type = type
    self.inputs = inputs
    self.outputs = outputs
    self.blocks = blocks
    self.attributes = attributes
    self.unknownFields = unknownFields
  }

  /// Whether the operation only exists during training. Such operations are not part of MIL and cannot be stored in
  /// files.
  package var isTrainingOnly: Bool { type.hasPrefix("training_") }
  /// Whether the operation stores or decodes data.
  package var isStored: Bool { type == "const" || isDecoder }
  /// Whether the operation decodes stored data.
  package var isDecoder: Bool { type.hasPrefix("constexpr_") }

  /// The operation's name, or that of its first output if it has none.
  package var name: String { attribute("name")?.string ?? outputs.first?.name ?? type }

  package func attribute(_ name: String) -> Constant? {
    attributes.first { $0.name == name }?.value
  }

  /// The values bound to `parameter`, either as an input or, in older opsets, as an attribute.
  package func bindings(_ parameter: String) -> [Binding]? {
    if let argument = inputs.first(where: { $0.parameter == parameter }) {
      return argument.bindings
    }
    if let value = attribute(parameter), parameter != "name" { return [.constant(value)] }
    return nil
  }

  /// The value of a `const` operation.
  package var constantValue: Constant? { type == "const" ? attribute("val") : nil }

  /// A `const` operation that binds `name` to `value`.
  package static func const(_ name: String, _ value: Constant) -> Operation {
    Operation(
      type: "const", outputs: [NamedType(name, value.type)],
      attributes: [Attribute("name", Constant(name)), Attribute("val", value)])
  }
}

/// A sequence of operations with named inputs and outputs.
package struct Block: Sendable, Equatable {
  package var inputs: [NamedType]
  package var operations: [Operation]
  /// The names of the output values.
  package var outputs: [String]
  package var attributes: [Attribute]
  package var unknownFields: [UInt8]

  package init(
    inputs: [NamedType] = [], operations: [Operation] = [], outputs: [String] = [],
    attributes: [Attribute] = [], unknownFields: [UInt8] = []
  ) {
    self.inputs = inputs
    self.operations = operations
    self.outputs = outputs
    self.attributes = attributes
    self.unknownFields = unknownFields
  }
}

/// A block and its opset (`CoreML7`).
package struct Specialization: Sendable, Equatable {
  package var opset: String
  package var block: Block

  package init(opset: String, block: Block) {
    self.opset = opset
    self.block = block
  }
}

/// A function: inputs and one block per opset. `opset` selects the active block.
package struct Function: Sendable, Equatable {
  package var name: String
  package var inputs: [NamedType]
  package var opset: String
  package var specializations: [Specialization]
  package var attributes: [Attribute]
  package var unknownFields: [UInt8]

  package init(
    name: String, inputs: [NamedType], opset: String, specializations: [Specialization],
    attributes: [Attribute] = [], unknownFields: [UInt8] = []
  ) {
    self.name = name
    self.inputs = inputs
    self.opset = opset
    self.specializations = specializations
    self.attributes = attributes
    self.unknownFields = unknownFields
  }

  /// A function with one block.
  package init(name: String = "main", inputs: [NamedType], opset: Opset, block: Block) {
    self.init(
      name: name, inputs: inputs, opset: opset.name,
      specializations: [Specialization(opset: opset.name, block: block)])
  }

  /// The block for the function's opset. Assigning it replaces that block.
  ///
  /// - Precondition: the block exists (checked when a package is read).
  package var block: Block {
    get { specializations[activeIndex].block }
    set { specializations[activeIndex].block = newValue }
  }

  private var activeIndex: Int {
    guard let i = specializations.firstIndex(where: { $0.opset == opset }) else {
      preconditionFailure("function \(name) has no block for \(opset)")
    }
    return i
  }
}

/// A whole program.
package struct Program: Sendable, Equatable {
  package var version: Int
  package var functions: [Function]
  package var docString: String
  package var attributes: [Attribute]
  package var unknownFields: [UInt8]

  package init(
    version: Int = 1, functions: [Function], docString: String = "", attributes: [Attribute] = [],
    unknownFields: [UInt8] = []
  ) {
    self.version = version
    self.functions = functions
    self.docString = docString
    self.attributes = attributes
    self.unknownFields = unknownFields
  }

  package func function(named name: String) -> Function? { functions.first { $0.name == name } }
}
