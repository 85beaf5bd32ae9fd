// SPDX-License-Identifier: Apache-2.0
// The output of the painter, and the resulting content of the terminal.

import LineEditor
import TerminalSupport
import Testing

struct PainterTests {
  @Test func goldenBytes() {
    var editor = makeEditor()
    var painter = Painter()
    let frame = Frame(columns: 10, rows: 5, isColored: false)
    var painted = painter.paint(editor, in: frame)
    #expect(painted == "\r\u{1B}[K\u{1B}[C\u{1B}[J\rwane> \r\u{1B}[6C")
    editor.type("abcd")
    // The row is full, so the cursor is on the next row.
    painted = painter.paint(editor, in: frame)
    #expect(painted == "\r\u{1B}[K\u{1B}[C\u{1B}[J\rwane> abcd\r\n\r")
    editor.press(.left)
    painted = painter.paint(editor, in: frame)
    #expect(painted == "\u{1B}[1A\r\u{1B}[K\u{1B}[C\u{1B}[J\rwane> abcd\r\u{1B}[9C")
    painted = painter.finish(editor, in: frame, mark: "^C")
    #expect(painted == "\r\u{1B}[K\u{1B}[C\u{1B}[J\rwane> abcd^C\r\n")
  }

  @Test func colorsOnlyThePrompt() {
    var editor = EditorState(prompts: Prompts(primary: "> ", continuation: "> "))
    editor.type("x")
    var painter = Painter()
    let painted = painter.paint(editor, in: Frame(columns: 10, rows: 5, isColored: true))
    #expect(painted == "\r\u{1B}[K\u{1B}[C\u{1B}[J\r\u{1B}[1;34m> \u{1B}[0mx\r\u{1B}[3C")
  }

