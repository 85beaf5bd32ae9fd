// SPDX-License-Identifier: Apache-2.0
// The session behind the prompt: reads an input, runs it, shows its values, goes on.

import LineEditor
import LuaHost
import Platform

/// Why a session ended.
package enum SessionEnd: Equatable, Sendable {
  case endOfInput
  /// `os.exit`.
  case exit(status: Int32)
  /// SIGTERM or SIGHUP, to be let act after cleaning up.
  case terminated(signal: Int32)
}

/// A conversation with one interpreter.
///
/// Errors and interrupts end an input, never the session.
package final class Session {
  let interpreter: Interpreter
  let console: Console
  let values: ValueReader
  /// What `help()` says first.
  let tour: String
  /// The text that is printed before the first prompt on a terminal.
  let banner: String
  private let allowsShell: Bool
  /// What the session last put into `_`; once a script puts something else there, it is left alone.
  var lastValue = ValueIdentity.nothing
  /// The same for `__`, the value before.
  var valueBeforeLast = ValueIdentity.nothing
  /// The local variables of earlier inputs.
  let scope: SessionScope

  static let prompts = Prompts(primary: "wane> ", continuation: "...> ")
  static let chunkName = "=stdin"
  /// Seconds after which the time an input took is told.
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

  /// What the editor asks about Lua.
  package var hooks: EditorHooks {
    EditorHooks(
      isComplete: { [unowned self] in isComplete($0) },
      complete: { [unowned self] in complete($0) },
      highlight: Self.highlights, hint: { [unowned self] in hint($0) },
      indentation: { LuaIndentation.blanks(before: $1, after: $0) })
  }

  /// Reads and runs inputs until the input ends, `os.exit` or a signal.
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

  /// Runs one input and shows its values, its error, or that it was interrupted.
  ///
  /// - Returns: `nil` to go on.
  package func evaluate(_ text: String) -> SessionEnd? {
    reporting(text) { try execute(text) }
  }

  /// Runs one input and shows its values.
  ///
  /// - Throws: `LuaError`, `LuaSyntaxError`, `LuaInterrupted`, `LuaExit`, and what ``message(of:in:)`` can word.
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
      console.write("")  // brings out what a script left in a buffer
    }
  }

  /// Closes the `<close>` variables of the session and prints their errors.
  package func finish() {
    for error in scope.close() { warn(message(of: error, in: "")) }
  }

  /// Forgets an interrupt that came too late for the input it was meant for.
  package func forgetInterrupt() { interpreter.clearInterrupt() }

  /// Runs a file of the user's before the first prompt; its errors are told.
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
      // The terminal has written ^C where the cursor was.
      if console.isTerminal { console.warn("\n") }
      warn("interrupted")
    } catch {
      warn(message(of: error, in: input))
    }
    return nil
  }

  /// Writes an error or remark to standard error, its first line coloured.
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
    console.write("")  // brings out what is still in a buffer
    if let folder = ShellCommand.folder(ofChange: command) {
      return try remark(ShellCommand.change(to: folder))
    }
    if let remark = ShellCommand(text: command).run() { warn("[\(remark)]") }
  }
}
