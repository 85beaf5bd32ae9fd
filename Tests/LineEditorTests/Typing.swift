// SPDX-License-Identifier: Apache-2.0
// Support for driving an editor in tests.

import LineEditor
import TextLayout
import TerminalSupport

let testPrompts = Prompts(primary: "wane> ", continuation: "...> ")

/// An editor for tests: a text is complete when its braces are closed.
func makeEditor(
  history: [String] = [], complete: @escaping (String) -> Completion = { _ in .none }
) -> EditorState {
  EditorState(
    prompts: testPrompts, history: History(history),
    hooks: EditorHooks(
      isComplete: { $0.count { $0 == "{" } <= $0.count { $0 == "}" } }, complete: complete))
}

extension EditorState {
  /// Types each character of `text`; `"\n"` is Enter.
  @discardableResult
  mutating func type(_ text: String) -> Outcome {
    var outcome = Outcome.editing
    for character in text {
      outcome = handle(character == "\n" ? .enter : .character(character))
    }
    return outcome
  }

  mutating func press(_ keys: Key...) {
    for key in keys { _ = handle(key) }
  }

  /// The text with `|` where the cursor stands.
  var shown: String {
    var characters = buffer.characters
    characters.insert("|", at: buffer.cursor)
    return String(characters)
  }
}

/// An editor, its painter and the terminal it paints on.
struct Screen {
  var state: EditorState
  var painter = Painter()
  var model: ScreenModel
  var frame: Frame

  init(_ state: EditorState, columns: Int, rows: Int) {
    self.state = state
    model = ScreenModel(columns: columns, rows: rows, width: \.terminalWidth)
    frame = Frame(columns: columns, rows: rows)
  }

  mutating func paint() {
    model.feed(painter.paint(state, in: frame))
  }

  mutating func type(_ text: String) {
    for character in text {
      state.type(String(character))
      paint()
    }
  }

  mutating func press(_ keys: Key...) {
    for key in keys {
      _ = state.handle(key)
      paint()
    }
  }
}
