// SPDX-License-Identifier: Apache-2.0
// The session behind the prompt: reads an input, runs it, shows its values, goes on.

import LineEditor
import LuaHost

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why a session ended.
package enum SessionEnd: Equatable, Sendable {
  case endOfInput
  /// `os.exit`.
  case exit(status: Int32)
  /// SIGTERM or SIGHUP, to be let act after cleaning up.
  case terminated(signal: Int32)
}

/// A conversation with one interpreter. Errors and interrupts end an input, never the session.
package final class Session {
  let interpreter: Interpreter
  let console: Console
  private let values: ValueReader
  /// What the session last put into `_`; once a script puts something else there, it is left alone.
  private var lastValue = ValueIdentity.nothing
  private var hasExplainedLocals = false

  static let prompts = Prompts(primary: "wane> ", continuation: "...> ")
  private static let chunkName = "=stdin"
  /// Seconds after which the time an input took is told.
  private static let notableTime = 0.5

  /// Also makes the session's functions globals of the interpreter.
  ///
  /// - Throws: `LuaError` when the interpreter has lost its standard library.
  package init(_ interpreter: Interpreter, console: Console) throws {
    self.interpreter = interpreter
    self.console = console
    values = try ValueReader(interpreter)
    try interpreter.register(globals: try Self.functions(console, interpreter))
  }

  /// What the editor asks about Lua.
  package var hooks: EditorHooks {
    EditorHooks(
      isComplete: { [unowned self] in isComplete($0) },
      complete: { [unowned self] in complete($0) })
  }

  /// Reads and runs inputs until the input ends, `os.exit` or a signal.
  ///
  /// - Throws: `LineEditorError.terminal`.
  package func run(_ reader: any InputReader) throws -> SessionEnd {
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
    // An interrupt that came while nothing ran is not meant for this input.
    interpreter.clearInterrupt()
    return reporting {
      switch SessionInput(text) {
      case .blank: break
      case .help(let topic): try showHelp(topic)
      case .shell(let command): shell(command)
      case .lua(let input):
        for part in try parts(of: input) { try run(part) }
      }
    }
  }

  /// Runs a file of the user's before the first prompt. One that does not exist is no error.
  package func runInitFile(_ path: String) -> SessionEnd? {
    reporting { try interpreter.runFile(path) }
  }

  private func reporting(_ body: () throws -> Void) -> SessionEnd? {
    do {
      try body()
    } catch let exit as LuaExit {
      return .exit(status: exit.status)
    } catch let interrupted as LuaInterrupted {
      interpreter.clearInterrupt()
      if interrupted.terminating { return .terminated(signal: SIGTERM) }
      warn("interrupted")
    } catch let error as LuaError {
      warn(error.report)
    } catch {
      warn("\(error)")
    }
    return nil
  }

  /// Writes an error or remark to standard error, its first line coloured.
  func warn(_ message: String) {
    let lines = message.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let first = console.colours.err ? "\u{1B}[31m\(lines[0])\u{1B}[0m" : String(lines[0])
    console.warn(([first] + lines.dropFirst().map(String.init)).joined(separator: "\n") + "\n")
  }

  /// Writes a remark to standard error.
  private func remark(_ message: String) {
    console.warn(console.colours.err ? "\u{1B}[2m\(message)\u{1B}[0m\n" : message + "\n")
  }

  private func shell(_ command: String) {
    guard !command.isEmpty else { return }
    console.write("")  // brings out what is still in a buffer
    if let remark = ShellCommand(text: command).run() { warn("[\(remark)]") }
  }
}

// Running Lua.
extension Session {
  private struct Chunk {
    let function: LuaClosure
    var keeps: KeptLocal?
  }

  private func run(_ input: LuaInput) throws {
    let chunk = try compile(input)
    let start = ContinuousClock.now
    let results = try chunk.function.call()
    if let first = results.first { remember(first) }
    if !input.isMuted { try show(results) }
    if let keeps = chunk.keeps { explain(keeps) }
    let time = start.duration(to: .now)
    if console.isTerminal, time >= .seconds(Self.notableTime) {
      remark("[\(time.formatted)]")
    }
  }

  /// The input itself, if it is one chunk; else the lines of it that are inputs of their own, as in a
  /// pasted transcript, where an expression may stand on a line alone.
  ///
  /// - Throws: `LuaSyntaxError` when it is neither.
  private func parts(of input: LuaInput) throws -> [LuaInput] {
    do {
      _ = try compile(input)
      return [input]
    } catch let error as LuaSyntaxError where !error.incomplete && input.text.contains("\n") {
      return try linewise(input.text, elseThrow: error)
    }
  }

