// SPDX-License-Identifier: Apache-2.0
// Converts value types from and to protobuf: ValueType, TensorType, Dimension, NamedValueType of MIL.proto.

import MIL
import Tensors
import Wire

extension ProgramDecoder {
  func namedType(_ reader: inout WireReader) throws -> NamedType {
    let start = reader.offset
    var name = ""
    var type: ValueType?
    var unknown: [UInt8] = []
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        try reader.expect(.lengthDelimited, field)
        name = try reader.string()
      case 2:
        try reader.expect(.lengthDelimited, field)
        var inner = try reader.message()
        type = try valueType(&inner)
      default: try reader.keep(field, in: &unknown)
      }
    }
    guard let type else { throw WireFault(offset: start, detail: "value \"\(name)\" has no type") }
    return NamedType(name, type, unknownFields: unknown)
  }

  func valueType(_ reader: inout WireReader) throws -> ValueType {
    let start = reader.offset
    var type: ValueType?
    while let field = try reader.nextField() {
      guard (1...5).contains(field.number) else { throw reader.refuse(field, in: "ValueType") }
      try reader.expect(.lengthDelimited, field)
      var inner = try reader.message()
      switch field.number {
      case 1: type = .tensor(try tensorType(&inner))
      case 2: type = try listType(&inner)
      case 3: type = .tuple(try nestedTypes(&inner, "TupleType").map(\.type))
      case 4:
        let types = try nestedTypes(&inner, "DictionaryType", numbers: 1...2).sorted {
          $0.number < $1.number
        }
        guard types.map(\.number) == [1, 2] else {
          throw inner.fault("a dictionary type needs one key type and one value type")
        }
        type = .dictionary(key: types[0].type, value: types[1].type)
      default:
        let types = try nestedTypes(&inner, "StateType")
        guard types.count == 1 else {
          throw inner.fault("a state type wraps one type, not \(types.count)")
        }
        type = .state(types[0].type)
      }
    }
    guard let type else { throw WireFault(offset: start, detail: "a value type is empty") }
    return type
  }

  private func tensorType(_ reader: inout WireReader) throws -> TensorType {
    let start = reader.offset
    var code = 0
    var rank = 0
    var dimensions: [Dimension] = []
    var unknown: [UInt8] = []
    while let field = try reader.nextField() {
      switch field.number {
      case 1:
        try reader.expect(.varint, field)
        code = try reader.int()
      case 2:
        try reader.expect(.varint, field)
        rank = try reader.int()
      case 3:
        try reader.expect(.lengthDelimited, field)
        var inner = try reader.message()
        dimensions.append(try dimension(&inner))
      default: try reader.keep(field, in: &unknown)
      }
    }
    guard let dtype = DType(milCode: code) else {
      throw WireFault(offset: start, detail: "\(code) is not the code of an element type")
    }
    guard rank == dimensions.count else {
      throw WireFault(
        offset: start, detail: "a tensor type of rank \(rank) has \(dimensions.count) dimensions")
    }
    // Ensures that element counts and strides cannot overflow later.
    var extent = 8
    for d in dimensions {
      let (product, overflow) = extent.multipliedReportingOverflow(by: max(d.size ?? 1, 1))
      guard !overflow else {
        throw WireFault(
          offset: start,
          detail: "\(TensorType(dtype, dimensions)) has more elements than can be counted")
      }
      extent = product
    }
    return TensorType(dtype, dimensions, unknownFields: unknown)
  }

  private func dimension(_ reader: inout WireReader) throws -> Dimension {
    let start = reader.offset
    var result: Dimension?
    while let field = try reader.nextField() {
      guard field.number == 1 || field.number == 2 else {
        throw reader.refuse(field, in: "Dimension")
      }
      try reader.expect(.lengthDelimited, field)
      var inner = try reader.message()
      var value = 0
      while let part = try inner.nextField() {
        guard part.number == 1 else { throw inner.refuse(part, in: "Dimension") }
        try inner.expect(.varint, part)
        value = try inner.unsigned()
      }
      result = field.number == 1 ? .fixed(value) : .unknown(variadic: value != 0)
    }
    guard let result else {
      throw WireFault(offset: start, detail: "a dimension is neither constant nor unknown")
    }
    return result
  }

  private func listType(_ reader: inout WireReader) throws -> ValueType {
    let start = reader.offset
    var element: ValueType?
    var length = Dimension.any
    while let field = try reader.nextField() {
      guard field.number == 1 || field.number == 2 else {
        throw reader.refuse(field, in: "ListType")
      }
      try reader.expect(.lengthDelimited, field)
      var inner = try reader.message()
      if field.number == 1 {
        element = try valueType(&inner)
      } else {
        length = try dimension(&inner)
      }
    }
    guard let element else {
      throw WireFault(offset: start, detail: "a list type has no element type")
    }
    return .list(element, length: length)
  }

  /// The types contained in a message, with their field numbers.
  private func nestedTypes(
    _ reader: inout WireReader, _ message: String, numbers: ClosedRange<Int> = 1...1
  ) throws -> [(number: Int, type: ValueType)] {
    var types: [(number: Int, type: ValueType)] = []
    while let field = try reader.nextField() {
      guard numbers.contains(field.number) else { throw reader.refuse(field, in: message) }
      try reader.expect(.lengthDelimited, field)
      var inner = try reader.message()
      types.append((field.number, try valueType(&inner)))
    }
    return types
  }
}

extension ProgramEncoder {
  func write(_ value: NamedType, to out: inout WireWriter) {
    out.nonEmptyString(1, value.name)
    out.message(2) { write(value.type, to: &$0) }
    out.verbatim(value.unknownFields)
  }

  func write(_ type: ValueType, to out: inout WireWriter) {
    switch type {
    case .tensor(let tensor): out.message(1) { write(tensor, to: &$0) }
    case .list(let element, let length):
      out.message(2) {
        $0.message(1) { write(element, to: &$0) }
        $0.message(2) { write(length, to: &$0) }
      }
    case .tuple(let types):
      out.message(3) { for type in types { $0.message(1) { write(type, to: &$0) } } }
    case .dictionary(let key, let value):
      out.message(4) {
        $0.message(1) { write(key, to: &$0) }
        $0.message(2) { write(value, to: &$0) }
      }
    case .state(let content):
      out.message(5) { $0.message(1) { write(content, to: &$0) } }
    }
  }

  private func write(_ type: TensorType, to out: inout WireWriter) {
    out.int(1, type.dtype.milCode)
    if type.rank != 0 { out.int(2, type.rank) }
    for dimension in type.dimensions { out.message(3) { write(dimension, to: &$0) } }
    out.verbatim(type.unknownFields)
  }

  private func write(_ dimension: Dimension, to out: inout WireWriter) {
    switch dimension {
    case .fixed(let size): out.message(1) { if size != 0 { $0.int(1, size) } }
    case .unknown(let variadic): out.message(2) { if variadic { $0.int(1, 1) } }
    }
  }
}
