// SPDX-License-Identifier: Apache-2.0
// Converts constants from and to protobuf: Value and its parts, except tensors (see ImmediateTensorCoding).

import MIL
import Tensors
import Wire

extension ProgramDecoder {
  func constant(_ reader: inout WireReader) throws -> Constant {
    let start = reader.offset
    var doc = ""
    var type: ValueType?
    var immediate: WireReader?
    var blob: WireReader?
    var unknown: [UInt8] = []
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        try reader.expect(.lengthDelimited, field)
        doc = try reader.string()
      case 2:
        try reader.expect(.lengthDelimited, field)
        var inner = try reader.message()
        type = try valueType(&inner)
      case 3:
        try reader.expect(.lengthDelimited, field)
        immediate = try reader.message()
      case 5:
        try reader.expect(.lengthDelimited, field)
        blob = try reader.message()
      default: try reader.keep(field, in: &unknown)
      }
    }
    guard let type else { throw WireFault(offset: start, detail: "a constant has no type") }
    switch (immediate, blob) {
    case (var reader?, nil):
      let payload = try immediatePayload(&reader, type)
      return Constant(type: type, payload: payload, docString: doc, unknownFields: unknown)
    case (nil, var reader?):
      let (tensor, file) = try blobTensor(&reader, type)
      return Constant(
        type: type, payload: .tensor(tensor), placement: .file(file), docString: doc,
        unknownFields: unknown)
    case (nil, nil):
      throw WireFault(offset: start, detail: "a constant has an unknown type of value")
    default:
      throw WireFault(offset: start, detail: "a constant has both an immediate value and a blob")
    }
  }

  private func blobTensor(_ reader: inout WireReader, _ type: ValueType) throws -> (Tensor, String) {
    let start = reader.offset
    var file = ""
    var offset: UInt64 = 0
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        try reader.expect(.lengthDelimited, field)
        file = try reader.string()
      case 2:
        try reader.expect(.varint, field)
        offset = try reader.varint()
      default: throw reader.refuse(field, in: "BlobFileValue")
      }
    }
    guard case .tensor(let tensor) = type, let shape = tensor.shape else {
      throw WireFault(offset: start, detail: "a blob cannot store \(type)")
    }
    return (try weights.tensor(tensor.dtype, shape, in: file, at: offset), file)
  }

  private func immediatePayload(_ reader: inout WireReader, _ type: ValueType) throws
    -> Constant.Payload
  {
    let start = reader.offset
    var payload: Constant.Payload?
    while let field = try reader.nextField() {
      guard (1...4).contains(field.number) else { throw reader.refuse(field, in: "ImmediateValue") }
      try reader.expect(.lengthDelimited, field)
      var inner = try reader.message()
      switch (field.number, type) {
      case (1, .tensor(let tensor)): payload = try immediateTensor(&inner, tensor)
      case (2, .tuple): payload = .tuple(try constants(&inner, in: "TupleValue"))
      case (3, .list): payload = .list(try constants(&inner, in: "ListValue"))
      case (4, .dictionary): payload = .dictionary(try entries(&inner))
      default:
        throw WireFault(
          offset: start, detail: "the value of a constant does not have its declared type, \(type)")
      }
    }
    guard let payload else { throw WireFault(offset: start, detail: "an immediate value is empty") }
    return payload
  }

  private func constants(_ reader: inout WireReader, in message: String) throws -> [Constant] {
    var values: [Constant] = []
    while let field = try reader.nextField() {
      guard field.number == 1 else { throw reader.refuse(field, in: message) }
      try reader.expect(.lengthDelimited, field)
      var inner = try reader.message()
      values.append(try constant(&inner))
    }
    return values
  }

  private func entries(_ reader: inout WireReader) throws -> [KeyedConstant] {
    var entries: [KeyedConstant] = []
    while let field = try reader.nextField() {
      guard field.number == 1 else { throw reader.refuse(field, in: "DictionaryValue") }
      try reader.expect(.lengthDelimited, field)
      var pair = try reader.message()
      var key: Constant?
      var value: Constant?
      while let part = try pair.nextField() {
        guard part.number == 1 || part.number == 2 else {
          throw pair.refuse(part, in: "KeyValuePair")
        }
        try pair.expect(.lengthDelimited, part)
        var inner = try pair.message()
        if part.number == 1 { key = try constant(&inner) } else { value = try constant(&inner) }
      }
      guard let key, let value else {
        throw pair.fault("a dictionary entry needs a key and a value")
      }
      entries.append(KeyedConstant(key: key, value: value))
    }
    return entries
  }
}

extension ProgramEncoder {
  func write(_ constant: Constant, to out: inout WireWriter) throws {
    out.nonEmptyString(1, constant.docString)
    out.message(2) { write(constant.type, to: &$0) }
    if case .file(let file) = constant.placement {
      guard case .tensor(let tensor) = constant.payload else {
        throw PackageError.unwritable(
          "a constant of type \(constant.type) cannot be stored in weight file \(file)")
      }
      let offset = try weights.place(tensor, in: file)
      out.message(5) {
        $0.nonEmptyString(1, file)
        if offset != 0 { $0.unsigned(2, offset) }
      }
    } else {
      try out.message(3) { try write(constant.payload, type: constant.type, to: &$0) }
    }
    out.verbatim(constant.unknownFields)
  }

  private func write(_ payload: Constant.Payload, type: ValueType, to out: inout WireWriter) throws {
    switch payload {
    case .tensor(let tensor): out.message(1) { write(immediate: tensor, to: &$0) }
    case .strings(let strings):
      out.message(1) { $0.message(4) { for s in strings { $0.string(1, s) } } }
    case .tuple(let values):
      try out.message(2) { for value in values { try $0.message(1) { try write(value, to: &$0) } } }
    case .list(let values):
      try out.message(3) { for value in values { try $0.message(1) { try write(value, to: &$0) } } }
    case .dictionary(let entries):
      try out.message(4) {
        for entry in entries {
          try $0.message(1) {
            try $0.message(1) { try write(entry.key, to: &$0) }
            try $0.message(2) { try write(entry.value, to: &$0) }
          }
        }
      }
    }
  }
}
