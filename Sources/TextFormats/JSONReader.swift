// SPDX-License-Identifier: Apache-2.0
// Reads JSON.

extension JSONValue {
  /// Reads a text, which must be UTF-8 and contain one value.
  ///
  /// - Throws: `TextFormatError` for malformed text, numbers beyond a double, nesting deeper than ``deepest``, and a member name
  ///   that occurs twice in an object.
  package init(text: [UInt8]) throws(TextFormatError) {
    var reader = JSONReader(bytes: text)
    self = try reader.whole()
  }
}

private struct JSONReader {
  let bytes: [UInt8]
  private var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private func fault(_ problem: String, at offset: Int? = nil) -> TextFormatError {
    TextFormatError("JSON", bytes, at: offset ?? at, problem)
  }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  /// The next character for messages.
  private var shown: String {
    guard at < bytes.count else { return "the end of the text" }
    let text = String(decoding: bytes[at..<min(at + 4, bytes.count)], as: UTF8.self)
    return text.first.map { "'\($0)'" } ?? "the end of the text"
  }

  mutating func whole() throws(TextFormatError) -> JSONValue {
    if let offset = Self.firstInvalid(bytes) { throw fault("the text is not valid UTF-8", at: offset) }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    let value = try value(depth: 0)
    skipSpace()
    guard at == bytes.count else { throw fault("expected the end of the text, found \(shown)") }
    return value
  }

  private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var (low, high) = (0, bytes.count)
    // The longest valid prefix; a prefix that ends within a character is not valid, so up to three bytes are given back.
    while low < high {
      let middle = (low + high + 1) / 2
      let isValid = (0...min(3, middle)).contains { String(validating: bytes[..<(middle - $0)], as: UTF8.self) != nil }
      if isValid { low = middle } else { high = middle - 1 }
    }
    return (0...min(3, low)).map { low - $0 }.first { String(validating: bytes[..<$0], as: UTF8.self) != nil } ?? low
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(TextFormatError) -> JSONValue {
    skipSpace()
    guard let byte = next else { throw fault("expected a value, found the end of the text") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default:
      for (word, value) in [("true", JSONValue.boolean(true)), ("false", .boolean(false)), ("null", .null)]
      where bytes[at...].starts(with: word.utf8) {
        at += word.utf8.count
        return value
      }
      throw fault("expected a value, found \(shown)")
    }
  }

  private func check(_ depth: Int) throws(TextFormatError) {
    if depth > JSONValue.deepest { throw fault("more than \(JSONValue.deepest) arrays and objects within each other") }
  }

  private mutating func array(depth: Int) throws(TextFormatError) -> JSONValue {
    try check(depth)
    at += 1
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      values.append(try value(depth: depth))
      skipSpace()
      if take("]") { return .array(values) }
      guard take(",") else { throw fault("expected ',' or ']' in an array, found \(shown)") }
    }
  }

  private mutating func object(depth: Int) throws(TextFormatError) -> JSONValue {
    try check(depth)
    at += 1
    var members: [JSONValue.Member] = []
    // By bytes: strings would also be equal if they are only canonically equivalent.
    var names: Set<[UInt8]> = []
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      let start = at
      guard next == UInt8(ascii: "\"") else { throw fault("expected a name in double quotes, found \(shown)") }
      let name = try string()
      guard names.insert(Array(name.utf8)).inserted else { throw fault("the name \"\(name)\" occurs twice in an object", at: start) }
      skipSpace()
      guard take(":") else { throw fault("expected ':' after a name, found \(shown)") }
      members.append(JSONValue.Member(name, try value(depth: depth)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault("expected ',' or '}' in an object, found \(shown)") }
    }
  }

  private mutating func digits() -> Int {
    let start = at
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
    return at - start
  }

  private mutating func number() throws(TextFormatError) -> JSONValue {
    let start = at
    _ = take("-")
    let first = next
    let whole = digits()
    guard whole > 0 else { throw fault("expected a digit, found \(shown)") }
    guard first != UInt8(ascii: "0") || whole == 1 else { throw fault("a number does not begin with 0 followed by digits", at: start) }
    var isInteger = true
    if take(".") {
      isInteger = false
      guard digits() > 0 else { throw fault("expected a digit after the point, found \(shown)") }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw fault("expected a digit in the exponent, found \(shown)") }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger, text != "-0", let integer = Int(text) { return .integer(integer) }
    guard let value = Double(text), value.isFinite else {
      throw fault("the number \(text.count > 40 ? text.prefix(40) + "…" : text) exceeds a 64-bit float", at: start)
    }
    return .number(value)
  }

  private mutating func string() throws(TextFormatError) -> String {
    let start = at
    at += 1
    // Most strings have no escapes: they are one copy.
    var end = at
    while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20 { end += 1 }
    if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
      defer { at = end + 1 }
      return String(decoding: bytes[at..<end], as: UTF8.self)
    }
    var out = Array(bytes[at..<end])
    at = end
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return String(decoding: out, as: UTF8.self)
      case UInt8(ascii: "\\"):
        at += 1
        try escape(into: &out)
      case ..<0x20: throw fault("a control character in a string must be written as \\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
      default:
        out.append(byte)
        at += 1
      }
    }
    throw fault("a string has no end", at: start)
  }

  private mutating func escape(into out: inout [UInt8]) throws(TextFormatError) {
    guard let byte = next else { throw fault("a string has no end") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      let start = at - 2
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), bytes[at...].starts(with: "\\u".utf8) {
        at += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair", at: start) }
      out += Array(String(Character(scalar)).utf8)
    default:
      at -= 1
      throw fault("unknown escape \\\(shown.dropFirst().dropLast())")
    }
  }

  private mutating func hexadecimal() throws(TextFormatError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw fault("expected four hexadecimal digits after \\u, found \(shown)")
      }
      code = code << 4 | UInt32(digit)
      at += 1
    }
    return code
  }
}
