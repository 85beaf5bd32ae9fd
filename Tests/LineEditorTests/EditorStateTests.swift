// SPDX-License-Identifier: Apache-2.0
// The effect of keys on text and cursor. `|` marks the cursor.

import LineEditor
import TerminalSupport
import Testing

struct EditorStateTests {
  @Test(arguments: [
    ("one two", [Key.control("a")], "|one two"),
    ("one two", [.home, .control("e")], "one two|"),
    ("one two", [.control("b"), .left], "one t|wo"),
    ("one two", [.home, .control("f"), .right], "on|e two"),
    ("one two", [.meta("b")], "one |two"),
    ("one two", [.home, .meta("f")], "one| two"),
    ("one.two", [.wordLeft, .wordLeft], "|one.two"),
    ("one two", [.home, .wordRight, .wordRight, .wordRight], "one two|"),
    ("one two", [.backspace], "one tw|"),
    ("one two", [.control("h")], "one two|"),
    ("one two", [.home, .delete], "|ne two"),
    ("one two", [.home, .control("d")], "|ne two"),
    ("one two", [.home, .backspace], "|one two"),
    ("one two", [.delete], "one two|"),
    ("one two", [.home, .control("k")], "|"),
    ("one two", [.left, .control("u")], "|o"),
    ("one two", [.control("w")], "one |"),
    ("a.b c.d ", [.control("w")], "a.b |"),
    ("one two", [.home, .meta("d")], "| two"),
    ("a.bc", [.metaBackspace], "a.|"),
    ("abc", [.control("t")], "acb|"),
    ("abc", [.home, .right, .control("t")], "ba|c"),
    ("abc", [.home, .control("t")], "|abc"),
    ("a", [.control("t")], "a|"),
    ("", [.control("t"), .control("k"), .control("w"), .backspace, .left, .meta("b")], "|"),
  ])
  func movesAndEdits(text: String, keys: [Key], shown: String) {
    var editor = makeEditor()
    editor.type(text)
    for key in keys { _ = editor.handle(key) }
    #expect(editor.shown == shown)
  }

  @Test func enterSubmitsOnlyACompleteText() {
    var editor = makeEditor()
    var outcome = editor.type("f{\n")
    #expect(outcome == .editing)
    #expect(editor.shown == "f{\n|")
    outcome = editor.type("}\n")
    #expect(outcome == .submitted("f{\n}"))
    #expect(editor.shown == "|")
  }

  @Test func enterWithinABlockSplitsTheLine() {
    var editor = makeEditor()
    editor.type("f{\na}")
    editor.press(.up, .end)
    var outcome = editor.type("\n")
    #expect(outcome == .editing)
    #expect(editor.shown == "f{\n|\na}")
    editor.press(.down)
    outcome = editor.type("\n")
    #expect(outcome == .submitted("f{\n\na}"))
  }

  @Test func altEnterAlwaysBeginsALine() {
    var editor = makeEditor()
    editor.type("x")
    let outcome = editor.handle(.metaEnter)
    #expect(outcome == .editing)
    #expect(editor.shown == "x\n|")
  }

  @Test func homeEndAndKillStayWithinTheLine() {
    var editor = makeEditor()
    editor.type("ab{\ncd")
    editor.press(.control("a"))
    #expect(editor.shown == "ab{\n|cd")
    editor.press(.up, .control("e"))
    #expect(editor.shown == "ab{|\ncd")
    editor.press(.control("k"))
    #expect(editor.shown == "ab{|cd")
    editor.press(.control("y"))
    #expect(editor.shown == "ab{\n|cd")
  }

  @Test func upAndDownKeepTheColumnWhereTheyCan() {
    var editor = makeEditor()
    editor.type("long{\nx\nlonger")
    editor.press(.up)
    #expect(editor.shown == "long{\nx|\nlonger")
    editor.press(.up)
    #expect(editor.shown == "l|ong{\nx\nlonger")
    editor.press(.down, .down)
    #expect(editor.shown == "long{\nx\nl|onger")
  }

  @Test func cutsInARowGrowOneEntryAndYankGoesRound() {
    var editor = makeEditor()
    editor.type("one two three")
    editor.press(.control("w"), .control("w"))
    #expect(editor.shown == "one |")
    editor.press(.control("y"))
    #expect(editor.shown == "one two three|")
    editor.press(.home, .meta("d"), .control("y"))
    #expect(editor.shown == "one| two three")
    editor.press(.meta("y"))
    #expect(editor.shown == "two three| two three")
    editor.press(.meta("y"))
    #expect(editor.shown == "one| two three")
  }

