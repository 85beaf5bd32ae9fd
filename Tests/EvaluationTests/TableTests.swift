// SPDX-License-Identifier: Apache-2.0
// Tables as golden text, widths of characters, numbers as people read them.

import Evaluation
import Testing

@Suite struct TableTests {
  var table: Table {
    var table = Table(columns: [Table.Column("name", .left), Table.Column("size", unit: "kB"), Table.Column("note", .left)])
    table.append(["fp32", "319.4", "the original"])
    table.append(["日本", "9.0", "wide\nname"])
    table.append(["café", "12345.0", "e\u{301}"])
    return table
  }

  @Test func aligned() {
    var table = table
    table.rules = [0]
    #expect(
      table.text() == """
        name  size (kB)  note
        ─────────────────────────────
        fp32      319.4  the original
        ─────────────────────────────
        日本        9.0  wide name
        café    12345.0  e\u{301}
        """)
    #expect(
      self.table.text(maxWidth: 24, isASCII: true) == """
        name  size (kB)  note
        ------------------------
        fp32      319.4  the or…
        日本        9.0  wide n…
        café    12345.0  e\u{301}
        """)
  }

  @Test func forMachines() {
    #expect(table.tsv() == "name\tsize (kB)\tnote\nfp32\t319.4\tthe original\n日本\t9.0\twide name\ncafé\t12345.0\te\u{301}\n")
    var piped = Table(columns: [Table.Column("a|b", .left), Table.Column("n")])
    piped.append(["x", "1"])
    #expect(piped.markdown() == "| a\\|b | n |\n| --- | ---: |\n| x | 1 |\n")
  }

  @Test(arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("🙂", 2), ("👩‍💻", 2), ("ｱ", 1), ("한", 2), ("", 0), ("µ", 1), ("…", 1)])
  func widths(_ text: String, _ width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test func controlCharactersDoNotReachTheTerminal() {
    #expect(DisplayWidth.printable("a\u{1B}[2Jb\r\nc\u{2028}é") == "a [2Jb c é")
    var table = Table(columns: [Table.Column("name", .left)])
    table.append(["\u{1B}[31mred\u{7}"])
    #expect(table.text() == "name\n─────────\n [31mred")
  }

  @Test func cutting() {
    #expect(DisplayWidth.truncate("日本語", to: 5) == "日本…")
    #expect(DisplayWidth.truncate("日本語", to: 4) == "日…")
    #expect(DisplayWidth.truncate("abc", to: 3) == "abc")
    #expect(DisplayWidth.pad("日", to: 4) == "日  " && DisplayWidth.pad("日", to: 4, right: true) == "  日")
  }

  @Test func numbers() {
    #expect(Quantity.significant(0.00123456, 3) == "0.00123")
    #expect(Quantity.significant(9.996, 3) == "10.0")
    #expect(Quantity.significant(12345, 3) == "12300")
    #expect(Quantity.significant(-0.5, 2) == "-0.50")
    #expect(Quantity.significant(1e-9, 3) == "1.00e-09")
    #expect(Quantity.significant(.nan, 3) == "nan" && Quantity.significant(-.infinity, 3) == "-∞")
    #expect(Quantity.metric(0.99284) == "0.9928" && Quantity.metric(31.4159) == "31.42")
    #expect(Quantity.metric(0) == "0.0000" && Quantity.metric(1.5e-7) == "1.50e-07" && Quantity.metric(.infinity) == "∞")
    let column = Quantity.metrics(like: [3, 48.2, .infinity])
    #expect([3, 48.2, .infinity].map(column) == ["3.00", "48.20", "∞"])
    let small = Quantity.metrics(like: [0, 2e-5, 0.5])
    #expect([0, 2e-5, 0.5].map(small) == ["0", "2.00e-05", "5.00e-01"])
    #expect(Quantity.duration(0.00125) == "1.25 ms" && Quantity.duration(2) == "2.00 s" && Quantity.duration(3e-7) == "300 ns")
    #expect(ByteUnit.fitting(319_360).name == "kB" && ByteUnit.fitting(999).name == "B" && ByteUnit.fitting(0).name == "B")
  }
}