  @Test func highlightedPartsHaveTheirCodesAroundThem() {
    let hooks = EditorHooks(highlight: { text in
      [Highlight(0..<2, .keyword), Highlight(3..<min(6, text.count), .string)]
    })
    var editor = EditorState(prompts: Prompts(primary: "> ", continuation: "> "), hooks: hooks)
    editor.type("if 漢b c")
    var painter = Painter()
    let painted = painter.paint(editor, in: Frame(columns: 20, rows: 5, isColored: true))
    #expect(
      painted
        == "\r\u{1B}[K\u{1B}[C\u{1B}[J\r\u{1B}[1;34m> \u{1B}[0m\u{1B}[35mif\u{1B}[0m \u{1B}[32m漢b \u{1B}[0mc\r\u{1B}[10C")
    // Styles continue on the next row, and none extends beyond the end of a row.
    painter = Painter()
    let broken = painter.paint(editor, in: Frame(columns: 8, rows: 5, isColored: true))
    #expect(broken.contains("\u{1B}[32m漢b\u{1B}[0m\r\n\u{1B}[32m \u{1B}[0mc"))
    // Without colors there are no escape codes.
    painter = Painter()
    #expect(!painter.paint(editor, in: Frame(columns: 20, rows: 5)).contains("m"))
  }

  private func hinting(_ hint: @escaping (String) -> String?) -> EditorState {
    EditorState(
      prompts: testPrompts, hooks: EditorHooks(isComplete: { !$0.contains("{") }, hint: hint))
  }

  @Test func hintStandsBelowTheText() {
    var screen = Screen(hinting { $0.hasSuffix("(") ? "call(x)" : nil }, columns: 20, rows: 6)
    screen.type("f(")
    #expect(screen.model.lines == ["wane> f(", "call(x)"])
    #expect(screen.model.cursor == (0, 8))
    screen.type("1")
    #expect(screen.model.lines == ["wane> f(1"])
    screen.press(.left)
    #expect(screen.model.lines == ["wane> f(1", "call(x)"])
    screen.press(.control("r"))
    #expect(screen.model.lines.count == 1, "searching shows no hint")
    screen.press(.escape)
    screen.model.feed(screen.painter.finish(screen.state, in: screen.frame))
    #expect(screen.model.lines == ["wane> f(1"], "what was run stands without its hint")
  }

  @Test func longHintIsCutAndCannotSteerTheTerminal() {
    var screen = Screen(hinting { _ in "a\u{1B}[2J漢漢漢漢漢漢\nsecond" }, columns: 16, rows: 6)
    screen.type("f")
    #expect(screen.model.lines == ["wane> f", "a^[[2J漢漢漢漢…"])
  }

  @Test func hintGivesWayToTextAndList() {
    var editor = EditorState(
      prompts: testPrompts,
      hooks: EditorHooks(
        isComplete: { _ in false },
        complete: { _ in Completion(replacing: 0, with: (1...20).map { .init("\($0)x") }) },
        hint: { _ in "hint" }))
    editor.press(.paste("1\n2\n3"))
    for rows in 1...8 {
      var screen = Screen(editor, columns: 12, rows: rows)
      screen.paint()
      #expect(screen.model.lines[screen.model.cursor.row] == " ...> 3", "\(rows) rows")
      #expect(screen.model.lines.contains("hint") == (rows > 3), "\(rows) rows")
      screen.press(.tab)
      #expect(screen.model.lines[screen.model.cursor.row] == " ...> 3", "\(rows) rows, listing")
      #expect(screen.model.scrollback == [])
    }
  }

  @Test func wrapsLongLines() {
    var screen = Screen(makeEditor(), columns: 10, rows: 6)
    screen.type("abcdefghijklmn")
    #expect(screen.model.lines == ["wane> abcd", "efghijklmn"])
    #expect(screen.model.cursor == (2, 0))
    screen.press(.home)
    #expect(screen.model.cursor == (0, 6))
    screen.press(.end, .backspace)
    #expect(screen.model.lines == ["wane> abcd", "efghijklm"])
    #expect(screen.model.cursor == (1, 9))
  }

  @Test func wideCharactersDoNotStraddleRows() {
    var screen = Screen(makeEditor(), columns: 9, rows: 5)
    screen.type("漢字x")
    #expect(screen.model.lines == ["wane> 漢", "字x"])
    screen.press(.left, .left)
    #expect(screen.model.cursor == (1, 0))
  }

  @Test func blocksStandUnderEachOther() {
    var screen = Screen(makeEditor(), columns: 20, rows: 6)
    screen.type("f{\na\tb\n")
    #expect(screen.model.lines == ["wane> f{", " ...> a   b", " ...>"])
    #expect(screen.model.cursor == (2, 6))
    screen.press(.up, .up, .control("d"))
    #expect(screen.model.lines == ["wane> {", " ...> a   b", " ...>"])
    #expect(screen.model.cursor == (0, 6))
  }

  @Test func shorterTextLeavesNothingBehind() {
    var screen = Screen(makeEditor(history: ["short", "f{\nlonger\nblock}"]), columns: 20, rows: 8)
    screen.press(.up)
    #expect(screen.model.lines.count == 3)
    screen.press(.pageUp)
    #expect(screen.model.lines == ["wane> short"])
  }

  @Test func showsTheSearchAndItsFailure() {
    var screen = Screen(makeEditor(history: ["load"]), columns: 30, rows: 4)
    screen.press(.control("r"))
    screen.type("oa")
    #expect(screen.model.lines == ["(search)`oa': load"])
    screen.type("x")
    #expect(screen.model.lines == ["(no match)`oax': load"])
    screen.press(.escape)
    #expect(screen.model.lines == ["wane>"])
  }

  @Test func listsCompletionsInColumnsBelow() {
    let names = ["alpha", "beta", "gamma", "delta", "epsilon"]
    let editor = makeEditor { _ in Completion(replacing: 0, with: names.map { .init($0) }) }
    var screen = Screen(editor, columns: 20, rows: 8)
    screen.press(.tab)
    #expect(screen.model.lines == ["wane>", "alpha    delta", "beta     epsilon", "gamma"])
    #expect(screen.model.cursor == (0, 6))
    screen.type("x")
    #expect(screen.model.lines == ["wane> x"])
  }

  @Test func longListIsCutWithItsCount() {
    let names = (10..<40).map { "\($0)name" }
    let editor = makeEditor { _ in Completion(replacing: 0, with: names.map { .init($0) }) }
    var screen = Screen(editor, columns: 10, rows: 6)
    screen.press(.tab)
    #expect(screen.model.lines == ["wane>", "10name", "11name", "12name", "13name", "… 26 more"])
    #expect(screen.model.scrollback == [])
  }

  @Test func textHigherThanTheScreenShowsThePartAroundTheCursor() {
    var screen = Screen(makeEditor(), columns: 12, rows: 3)
    screen.press(.paste("{\n2\n3\n4\n5"))
    #expect(screen.model.lines == [" ...> 3", " ...> 4", " ...> 5"])
    screen.press(.up, .up, .up, .up)
    #expect(screen.model.lines == ["wane> {", " ...> 2", " ...> 3"])
    #expect(screen.model.cursor == (0, 7))
    #expect(screen.model.scrollback == [])
    screen.model.feed(screen.painter.finish(screen.state, in: screen.frame))
    #expect(
      screen.model.scrollback + screen.model.lines
        == ["wane> {", " ...> 2", " ...> 3", " ...> 4", " ...> 5"])
  }

  @Test func narrowerTerminalIsRepaintedInPlace() {
    var screen = Screen(makeEditor(), columns: 20, rows: 10)
    screen.model.feed("output before\r\n")
    screen.type("abcdefghijklmnopqrst{\nxyz")
    #expect(
      screen.model.lines == ["output before", "wane> abcdefghijklmn", "opqrst{", " ...> xyz"])
    screen.model.narrow(to: 14)
    screen.frame = Frame(columns: 14, rows: 10)
    screen.paint()
    #expect(
      screen.model.lines
        == ["output before", "wane> abcdefgh", "ijklmnopqrst{", " ...> xyz"])
    #expect(screen.model.cursor == (3, 9))
  }

  @Test func aRowThatIsExactlyFullAfterNarrowingIsOneRow() {
    var screen = Screen(makeEditor(), columns: 20, rows: 10)
    screen.model.feed("output before\r\n")
    screen.type("abcdefghijklmnop{\nxyzuvwx")
    screen.model.narrow(to: 13)
    screen.frame = Frame(columns: 13, rows: 10)
    screen.paint()
    #expect(screen.model.lines == ["output before", "wane> abcdefg", "hijklmnop{", " ...> xyzuvwx"])
  }

  @Test func controlCharactersAreShownNotObeyed() {
    var screen = Screen(makeEditor(), columns: 20, rows: 4)
    screen.press(.paste("a\u{1B}[2Jb\u{7F}\u{9B}c"), .paste("\u{200B}"))
    #expect(screen.model.text.hasPrefix("wane> a^[[2Jb^?\u{FFFD}c"))
  }

  @Test func promptStartsOnARowOfItsOwn() {
    var screen = Screen(makeEditor(), columns: 12, rows: 4)
    screen.model.feed("no end")
    screen.model.feed(Painter.freshLine(in: screen.frame))
    screen.paint()
    #expect(screen.model.lines == ["no end%", "wane>"])
    screen = Screen(makeEditor(), columns: 12, rows: 4)
    screen.model.feed("line\r\n")
    screen.model.feed(Painter.freshLine(in: screen.frame))
    screen.paint()
    #expect(screen.model.lines == ["line", "wane>"])
  }

  @Test func clearPutsTheTextOnTop() {
    var screen = Screen(makeEditor(), columns: 12, rows: 4)
    screen.model.feed("old\r\n")
    screen.type("x")
    screen.model.feed(screen.painter.clear(screen.state, in: screen.frame))
    #expect(screen.model.lines == ["wane> x"])
    let kept = screen.model.scrollback
    screen.type("y")
    #expect(screen.model.lines == ["wane> xy"])
    // Keys at the top of the screen do not scroll lines off the screen.
    #expect(screen.model.scrollback == kept)
  }

  /// For any sequence of keys and repaints, the screen equals a fresh painting on an empty screen.
  @Test func incrementalPaintingEqualsFreshPainting() {
    let keys: [Key] =
      [
        .metaEnter, .backspace, .up, .down, .home, .end, .wordLeft, .control("k"), .control("y"),
        .control("r"), .escape, .paste("lorem ipsum"), .character("漢"), .character("x"),
      ]
    for seed in 1...40 as ClosedRange<UInt64> {
      var random = SplitMix(seed: seed)
      var screen = Screen(makeEditor(history: ["one", "two\nthree"]), columns: 11, rows: 7)
      for step in 0..<120 {
        screen.press(keys.randomElement(using: &random) ?? .home)
        var fresh = Screen(screen.state, columns: 11, rows: 7)
        fresh.paint()
        #expect(screen.model.lines == fresh.model.lines, "seed \(seed) step \(step)")
        #expect(
          screen.model.cursor.column == fresh.model.cursor.column, "seed \(seed) step \(step)")
      }
    }
  }
}
