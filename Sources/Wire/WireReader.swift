// SPDX-License-Identifier: Apache-2.0
// A reader of protobuf's wire format for untrusted data.

/// An error in a file with its byte offset from the start of the file.
package struct WireFault: Error, Equatable {
  package var offset: Int
  package var detail: String

  package init(offset: Int, detail: String) {
    self.offset = offset
    self.detail = detail
  }
}

/// The wire types of protobuf in use. (Groups, 3 and 4, were never part of Core ML's format.)
package enum WireType: UInt8 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case fixed32 = 5
}

/// The field number and wire type that start a field.
package struct WireField {
  package var number: Int
  package var type: WireType

  @inlinable
  package init(number: Int, type: WireType) {
    self.number = number
    self.type = type
  }
}

/// A cursor over one message. Every read is checked against the end of the message; a nested message has its
/// own reader, one level deeper.
///
/// The bytes are borrowed: a reader must not outlive its mapping or array.
package struct WireReader {
  /// Protobuf's own depth limit, so that Wane reads whatever coremltools reads.
  package static let depthLimit = 100

  @usableFromInline let origin: UnsafeRawPointer
  @usableFromInline var position: UnsafeRawPointer
  @usableFromInline let end: UnsafeRawPointer
  @usableFromInline let depth: Int
  /// Offset of the tag of the current field.
  @usableFromInline var fieldStart: UnsafeRawPointer

  /// A reader of a whole file.
  package init(_ bytes: UnsafeRawBufferPointer) {
    // An empty file has no base address; the reader then never dereferences this one.
    let base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    self.init(origin: base, position: base, end: base + bytes.count, depth: 0)
  }

  @inlinable
  init(
    origin: UnsafeRawPointer, position: UnsafeRawPointer, end: UnsafeRawPointer, depth: Int
  ) {
    self.origin = origin
    self.position = position
    self.end = end
    self.depth = depth
    fieldStart = position
  }

  /// Offset of the next byte from the start of the file.
  @inlinable
  package var offset: Int { position - origin }
  /// Remaining bytes of this message.
  @inlinable
  package var remaining: Int { end - position }

  @inlinable
  package func fault(_ detail: String) -> WireFault { WireFault(offset: offset, detail: detail) }

  // MARK: Fields

  /// Starts the next field; `nil` at the end of the message.
  @inlinable
  @inline(__always)
  package mutating func nextField() throws -> WireField? {
    guard position < end else { return nil }
    fieldStart = position
    let tag = try varint()
    guard let type = WireType(rawValue: UInt8(truncatingIfNeeded: tag & 7)) else {
      throw WireFault(offset: fieldStart - origin, detail: "wire type \(tag & 7) is not in use")
    }
    guard tag >> 3 > 0, tag <= UInt64(UInt32.max) else {
      throw WireFault(
        offset: fieldStart - origin, detail: "field number \(tag >> 3) is out of range")
    }
    return WireField(number: Int(tag >> 3), type: type)
  }

  /// Checks that the current field has the expected wire type.
  @inlinable
  @inline(__always)
  package func expect(_ type: WireType, _ field: WireField) throws {
    guard field.type == type else {
      throw WireFault(
        offset: fieldStart - origin,
        detail: "field \(field.number) has wire type \(field.type.rawValue), not \(type.rawValue)")
    }
  }

  @inlinable
  package mutating func skip(_ field: WireField) throws {
    switch field.type {
    case .varint: _ = try varint()
    case .fixed64: _ = try take(8)
    case .fixed32: _ = try take(4)
    case .lengthDelimited: _ = try rawBytes()
    }
  }

  /// Skips the current field and appends it, including its tag, to `kept`.
  @inlinable
  package mutating func keep(_ field: WireField, in kept: inout [UInt8]) throws {
    let start = fieldStart
    try skip(field)
    kept.append(contentsOf: UnsafeRawBufferPointer(start: start, count: position - start))
  }

  /// Rejects a field that this version of Wane could not preserve.
  @inlinable
  package func refuse(_ field: WireField, in message: String) -> WireFault {
    WireFault(
      offset: fieldStart - origin,
      detail: "field \(field.number) of \(message) is unknown: the file uses a newer version of the format than Wane reads")
  }

  // MARK: Values

  @inlinable
  @inline(__always)
  package mutating func varint() throws -> UInt64 {
    guard position < end else { throw fault("the message ends within a number") }
    let first = position.load(as: UInt8.self)
    position += 1
    if first < 0x80 { return UInt64(first) }
    return try longVarint(first)
  }

  @usableFromInline
  mutating func longVarint(_ first: UInt8) throws -> UInt64 {
    var value = UInt64(first & 0x7F)
    var shift: UInt64 = 7
    while shift < 64 {
      guard position < end else { throw fault("the message ends within a number") }
      let byte = position.load(as: UInt8.self)
      position += 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw fault("a number is longer than 64 bits")
  }

  /// A signed two's complement number, as protobuf encodes `int32` and `int64`.
  @inlinable
  package mutating func int() throws -> Int { Int(Int64(bitPattern: try varint())) }

  /// A size or count that must be a non-negative `Int`.
  @inlinable
  package mutating func unsigned() throws -> Int {
    let value = try varint()
    guard let fits = Int(exactly: value) else { throw fault("\(value) is too large") }
    return fits
  }

  @inlinable
  package mutating func fixed32() throws -> UInt32 {
    UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
  }

  @inlinable
  package mutating func fixed64() throws -> UInt64 {
    UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
  }

  /// The bytes of a length-delimited field, borrowed.
  @inlinable
  @inline(__always)
  package mutating func rawBytes() throws -> UnsafeRawBufferPointer {
    let length = try varint()
    guard length <= UInt64(end - position) else {
      throw fault("a field has a length of \(length) bytes, but only \(end - position) remain")
    }
    return UnsafeRawBufferPointer(start: try take(Int(length)), count: Int(length))
  }

  /// A nested message.
  @inlinable
  @inline(__always)
  package mutating func message() throws -> WireReader {
    guard depth < WireReader.depthLimit else {
      throw fault("messages are nested deeper than \(WireReader.depthLimit)")
    }
    let bytes = try rawBytes()
    return WireReader(
      origin: origin, position: position - bytes.count, end: position, depth: depth + 1)
  }

  @inlinable
  package mutating func string() throws -> String {
    let bytes = try rawBytes()
    // Names are usually ASCII, which needs no validation.
    if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw fault("a string of \(bytes.count) bytes is not UTF-8")
    }
    return text
  }

  @inlinable
  @inline(__always)
  mutating func take(_ count: Int) throws -> UnsafeRawPointer {
    guard count <= end - position else { throw fault("the message ends within a field") }
    defer { position += count }
    return position
  }
}

extension WireReader {
  /// The single field of a message that holds a key and a message: an entry of a protobuf map.
  @inlinable
  package mutating func mapEntry<T>(_ name: String, _ decode: (inout WireReader) throws -> T) throws -> (
    String, T
  ) {
    let start = offset
    var key = ""
    var value: T?
    while let field = try nextField() {
      switch field.number {
      case 1:
        try expect(.lengthDelimited, field)
        key = try string()
      case 2:
        try expect(.lengthDelimited, field)
        var inner = try message()
        value = try decode(&inner)
      default: throw refuse(field, in: name)
      }
    }
    guard let value else {
      throw WireFault(offset: start, detail: "\(name) \"\(key)\" has no value")
    }
    return (key, value)
  }

  /// Appends the values of a repeated numeric field, packed or not.
  @inlinable
  package mutating func repeatedVarints(_ field: WireField, _ body: (UInt64) -> Void) throws {
    if field.type == .varint {
      body(try varint())
    } else {
      try expect(.lengthDelimited, field)
      var packed = try message()
      while packed.remaining > 0 { body(try packed.varint()) }
    }
  }
}