  /// Cuts a text into the shortest runs of lines that are inputs.
  private func linewise(
    _ text: String, elseThrow wholeError: LuaSyntaxError
  ) throws -> [LuaInput] {
    var parts: [LuaInput] = []
    var pending: (text: String, error: LuaSyntaxError)?
    for line in text.split(separator: "\n") {
      let text = (pending.map { $0.text + "\n" } ?? "") + line
      guard case .lua(let input) = SessionInput(text) else { continue }
      do {
        _ = try compile(input)
        parts.append(input)
        pending = nil
      } catch let error as LuaSyntaxError {
        guard error.incomplete else { throw wholeError }
        pending = (text, error)
      }
    }
    if let pending { throw pending.error }
    return parts
  }

  /// Compiles the first form of the input that is Lua: an expression, a single local statement made
  /// to last, or the text itself.
  ///
  /// - Throws: `LuaSyntaxError`: that of the expression where more lines could complete it, so that a
  ///   table or a sum may go on in the next line; else that of the text.
  private func compile(_ input: LuaInput) throws -> Chunk {
    let expressionError: LuaSyntaxError
    do {
      return Chunk(function: try load(input.asExpression))
    } catch let error as LuaSyntaxError {
      expressionError = error
    }
    if input.isExpression { throw expressionError }
    if let keeping = input.keeping, (try? load(keeping.probe)) != nil {
      return Chunk(function: try load(keeping.statement), keeps: keeping)
    }
    do {
      return Chunk(function: try load(input.text))
    } catch let error as LuaSyntaxError {
      throw expressionError.incomplete ? expressionError : error
    }
  }

  private func load(_ source: String) throws -> LuaClosure {
    try interpreter.load(source, chunkName: Self.chunkName)
  }

  private func isComplete(_ text: String) -> Bool {
    guard case .lua(let input) = SessionInput(text) else {
      // Only comments, and one of them may be a long one without its end.
      return LuaLexer(text).allSatisfy { $0.kind != .unfinished }
    }
    do {
      _ = try parts(of: input)
      return true
    } catch let error as LuaSyntaxError {
      return !error.incomplete
    } catch {
      return true
    }
  }

  /// Shows values as `print` would separate them; a value of several lines stands alone.
  func show(_ results: [LuaValue]) throws {
    guard !results.isEmpty else { return }
    let texts = try results.map { try values.tree($0).text(width: console.width()) }
    let separator = texts.contains { $0.contains("\n") } ? "\n" : "\t"
    console.write(texts.joined(separator: separator) + "\n")
  }

  /// Keeps a value as `_`, unless a script uses that name for itself; `_ = nil` gives it back.
  private func remember(_ value: LuaValue) {
    let globals = interpreter.globals
    guard !value.isNil, [.nothing, lastValue].contains(ValueIdentity(globals["_"])),
      (try? globals.set("_", value)) != nil
    else { return }
    lastValue = ValueIdentity(value)
  }

  private func explain(_ keeps: KeptLocal) {
    guard !hasExplainedLocals else { return }
    hasExplainedLocals = true
    remark(
      "(a local would end with its line; \(keeps.names.joined(separator: ", ")) "
        + (keeps.names.count == 1 ? "is" : "are") + " kept as a global of this session)")
  }
}

/// Tells values apart without keeping them alive.
private enum ValueIdentity: Equatable {
  case nothing
  case boolean(Bool)
  case integer(Int)
  case number(bits: UInt64)
  case string([UInt8])
  case reference(UnsafeRawPointer?)
  case object(ObjectIdentifier)

  init(_ value: LuaValue) {
    switch value {
    case .nil: self = .nothing
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(bits: value.bitPattern)
    case .string(let text): self = .string(Array(text.utf8))
    case .bytes(let bytes): self = .string(bytes)
    case .table(let table): self = .reference(table.reference.identity)
    case .function(let closure): self = .reference(closure.reference.identity)
    case .object(let object): self = .object(ObjectIdentifier(object))
    case .other(let reference, _): self = .reference(reference.identity)
    }
  }
}

extension Duration {
  /// Seconds in three digits and a unit: `0.52 s`, `12.3 s`, `85 ms`.
  var formatted: String {
    let seconds = Double(components.seconds) + Double(components.attoseconds) * 1e-18
    let (value, unit): (Double, String) =
      seconds >= 0.1 ? (seconds, "s") : seconds >= 1e-4 ? (seconds * 1e3, "ms") : (seconds * 1e6, "µs")
    let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
    var scaled = value
    for _ in 0..<places { scaled *= 10 }
    let digits = String(Int(scaled.rounded()))
    guard places > 0 else { return digits + " " + unit }
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return padded.dropLast(places) + "." + padded.suffix(places) + " " + unit
  }
}
