// SPDX-License-Identifier: Apache-2.0
// The editor as a state machine: keys in, state and outcome out; independent of the terminal.

/// The outcome of a key.
package enum Outcome: Equatable, Sendable {
  /// Editing continues.
  case editing
  /// The text is complete and was submitted; the editor is empty again.
  case submitted(String)
  /// The text was discarded (Ctrl-C); it is in the kill ring.
  case cancelled
  /// Ctrl-D on an empty text: end of input.
  case endOfInput
  /// Ctrl-Z: suspend.
  case suspended
  /// Ctrl-L: clear the screen.
  case cleared
}

/// All state that keys change: text, cursor, history position, search, kill ring.
package struct EditorState {
  package internal(set) var buffer = EditBuffer()
  package internal(set) var history: History
  /// The current search, if any; the match is in ``buffer``.
  package internal(set) var search: HistorySearch?
  /// Labels of the possible completions, shown below the text until the next key.
  package internal(set) var listing: [String] = []

  let hooks: EditorHooks
  let prompts: Prompts
  var kills = KillRing()
  /// Position in the history; `history.entries.count` is the draft.
  var historyPosition: Int
  /// The draft, while older entries are shown.
  var draft = EditBuffer()
  private var undoSteps: [UndoStep] = []
  /// The action of the previous key, if it affects the next one.
  var lastAction = Action.other

  enum Action: Equatable {
    case other, typing, kill
    /// The line was outdented by this many blanks because it closes a block.
    case closing(blanks: Int)
    /// The characters that the last yank inserted before the cursor.
    case yank(count: Int)

    var isTyping: Bool {
      switch self {
      case .typing, .closing: true
      case .other, .kill, .yank: false
      }
    }
  }

  package init(prompts: Prompts, history: History = History(), hooks: EditorHooks = EditorHooks()) {
    self.prompts = prompts
    self.history = history
    self.hooks = hooks
    historyPosition = history.entries.count
  }

  /// Applies one key.
  package mutating func handle(_ key: Key) -> Outcome {
    listing = []
    if let outcome = handleSearching(key) { return outcome }
    let previous = lastAction
    let before = UndoStep(buffer: buffer, historyPosition: historyPosition)
    lastAction = .other
    let outcome = apply(key, after: previous)
    if outcome == .editing, key != .control("_"), before.buffer.characters != buffer.characters,
      !(previous.isTyping && lastAction.isTyping)
    {
      recordUndo(before)
    }
    return outcome
  }

  private mutating func apply(_ key: Key, after previous: Action) -> Outcome {
    switch key {
    case .character(let character):
      buffer.insert(String(character))
      lastAction = .typing
      indentTypedLine(after: previous)
    case .paste(let text): buffer.insert(prompts.stripped(from: text))
    case .enter: return enter()
    case .metaEnter: beginLine()
    case .tab: complete()
    case .control(let letter): return applyControl(letter, after: previous)
    case .meta(let letter): applyMeta(letter, after: previous)
    case .backspace: buffer.remove(buffer.cursor - backspaceCount..<buffer.cursor)
    case .delete: buffer.remove(buffer.cursor..<buffer.cursor + 1)
    case .metaBackspace: kill(from: buffer.wordStart, after: previous)
    case .left: buffer.move(to: buffer.cursor - 1)
    case .right: buffer.move(to: buffer.cursor + 1)
    case .wordLeft: buffer.move(to: buffer.wordStart)
    case .wordRight: buffer.move(to: buffer.wordEnd)
    case .home: buffer.move(to: buffer.lineStart)
    case .end: buffer.move(to: buffer.lineEnd)
    case .up: if !buffer.moveUp() { showHistory(at: historyPosition - 1) }
    case .down: if !buffer.moveDown() { showHistory(at: historyPosition + 1) }
    case .pageUp: showHistory(at: historyPosition - 1)
    case .pageDown: showHistory(at: historyPosition + 1)
    case .shiftTab, .escape: break
    }
    return .editing
  }

  private mutating func applyControl(_ letter: Character, after previous: Action) -> Outcome {
    switch letter {
    case "a": return apply(.home, after: previous)
    case "b": return apply(.left, after: previous)
    case "c":
      kills.add(buffer.text)
      startOver()
      return .cancelled
    case "d":
      if buffer.isEmpty { return .endOfInput }
      return apply(.delete, after: previous)
    case "e": return apply(.end, after: previous)
    case "f": return apply(.right, after: previous)
    case "k":
      // At the end of a line the line break is deleted, joining the next line.
      let end = buffer.cursor == buffer.lineEnd ? buffer.cursor + 1 : buffer.lineEnd
      kill(to: end, after: previous)
    case "l": return .cleared
    case "n": return apply(.down, after: previous)
    case "p": return apply(.up, after: previous)
    case "r", "s": startSearch()
    case "t": buffer.transpose()
    case "u": kill(from: buffer.lineStart, after: previous)
    case "w": kill(from: buffer.blankDelimitedWordStart, after: previous)
    case "y": yank()
    case "z": return .suspended
    case "_": undo()
    default: break
    }
    return .editing
  }

  private mutating func applyMeta(_ letter: Character, after previous: Action) {
    switch letter {
    case "b", "B": buffer.move(to: buffer.wordStart)
    case "d", "D": kill(to: buffer.wordEnd, after: previous)
    case "f", "F": buffer.move(to: buffer.wordEnd)
    case "n": showHistory(at: historyPosition + 1)
    case "p": showHistory(at: historyPosition - 1)
    case "y": yankOlder(after: previous)
    case "<": showHistory(at: 0)
    case ">": showHistory(at: history.entries.count)
    default: break
    }
  }

  /// Submits a complete text if the cursor is on its last line; otherwise inserts a line break.
  private mutating func enter() -> Outcome {
    guard buffer.isOnLastLine, buffer.isEmpty || hooks.isComplete(buffer.text) else {
      beginLine()
      return .editing
    }
    let text = buffer.text
    startOver()
    return .submitted(text)
  }

  /// Adds an input to the history and moves to its end.
  ///
  /// - Returns: whether it was added; see ``History/add(_:)``.
  @discardableResult
  package mutating func remember(_ text: String) -> Bool {
    let added = history.add(text)
    historyPosition = history.entries.count
    return added
  }

  private mutating func startOver() {
    buffer = EditBuffer()
    draft = EditBuffer()
    historyPosition = history.entries.count
    undoSteps = []
    lastAction = .other
  }
}

// Undo in steps of one edit; consecutively typed characters are one edit.
extension EditorState {
  struct UndoStep {
    let buffer: EditBuffer
    let historyPosition: Int
  }

  private static let undoLimit = 1000

  private mutating func recordUndo(_ step: UndoStep) {
    undoSteps.append(step)
    if undoSteps.count > Self.undoLimit { undoSteps.removeFirst() }
  }

  private mutating func undo() {
    guard let step = undoSteps.popLast() else { return }
    buffer = step.buffer
    historyPosition = step.historyPosition
  }
}
