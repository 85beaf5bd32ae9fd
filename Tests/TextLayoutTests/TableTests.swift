// SPDX-License-Identifier: Apache-2.0
// Tables as golden text, widths of characters, fitting text to a width.

import Testing
import TextLayout

struct TableTests {
  private var table: Table {
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
        日本        9.0  wide\\nname
        café    12345.0  e\u{301}
        """)
  }

  @Test func wideTextsAreCutInTheirMiddle() {
    var table = Table(columns: [Table.Column("weight", .left), Table.Column("operator", .left, dispensable: true), Table.Column("bytes")])
    table.append(["encoder_layer_0_attention_query_weight_to_fp16", "linear", "589824"])
    table.append(["b", "conv", "7"])
    let wide = table.text(maxWidth: 42).split(separator: "\n")
    #expect(
      wide[2].hasPrefix("encoder_lay") && wide[2].contains("…") && wide[2].contains("_to_fp16  linear") && wide[2].hasSuffix("589824"))
    #expect(wide[0].contains("operator") && DisplayWidth.of(wide[1]) == 42)
    let narrow = table.text(maxWidth: 24).split(separator: "\n")
    #expect(!narrow[0].contains("operator") && narrow[2].hasPrefix("encoder") && narrow[2].hasSuffix("_fp16  589824"))
    #expect(table.text(maxWidth: 10).split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= 10 })
    #expect(table.text(maxWidth: 100) == table.text())
  }

  @Test(arguments: [20, 30, 60, 80, 200])
  func noLineIsWiderThanAsked(width: Int) {
    var table = Table(columns: [
      Table.Column("a", .left), Table.Column("b", .left), Table.Column("number"), Table.Column("c", .left, dispensable: true),
    ])
    for i in 1...5 { table.append([String(repeating: "名x", count: i * 9), String(repeating: "b", count: 70), "\(i)", "c"]) }
    #expect(table.text(maxWidth: width).split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= width })
  }

  @Test func asManyRowsAsFit() {
    var table = Table(columns: [Table.Column("n")])
    for i in 1...100 { table.append(["\(i)"]) }
    let text = table.text(in: DisplayFrame(columns: 80, rows: 24), others: 1, remedy: "all shows more")
    #expect(text.split(separator: "\n").count <= 19)
    #expect(text.hasSuffix("more of 100; all shows more"))
    #expect(table.text(in: .whole) == table.text())
    #expect(table.text(in: DisplayFrame(columns: 80, rows: 200)) == table.text())
  }

  @Test(arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("🙂", 2), ("👩‍💻", 2), ("ｱ", 1), ("한", 2), ("", 0), ("µ", 1), ("…", 1)])
  func widths(_ text: String, _ width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test func controlCharactersDoNotReachTheTerminal() {
    #expect(DisplayWidth.printable("a\u{1B}[2Jb\r\nc\u{2028}é\u{202E}\u{9B}\t") == "a\\x1b[2Jb\\r\\nc\\u{2028}é\\u{202e}\\u{9b}\\t")
    #expect("a\tb\n\u{7}".escapingControls(keepingLines: true) == "a\tb\n\\x07")
    #expect(DisplayWidth.printable("👩‍💻") == "👩‍💻")
    var table = Table(columns: [Table.Column("name", .left)])
    table.append(["\u{1B}[31mred\u{7}"])
    #expect(table.text() == "name\n" + String(repeating: "─", count: 15) + "\n\\x1b[31mred\\x07")
  }

  @Test func cutting() {
    #expect(DisplayWidth.truncate("日本語", to: 5) == "日本…")
    #expect(DisplayWidth.truncate("日本語", to: 4) == "日…")
    #expect(DisplayWidth.truncate("abc", to: 3) == "abc")
    #expect(DisplayWidth.shorten("abcdefghij", to: 7) == "abc…hij")
    #expect(DisplayWidth.shorten("日本語日本語", to: 8) == "日…本語")
    #expect(DisplayWidth.shorten("abcdef", to: 3) == "ab…" && DisplayWidth.shorten("abc", to: 3) == "abc")
    #expect(DisplayWidth.pad("日", to: 4) == "日  " && DisplayWidth.pad("日", to: 4, right: true) == "  日")
  }
}
