// SPDX-License-Identifier: Apache-2.0

import Testing
import TextFormats

@Suite struct JSONTests {
  private func read(_ text: String) throws -> JSONValue { try JSONValue(text: Array(text.utf8)) }

  private func fault(_ text: [UInt8]) -> String {
    do {
      return "read as \(try JSONValue(text: text))"
    } catch { return error.description }
  }

  @Test func namesAreComparedByBytes() throws {
    // "é" as one character, and as a letter with an accent: canonically equivalent, but different names.
    let value = try read("{\"\\u00e9\": 1, \"e\\u0301\": 2}")
    guard case .object(let members) = value else {
      Issue.record("no object: \(value)")
      return
    }
    #expect(members.map { Array($0.name.utf8) } == [[0xC3, 0xA9], [0x65, 0xCC, 0x81]])
    #expect(fault(Array("{\"a\": 1, \"a\": 2}".utf8)).contains("occurs twice"))
  }

  @Test func valuesAreRead() throws {
    #expect(
      try read(" [1, -2.5e3, true, null, \"a\\u00e9\\n\\ud83d\\ude00\"] ")
        == .array([.integer(1), .number(-2500), .boolean(true), .null, .string("aé\n😀")]))
    #expect(try read("{\"b\": {}, \"a\": []}") == .object([.init("b", .object([])), .init("a", .array([]))]))
    #expect(try read("9223372036854775807") == .integer(.max))
    #expect(try read("9223372036854775808") == .number(0x1p63))
    guard case .number(let zero) = try read("-0") else { throw TextFormatError.unexpected }
    #expect(zero.sign == .minus)
    #expect(try read("\u{FEFF}1") == .integer(1))
  }

  @Test(arguments: [
    ("", "line 1, column 1: expected a value"), ("[1,]", "line 1, column 4: expected a value, found ']'"),
    ("{\n  \"a\" 1}", "line 2, column 7: expected ':'"), ("[01]", "column 2: a number does not begin with 0"),
    ("\"é\u{1}\"", "line 1, column 3: a control character"), ("\"\\ud800\"", "half of a surrogate pair"),
    ("1e999", "exceeds a 64-bit float"),
    ("\"abc", "a string has no end"), ("nul", "found 'n'"), ("1 2", "expected the end of the text, found '2'"), ("[1.]", "after the point"),
    ("{\"a\": 1, \"a\": 2}", "column 10: the name \"a\" occurs twice"), ("'a'", "found '''"), ("NaN", "found 'N'"),
    ("\"\\x\"", "unknown escape \\x"),
    ("{a: 1}", "expected a name in double quotes"), ("-", "expected a digit"), ("\"\\u12g4\"", "four hexadecimal digits"),
  ])
  func faultsHaveAPlace(_ text: String, _ part: String) {
    #expect(fault(Array(text.utf8)).contains(part), "\(fault(Array(text.utf8)))")
  }

  @Test func hostileTextIsRefused() {
    #expect(fault(Array(String(repeating: "[", count: 1_000_000).utf8)).contains("more than 512"))
    #expect(fault(Array(String(repeating: "{\"a\":", count: 1_000_000).utf8)).contains("more than 512"))
    #expect(fault([0x22, 0x61, 0xFF, 0x22]).contains("line 1, column 3: the text is not valid UTF-8"))
    #expect(fault([0x22, 0xC3]).contains("column 2: the text is not valid UTF-8"))
    #expect(fault(Array(("[" + String(repeating: "9", count: 100_000) + "]").utf8)).contains("exceeds a 64-bit float"))
  }

  @Test func textIsReadBack() throws {
    let value = JSONValue.object([
      .init("text \"\\\u{7}é\r", .string("a\tb")),
      .init("numbers", .array([.integer(.min), .number(0.1), .number(-0.0), .number(5e-324)])),
      .init("empty", .array([])), .init("null", .null),
    ])
    for indent in [0, 2] { #expect(try read(value.text(indent: indent)) == value) }
    #expect(JSONValue.array([.integer(1), .object([.init("a", .null)])]).text() == "[1, {\"a\": null}]")
    #expect(JSONValue.array([.integer(1)]).text(indent: 2) == "[\n  1\n]")
  }
}

extension TextFormatError {
  fileprivate static var unexpected: any Error { CancellationError() }
}
