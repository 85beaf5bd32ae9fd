// SPDX-License-Identifier: Apache-2.0
// The session of the prompt: reads an input, runs it, displays its values, and repeats.

import LineEditor
import LuaHost
import Platform

/// The reason why a session ended.
package enum SessionEnd: Equatable, Sendable {
  case endOfInput
  /// `os.exit`.
  case exit(status: Int32)
  /// SIGTERM or SIGHUP, whose default action follows after cleaning up.
  case terminated(signal: Int32)
}

/// An interactive session with an interpreter.
///
/// Errors and interrupts end an input, never the session.
package final class Session {
  let interpreter: Interpreter
  let console: Console
  let values: ValueReader
  /// The text that `help()` prints first.
  let tour: String
  /// The text that is printed before the first prompt on a terminal.
  let banner: String
  private let allowsShell: Bool
  /// The value that the session last stored in `_`. If a script assigns it, the session no longer changes it.
  var lastValue = ValueIdentity.nothing
  /// The same for `__`, the previous value.
  var valueBeforeLast = ValueIdentity.nothing
  /// The local variables of earlier inputs.
  let scope: SessionScope

  static let prompts = Prompts(primary: "wane> ", continuation: "...> ")
  static let chunkName = "=stdin"
  /// The time in seconds after which the elapsed time of an input is reported.
  static let notableTime = 0.5

  /// Also registers the session's functions as globals of the interpreter.
  ///
  /// - Parameters:
  ///   - tour: the text that `help()` prints first, an introduction to the available functions.
  ///   - banner: the text that is printed before the first prompt on a terminal.
  ///   - allowsShell: whether `!command` is run by the shell.
  /// - Throws: `LuaError` if the interpreter has lost its standard library.
  package init(
    _ interpreter: Interpreter, console: Console, tour: String = "", banner: String = "", allowsShell: Bool = true
  ) throws {
    self.interpreter = interpreter
    self.tour = tour
    self.banner = banner
    self.allowsShell = allowsShell
    self.console = console
    values = try ValueReader(interpreter)
    scope = SessionScope(interpreter)
    interpreter.scope = scope
    interpreter.screen = { console.frame }
    try interpreter.register(globals: try Self.functions(console, interpreter, tour: tour))
    presentsThroughConsole()
  }

  /// The hooks of the editor for Lua.
  package var hooks: EditorHooks {
    EditorHooks(
      isComplete: { [unowned self] in isComplete($0) },
      complete: { [unowned self] in complete($0) },
      highlight: Self.highlights, hint: { [unowned self] in hint($0) },
      indentation: { LuaIndentation.blanks(before: $1, after: $0) })
  }

  /// Reads and runs inputs until the end of input, `os.exit` or a signal.
  ///
  /// - Throws: `LineEditorError.terminal`.
  package func run(_ reader: any InputReader) throws -> SessionEnd {
    defer { finish() }
    while true {
      switch try reader.read() {
      case .text(let text): if let end = evaluate(text) { return end }
      case .cancelled: continue
      case .endOfInput: return .endOfInput
      case .terminated(let signal): return .terminated(signal: signal)
      }
    }
  }

  /// Runs an input and displays its values, its error, or that it was interrupted.
  ///
  /// - Returns: `nil` to continue.
  package func evaluate(_ text: String) -> SessionEnd? {
    reporting(text) { try execute(text) }
  }

  /// Runs an input and displays its values.
  ///
  /// - Throws: `LuaError`, `LuaSyntaxError`, `LuaInterrupted`, `LuaExit`, and other errors that ``message(of:in:)``
  ///   can describe.
  package func execute(_ typed: String) throws {
    let text = Self.prompts.stripped(from: typed)
    interpreter.input = (interpreter.input ?? 0) + 1
    switch SessionInput(text) {
    case .blank: break
    case .leave(let word):
      // A variable with the name of a command takes precedence over the command.
      guard interpreter.variable(named: word).isNil else { return try run(LuaInput(text)) }
      throw LuaExit(status: 0)
    case .help(let topic): try showHelp(topic)
    case .shell(let command): try shell(command)
    case .lua(let input):
      for part in try parts(of: input) { try run(part) }
      console.write("")  // flushes output of the script
    }
  }

  /// Closes the `<close>` variables of the session and prints their errors.
  package func finish() {
    for error in scope.close() { warn(message(of: error, in: "")) }
  }

  /// Clears an interrupt that arrived after the end of its input.
  package func forgetInterrupt() { interpreter.clearInterrupt() }

  /// Runs the user's start file before the first prompt, and reports its errors.
  package func runInitFile(_ path: String) -> SessionEnd? {
    reporting("") { try interpreter.runFile(path) }
  }

  private func reporting(_ input: String, _ body: () throws -> Void) -> SessionEnd? {
    do {
      try body()
    } catch let exit as LuaExit {
      return .exit(status: exit.status)
    } catch let interrupted as LuaInterrupted {
      interpreter.clearInterrupt()
      if interrupted.terminating { return .terminated(signal: SIGTERM) }
      // The terminal has written ^C at the cursor.
      if console.isTerminal { console.warn("\n") }
      warn("interrupted")
    } catch {
      warn(message(of: error, in: input))
    }
    return nil
  }

  /// Writes an error or remark to standard error, with the first line colored.
  func warn(_ message: String) {
    let lines = message.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let first = console.colors.err ? "\u{1B}[31m\(lines[0])\u{1B}[0m" : String(lines[0])
    console.warn(([first] + lines.dropFirst().map(String.init)).joined(separator: "\n") + "\n")
  }

  /// Writes a remark to standard error.
  func remark(_ message: String) {
    console.warn(console.colors.err ? "\u{1B}[2m\(message)\u{1B}[0m\n" : message + "\n")
  }

  private func shell(_ command: String) throws {
    guard allowsShell else { throw LuaError(.unsupported, "safe mode runs no shell") }
    guard !command.isEmpty else { return }
    console.write("")  // flushes remaining output
    if let folder = ShellCommand.folder(ofChange: command) {
      return try remark(ShellCommand.change(to: folder))
    }
    if let remark = ShellCommand(text: command).run() { warn("[\(remark)]") }
  }
}
