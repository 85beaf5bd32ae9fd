// SPDX-License-Identifier: Apache-2.0
// Converts programs and functions from and to protobuf: Program, Function of MIL.proto.

import MIL
import Wire

/// Decodes a program. Blobs are looked up in `weights` and stay mapped.
struct ProgramDecoder {
  let weights: WeightFiles

  func program(_ reader: inout WireReader) throws -> Program {
    let start = reader.offset
    var program = Program(version: 0, functions: [])
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        try reader.expect(.varint, field)
        program.version = try reader.int()
      case 2:
        try reader.expect(.lengthDelimited, field)
        var inner = try reader.message()
        let (name, function) = try inner.mapEntry("function", self.function)
        program.functions.append(function)
        program.functions[program.functions.count - 1].name = name
      case 3:
        try reader.expect(.lengthDelimited, field)
        program.docString = try reader.string()
      case 4:
        try reader.expect(.lengthDelimited, field)
        var inner = try reader.message()
        program.attributes.append(try attribute(&inner))
      default: try reader.keep(field, in: &program.unknownFields)
      }
    }
    try requireUnique(program.functions, "function", at: start, \.name)
    try requireUnique(program.attributes, "attribute", at: start, \.name)
    return program
  }

  private func function(_ reader: inout WireReader) throws -> Function {
    let start = reader.offset
    var function = Function(name: "", inputs: [], opset: "", specializations: [])
    while let field = try reader.nextField() {
      guard (1...4).contains(field.number) else {
        try reader.keep(field, in: &function.unknownFields)
        continue
      }
      try reader.expect(.lengthDelimited, field)
      guard field.number != 2 else {
        function.opset = try reader.string()
        continue
      }
      var inner = try reader.message()
      switch field.number {
      case 1: function.inputs.append(try namedType(&inner))
      case 3:
        let (opset, block) = try inner.mapEntry("block specialization", self.block)
        function.specializations.append(Specialization(opset: opset, block: block))
      default: function.attributes.append(try attribute(&inner))
      }
    }
    try requireUnique(function.specializations, "block specialization", at: start, \.opset)
    try requireUnique(function.attributes, "attribute", at: start, \.name)
    guard function.specializations.contains(where: { $0.opset == function.opset }) else {
      throw WireFault(
        offset: start,
        detail: "a function has opset \"\(function.opset)\", but no block for that opset")
    }
    return function
  }
}

/// Encodes a program. Constants for weight files are added to `weights`, which returns their offsets.
struct ProgramEncoder {
  let weights: WeightLayout

  func write(_ program: Program, to out: inout WireWriter) throws {
    if program.version != 0 { out.int(1, program.version) }
    for function in program.functions {
      try out.mapEntry(2, function.name) { try write(function, to: &$0) }
    }
    out.nonEmptyString(3, program.docString)
    for attribute in program.attributes { try write(attribute, 4, to: &out) }
    out.verbatim(program.unknownFields)
  }

  private func write(_ function: Function, to out: inout WireWriter) throws {
    for input in function.inputs { out.message(1) { write(input, to: &$0) } }
    out.nonEmptyString(2, function.opset)
    for specialization in function.specializations {
      try out.mapEntry(3, specialization.opset) { try write(specialization.block, to: &$0) }
    }
    for attribute in function.attributes { try write(attribute, 4, to: &out) }
    out.verbatim(function.unknownFields)
  }
}
