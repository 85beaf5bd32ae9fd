// SPDX-License-Identifier: Apache-2.0
// Reads inputs from a terminal with the editor: connects decoder, state, painter and history file.

/// The interactive editor on a terminal.
package final class EditingReader: InputReader {
  private let terminal: Terminal
  private var historyFile: HistoryFile?
  private let warn: (LineEditorError) -> Void
  private let isColored: Bool
  private var state: EditorState
  private var painter = Painter()
  private var decoder = KeyDecoder()

  /// Timeout for the rest of an escape sequence, in milliseconds: over a slow connection its bytes
  /// arrive separately, and a user who presses Escape should not wait.
  private static let escapeTime: Int32 = 50

  /// - Parameters:
  ///   - historyFile: `nil` keeps the history in memory only.
  ///   - warn: called once if the history file cannot be used; the session continues without it.
  package init(
    terminal: Terminal, prompts: Prompts, hooks: EditorHooks, historyFile: HistoryFile?,
    isColored: Bool, warn: @escaping (LineEditorError) -> Void
  ) {
    self.terminal = terminal
    self.historyFile = historyFile
    self.isColored = isColored
    self.warn = warn
    state = EditorState(prompts: prompts, hooks: hooks)
    withHistoryFile { (file) throws(LineEditorError) in
      let history = try file.load()
      state = EditorState(prompts: prompts, history: history, hooks: hooks)
    }
  }

  package func read() throws(LineEditorError) -> Input {
    try terminal.enterRawMode()
    terminal.write(Painter.freshLine(in: frame))
    let input = edit()
    terminal.leaveRawMode()
    if case .text(let text) = input, state.remember(text) {
      withHistoryFile { (file) throws(LineEditorError) in try file.append(text) }
    }
    return input
  }

  private func withHistoryFile(_ use: (HistoryFile) throws(LineEditorError) -> Void) {
    guard let file = historyFile else { return }
    do {
      try use(file)
    } catch {
      historyFile = nil
      warn(error)
    }
  }

  private var frame: Frame {
    let size = terminal.size
    return Frame(columns: size.columns, rows: size.rows, isColored: isColored)
  }

  private func edit() -> Input {
    var isStale = true
    while true {
      // Pending keys are applied before painting, so that they are painted once.
      if isStale, decoder.isAtRest, !terminal.hasInput {
        terminal.write(painter.paint(state, in: frame))
        isStale = false
      }
      switch terminal.nextEvent(within: decoder.awaitsEscape ? Self.escapeTime : nil) {
      case .byte(let byte):
        for key in decoder.feed(byte) {
          if let input = apply(key) { return input }
        }
      case .timeout:
        if let key = decoder.timeout(), let input = apply(key) { return input }
      case .interrupted:
        if let input = apply(.control("c")) { return input }
      case .resumed: painter.forget()
      case .resized: break
      case .ended: return leave(with: .endOfInput)
      case .terminated(let signal): return leave(with: .terminated(signal: signal))
      }
      isStale = true
    }
  }

  private func apply(_ key: Key) -> Input? {
    let shown = state
    switch state.handle(key) {
    case .editing: return nil
    case .submitted(let text): return leave(with: .text(text), showing: shown)
    case .cancelled: return leave(with: .cancelled, showing: shown, mark: "^C")
    case .endOfInput: return leave(with: .endOfInput)
    case .cleared:
      terminal.write(painter.clear(state, in: frame))
      return nil
    case .suspended:
      terminal.write(painter.finish(state, in: frame))
      terminal.suspend()
      return nil
    }
  }

  /// Paints the text a last time, as it was before the key that ended it.
  private func leave(with input: Input, showing shown: EditorState? = nil, mark: String = "")
    -> Input
  {
    var last = shown ?? state
    last.search = nil
    terminal.write(painter.finish(last, in: frame, mark: mark))
    decoder = KeyDecoder()
    return input
  }
}
