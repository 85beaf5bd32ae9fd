// SPDX-License-Identifier: Apache-2.0
// A strict JSON parser for manifests: errors with byte offsets, unique keys, bounded depth.

import Wire

/// A JSON value. Objects keep the order of their members.
enum JSONValue: Equatable {
  case object([(key: String, value: JSONValue)])
  case array([JSONValue])
  case string(String)
  /// The text of the number as written.
  case number(String)
  case bool(Bool)
  case null

  subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members.first { $0.key == key }?.value } else { nil }
  }

  var string: String? { if case .string(let s) = self { s } else { nil } }

  static func == (a: JSONValue, b: JSONValue) -> Bool {
    switch (a, b) {
    case (.object(let x), .object(let y)):
      x.count == y.count && zip(x, y).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    case (.array(let x), .array(let y)): x == y
    case (.string(let x), .string(let y)), (.number(let x), .number(let y)): x == y
    case (.bool(let x), .bool(let y)): x == y
    case (.null, .null): true
    default: false
    }
  }
}

/// Parses one JSON document (RFC 8259).
struct JSONReader {
  private static let depthLimit = 32
  private let bytes: [UInt8]
  private var at = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// - Throws: `WireFault` with the offset of the first invalid byte.
  static func read(_ bytes: [UInt8]) throws -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.at == bytes.count else { throw reader.fault("text after the end of the document") }
    return value
  }

  private func fault(_ detail: String) -> WireFault { WireFault(offset: at, detail: detail) }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private mutating func accept(_ character: Character) -> Bool {
    guard let byte = peek, byte == character.asciiValue else { return false }
    at += 1
    return true
  }

  private mutating func require(_ character: Character) throws {
    guard accept(character) else { throw fault("expected \"\(character)\"") }
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth < JSONReader.depthLimit else {
      throw fault("values are nested deeper than \(JSONReader.depthLimit)")
    }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try text())
    case nil: throw fault("the document ends within a value")
    default: return try word()
    }
  }

  private mutating func object(depth: Int) throws -> JSONValue {
    try require("{")
    var members: [(key: String, value: JSONValue)] = []
    var keys: Set<String> = []
    skipSpace()
    if accept("}") { return .object([]) }
    repeat {
      skipSpace()
      let start = at
      let key = try text()
      guard keys.insert(key).inserted else {
        throw WireFault(offset: start, detail: "the key \"\(key)\" appears twice")
      }
      skipSpace()
      try require(":")
      members.append((key, try value(depth: depth + 1)))
      skipSpace()
    } while accept(",")
    try require("}")
    return .object(members)
  }

  private mutating func array(depth: Int) throws -> JSONValue {
    try require("[")
    var values: [JSONValue] = []
    skipSpace()
    if accept("]") { return .array([]) }
    repeat {
      values.append(try value(depth: depth + 1))
      skipSpace()
    } while accept(",")
    try require("]")
    return .array(values)
  }

  /// `true`, `false`, `null` or a number.
  private mutating func word() throws -> JSONValue {
    let start = at
    while let byte = peek,
      (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
        || byte == 0x2D || byte == 0x2B || byte == 0x2E
    { at += 1 }
    let word = String(decoding: bytes[start..<at], as: UTF8.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    default:
      guard let first = word.utf8.first, first == 0x2D || (first >= 0x30 && first <= 0x39),
        Double(word) != nil
      else {
        throw WireFault(offset: start, detail: "this is not a JSON value")
      }
      return .number(word)
    }
  }

  private mutating func text() throws -> String {
    try require("\"")
    var units: [UInt8] = []
    while true {
      guard let byte = peek else { throw fault("the document ends within a string") }
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: units, as: UTF8.self) else {
          throw fault("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): units.append(contentsOf: Array(String(try escape()).utf8))
      case 0..<0x20: throw fault("a control character in a string")
      default: units.append(byte)
      }
    }
  }

  private mutating func escape() throws -> Unicode.Scalar {
    guard let byte = peek else { throw fault("the document ends within a string") }
    at += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"):
      var code = try hexQuad()
      if code & 0xFC00 == 0xD800, accept("\\"), accept("u") {
        code = 0x10000 + (code & 0x3FF) << 10 + (try hexQuad()) & 0x3FF
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
      return scalar
    default: throw fault("an unknown escape in a string")
    }
  }

  private mutating func hexQuad() throws -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("four hexadecimal digits are expected here")
      }
      code = code << 4 | UInt32(digit)
      at += 1
    }
    return code
  }
}