  @Test func yankOlderNeedsAYankBefore() {
    var editor = makeEditor()
    editor.type("one two")
    editor.press(.control("w"), .control("y"), .left, .meta("y"))
    #expect(editor.shown == "one tw|o")
  }

  @Test func controlCDropsTheTextIntoTheKillRing() {
    var editor = makeEditor()
    editor.type("precious")
    let outcome = editor.handle(.control("c"))
    #expect(outcome == .cancelled)
    #expect(editor.shown == "|")
    editor.press(.control("y"))
    #expect(editor.shown == "precious|")
  }

  @Test func controlDEndsOnlyAnEmptyText() {
    var editor = makeEditor()
    editor.type("x")
    var outcome = editor.handle(.control("d"))
    #expect(outcome == .editing)
    editor.press(.backspace)
    outcome = editor.handle(.control("d"))
    #expect(outcome == .endOfInput)
  }

  @Test func suspendAndClearAreTheCallers() {
    var editor = makeEditor()
    editor.type("x")
    var outcome = editor.handle(.control("z"))
    #expect(outcome == .suspended)
    outcome = editor.handle(.control("l"))
    #expect(outcome == .cleared)
    #expect(editor.shown == "x|")
  }

  @Test func undoTakesBackTypingAsOneStep() {
    var editor = makeEditor()
    editor.type("one")
    editor.press(.control("w"), .control("_"))
    #expect(editor.shown == "one|")
    editor.press(.control("_"))
    #expect(editor.shown == "|")
    editor.press(.control("_"))
    #expect(editor.shown == "|")
  }

  @Test func marksJoinTheirBase() {
    var editor = makeEditor()
    editor.press(.character("e"), .character("\u{301}"), .character("x"))
    #expect(editor.buffer.characters == ["e\u{301}", "x"])
    editor.press(.left, .backspace)
    #expect(editor.shown == "|x")
    // Woman, zero-width joiner, microscope: one character.
    editor.press(.character("\u{1F469}"), .character("\u{200D}"), .character("\u{1F52C}"))
    #expect(editor.buffer.characters == ["\u{1F469}\u{200D}\u{1F52C}", "x"])
    #expect(editor.buffer.cursor == 1)
  }

  @Test func removingBetweenBaseAndMarkJoinsThem() {
    var editor = makeEditor()
    editor.press(.character("e"), .character("-"), .character("\u{301}"))
    #expect(editor.buffer.characters == ["e", "-\u{301}"])
    editor.press(.backspace, .paste("\u{301}"))
    #expect(editor.buffer.characters == ["e\u{301}"])
  }

  @Test func randomKeysKeepTheInvariants() {
    let keys: [Key] =
      [
        .enter, .metaEnter, .tab, .backspace, .metaBackspace, .delete, .left, .right, .up, .down,
        .wordLeft, .wordRight, .home, .end, .pageUp, .pageDown, .escape, .shiftTab,
        .paste("a\r\nb{ \u{301}"), .paste("wane> x{\n...> }\n3"), .character("\u{301}"),
        .character("\u{1F1E9}"), .character("\u{200D}"), .character("漢"), .character("{"),
        .character("}"), .character("x"), .character(" "), .character("\t"), .character("\u{1B}"),
      ] + "abcdefghijklmnopqrstuvwxyz_@".map(Key.control) + "bdfnpy<>".map(Key.meta)
    for seed in 1...60 as ClosedRange<UInt64> {
      var random = SplitMix(seed: seed)
      let editor = makeEditor(history: ["one", "two{\nthree}", "été"]) {
        Completion(replacing: $0.count % 3, with: [.init("xyz"), .init("xya")])
      }
      var screen = Screen(editor, columns: 9, rows: 5)
      for step in 0..<300 {
        let key = keys.randomElement(using: &random) ?? .enter
        let outcome = screen.state.handle(key)
        let buffer = screen.state.buffer
        #expect((0...buffer.characters.count).contains(buffer.cursor), "seed \(seed) step \(step)")
        #expect(buffer.characters == Array(buffer.text), "seed \(seed) step \(step) \(key)")
        if case .submitted(let text) = outcome { screen.state.remember(text) }
        screen.paint()
        #expect(screen.model.unknown == [], "seed \(seed) step \(step)")
      }
    }
  }
}
