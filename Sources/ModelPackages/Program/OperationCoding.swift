// SPDX-License-Identifier: Apache-2.0
// Converts operations and blocks from and to protobuf: Operation, Argument, Block of MIL.proto.

import MIL
import Wire

extension ProgramDecoder {
  func operation(_ reader: inout WireReader) throws -> Operation {
    let start = reader.offset
    var operation = Operation(type: "", outputs: [])
    while let field = try reader.nextField() {
      guard (1...5).contains(field.number) else {
        try reader.keep(field, in: &operation.unknownFields)
        continue
      }
      try reader.expect(.lengthDelimited, field)
      guard field.number != 1 else {
        operation.type = try reader.string()
        continue
      }
      var inner = try reader.message()
      switch field.number {
      case 2: operation.inputs.append(try argument(&inner))
      case 3: operation.outputs.append(try namedType(&inner))
      case 4: operation.blocks.append(try block(&inner))
      default: operation.attributes.append(try attribute(&inner))
      }
    }
    try requireUnique(operation.inputs, "input", at: start, \.parameter)
    try requireUnique(operation.attributes, "attribute", at: start, \.name)
    return operation
  }

  func block(_ reader: inout WireReader) throws -> Block {
    let start = reader.offset
    var block = Block()
    while let field = try reader.nextField() {
      guard (1...4).contains(field.number) else {
        try reader.keep(field, in: &block.unknownFields)
        continue
      }
      try reader.expect(.lengthDelimited, field)
      guard field.number != 2 else {
        block.outputs.append(try reader.string())
        continue
      }
      var inner = try reader.message()
      switch field.number {
      case 1: block.inputs.append(try namedType(&inner))
      case 3: block.operations.append(try operation(&inner))
      default: block.attributes.append(try attribute(&inner))
      }
    }
    try requireUnique(block.attributes, "attribute", at: start, \.name)
    return block
  }

  func attribute(_ reader: inout WireReader) throws -> Attribute {
    let (name, value) = try reader.mapEntry("attribute", constant)
    return Attribute(name, value)
  }

  private func argument(_ reader: inout WireReader) throws -> Argument {
    var unknown: [UInt8] = []
    let (parameter, bindings) = try reader.mapEntry("input") { reader in
      var bindings: [Binding] = []
      while let field = try reader.nextField() {
        guard field.number == 1 else {
          try reader.keep(field, in: &unknown)
          continue
        }
        try reader.expect(.lengthDelimited, field)
        var inner = try reader.message()
        bindings.append(try binding(&inner))
      }
      return bindings
    }
    return Argument(parameter, bindings, unknownFields: unknown)
  }

  private func binding(_ reader: inout WireReader) throws -> Binding {
    let start = reader.offset
    var binding: Binding?
    while let field = try reader.nextField() {
      guard field.number == 1 || field.number == 2 else {
        throw reader.refuse(field, in: "Binding")
      }
      try reader.expect(.lengthDelimited, field)
      if field.number == 1 {
        binding = .name(try reader.string())
      } else {
        var inner = try reader.message()
        binding = .constant(try constant(&inner))
      }
    }
    guard let binding else {
      throw WireFault(offset: start, detail: "an argument is neither a name nor a value")
    }
    return binding
  }

  /// Keys of protobuf maps must be unique, since readers handle repeated keys differently.
  func requireUnique<T>(_ items: [T], _ what: String, at offset: Int, _ key: (T) -> String) throws {
    guard let repeated = firstRepeated(items, key) else { return }
    throw WireFault(offset: offset, detail: "\(what) \"\(repeated)\" appears twice")
  }
}

extension ProgramEncoder {
  func write(_ operation: Operation, to out: inout WireWriter) throws {
    out.nonEmptyString(1, operation.type)
    for argument in operation.inputs { try write(argument, to: &out) }
    for output in operation.outputs { out.message(3) { write(output, to: &$0) } }
    for block in operation.blocks { try out.message(4) { try write(block, to: &$0) } }
    for attribute in operation.attributes { try write(attribute, 5, to: &out) }
    out.verbatim(operation.unknownFields)
  }

  func write(_ block: Block, to out: inout WireWriter) throws {
    for input in block.inputs { out.message(1) { write(input, to: &$0) } }
    for output in block.outputs { out.string(2, output) }
    for operation in block.operations { try out.message(3) { try write(operation, to: &$0) } }
    for attribute in block.attributes { try write(attribute, 4, to: &out) }
    out.verbatim(block.unknownFields)
  }

  func write(_ attribute: Attribute, _ number: Int, to out: inout WireWriter) throws {
    try out.mapEntry(number, attribute.name) { try write(attribute.value, to: &$0) }
  }

  private func write(_ argument: Argument, to out: inout WireWriter) throws {
    try out.mapEntry(2, argument.parameter) {
      for binding in argument.bindings {
        try $0.message(1) {
          switch binding {
          case .name(let name): $0.string(1, name)
          case .constant(let constant): try $0.message(2) { try write(constant, to: &$0) }
          }
        }
      }
      $0.verbatim(argument.unknownFields)
    }
  }
}
