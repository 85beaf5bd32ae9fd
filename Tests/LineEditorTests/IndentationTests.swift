// SPDX-License-Identifier: Apache-2.0
// Automatic indentation of lines.

import LineEditor
import Testing

struct IndentationTests {
  /// Indents by two spaces for every open brace. A line that starts with `}` or is `end` has the indentation of its
  /// opening.
  private func makeEditor() -> EditorState {
    func depth(_ text: String) -> Int { text.count { $0 == "{" } - text.count { $0 == "}" } }
    return EditorState(
      prompts: testPrompts,
      hooks: EditorHooks(
        isComplete: { depth($0) <= 0 },
        indentation: { before, line in
          2 * (depth(before) - (line.hasPrefix("}") || line == "end" ? 1 : 0))
        }))
  }

  private func shown(_ keys: [Key]) -> String {
    var editor = makeEditor()
    for key in keys { _ = editor.handle(key) }
    return editor.shown
  }

  private func keys(_ text: String) -> [Key] { text.map { $0 == "⏎" ? .enter : .character($0) } }

  @Test(arguments: [
    ("f{⏎", "f{\n  |"),
    ("f{⏎a⏎", "f{\n  a\n  |"),
    ("f{⏎g{⏎", "f{\n  g{\n    |"),
    ("f{⏎g{⏎}", "f{\n  g{\n  }|"),
    ("f{⏎g{⏎}⏎", "f{\n  g{\n  }\n  |"),
    ("f{⏎end", "f{\nend|"),
    ("f{⏎ending", "f{\n  ending|"),
    ("f{⏎end x", "f{\nend x|"),
    ("f{⏎x end", "f{\n  x end|"),
    ("f{⏎end⏎end", "f{\nend\nend|"),
    ("end", "end|"),
  ])
  func linesAreIndentedAsTheyAreTyped(typed: String, text: String) {
    #expect(shown(keys(typed)) == text)
  }

  @Test func blanksBeforeTheRestOfALineStayBehind() {
    #expect(shown(keys("f{ a b") + [.wordLeft, .wordLeft, .enter]) == "f{ \n  |a b")
    #expect(shown(keys("f{   a") + [.left, .left, .left, .enter]) == "f{ \n  |a")
    #expect(shown(keys("f{x") + [.left, .metaEnter]) == "f{\n  |x")
  }

  @Test func backspaceTakesAStep() {
    #expect(shown(keys("f{⏎g{⏎") + [.backspace]) == "f{\n  g{\n  |")
    #expect(shown(keys("f{⏎g{⏎") + [.character(" "), .backspace]) == "f{\n  g{\n    |")
    #expect(shown(keys("f{⏎") + [.backspace, .backspace]) == "f{|")
    #expect(shown(keys("f{⏎a") + [.home, .right, .right, .backspace]) == "f{\n|a")
    #expect(shown(keys("f{⏎a  ") + [.backspace]) == "f{\n  a |")
    #expect(shown(keys("    ") + [.backspace]) == "   |", "a first line has no steps")
  }

  @Test func tabIndentsABlankLine() {
    #expect(shown(keys("f{⏎") + [.tab]) == "f{\n    |")
  }

  @Test func pastedTextKeepsItsBlanks() {
    #expect(shown(keys("f{⏎") + [.paste("a\n      b\nend")]) == "f{\n  a\n      b\nend|")
  }

  @Test func oneUndoTakesBackTypingAndMoving() {
    #expect(shown(keys("f{⏎end") + [.control("_")]) == "f{\n  |")
    #expect(shown(keys("f{⏎ending") + [.control("_")]) == "f{\n  |")
  }
}
