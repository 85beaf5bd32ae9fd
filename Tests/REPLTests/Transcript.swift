// SPDX-License-Identifier: Apache-2.0
// Sessions as text with inputs and outputs.

import LuaHost
import REPL
import Synchronization

/// A session that records its output.
final class RecordedSession {
  private final class Record: Sendable {
    let out = Mutex("")
    let err = Mutex("")
  }

  let interpreter: Interpreter
  let session: Session
  private let record = Record()

  init(width: Int = 60, height: Int? = nil) throws {
    interpreter = try Interpreter()
    let record = record
    var console = Console(
      write: { text in record.out.withLock { $0 += text } },
      warn: { text in record.err.withLock { $0 += text } }, width: { width })
    console.height = { height }
    session = try Session(interpreter, console: console)
  }

  /// Runs inputs and returns their standard output since the last call.
  @discardableResult
  func out(_ inputs: String...) -> String {
    for input in inputs { _ = session.evaluate(input) }
    return record.out.withLock { text in
      defer { text = "" }
      return text
    }
  }

  /// Runs inputs and returns their standard error since the last call.
  @discardableResult
  func err(_ inputs: String...) -> String {
    for input in inputs { _ = session.evaluate(input) }
    return record.err.withLock { text in
      defer { text = "" }
      return text
    }
  }

  /// Runs a transcript and returns the actual one: each `> ` line is followed by its output, with `! ` before lines
  /// of standard error, which come last.
  func replay(_ transcript: String) -> String {
    var lines: [String] = []
    for line in transcript.split(separator: "\n", omittingEmptySubsequences: false)
    where line.hasPrefix("> ") {
      lines.append(String(line))
      let input = line.dropFirst(2).replacing("⏎", with: "\n")
      lines += out(String(input)).split(separator: "\n", omittingEmptySubsequences: false)
        .dropLast().map(String.init)
      lines += err().split(separator: "\n").map { "! " + $0 }
    }
    return lines.joined(separator: "\n")
  }
}
