// SPDX-License-Identifier: Apache-2.0

import Testing
import TextFormats

@Suite struct CSVTests {
  private func read(_ text: String, _ delimiter: Character = ",") throws -> [[String]] {
    try CSV.records(Array(text.utf8), delimiter: delimiter.asciiValue ?? 0)
  }

  private func fault(_ text: [UInt8]) -> String {
    do {
      return "read as \(try CSV.records(text))"
    } catch { return error.description }
  }

  @Test func recordsAreRead() throws {
    #expect(try read("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n,\n") == [["a", "b"], ["1", "x, \"y\"\nz"], ["", ""]])
    #expect(try read("a;b", ";") == [["a", "b"]])
    #expect(try read("\u{FEFF}a\n\n\nb") == [["a"], ["b"]])
    #expect(try read("\"\"\n") == [[""]])
    #expect(try read("") == [])
    #expect(try read("a\rb,c") == [["a\rb", "c"]])
  }

  @Test(arguments: [
    ("a,b\n1", "line 2, column 1: 1 field, but the first line has 2"), ("a\n\"b", "line 2, column 1: a quoted field has no end"),
    ("\"a\"b", "column 4: expected a delimiter"), ("a\"b\"", "column 2: a quote within a field"),
  ])
  func faultsHaveAPlace(_ text: String, _ part: String) {
    #expect(fault(Array(text.utf8)).contains(part), "\(fault(Array(text.utf8)))")
    #expect(fault([0x61, 0x2C, 0xFF]).contains("column 3: the field is not valid UTF-8"))
  }

  @Test func textIsReadBack() throws {
    let records = [["", "a b"], [" x", "1,5"], ["\"", "line\nend\r\n"], ["é", ""]]
    #expect(try read(CSV.text(records)) == records)
    #expect(try read(CSV.text(records, delimiter: "\t"), "\t") == records)
    #expect(try read(CSV.text([[""], ["a"]])) == [[""], ["a"]])
  }
}
