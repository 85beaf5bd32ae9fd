// SPDX-License-Identifier: Apache-2.0
// Reads inputs line by line without editing: from a pipe, a file, or a dumb terminal.

import Platform

/// A reader without editing.
///
/// It only writes prompts if its input is a terminal.
package final class PlainReader: InputReader {
  private let input: Int32
  private let output: Int32
  private let prompts: Prompts?
  private let isComplete: (String) -> Bool

  /// - Parameter prompts: written if `input` is a terminal.
  package init(
    input: Int32 = 0, output: Int32 = 1, prompts: Prompts,
    isComplete: @escaping (_ text: String) -> Bool
  ) {
    self.input = input
    self.output = output
    self.prompts = isatty(input) == 1 ? prompts : nil
    self.isComplete = isComplete
  }

  package func read() -> Input {
    let signals = SignalPipe([SIGINT, SIGTERM, SIGHUP])
    defer { signals?.close() }
    var text: String?
    while true {
      if let prompts { writeAll(text == nil ? prompts.primary : prompts.continuation, to: output) }
      switch readLine(signals) {
      case .text(let line):
        let whole = text.map { $0 + "\n" + line } ?? line
        if isComplete(whole) { return .text(whole) }
        text = whole
      case .cancelled:
        writeAll("\n", to: output)
        return .cancelled
      case .terminated(let signal): return .terminated(signal: signal)
      case .endOfInput:
        if prompts != nil { writeAll("\n", to: output) }
        return text.map(Input.text) ?? .endOfInput
      }
    }
  }

  /// Reads one line byte by byte, so that the rest of the input remains available to the running script.
  private func readLine(_ signals: SignalPipe?) -> Input {
    var line: [UInt8] = []
    while true {
      var pollers = [
        pollfd(fd: input, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals?.readEnd ?? -1, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&pollers, 2, -1)
      if let signal = signals?.next() {
        // Ctrl-C discards the current line on a terminal; otherwise it ends the program.
        return signal == SIGINT && prompts != nil ? .cancelled : .terminated(signal: signal)
      }
      if count < 0, errno == EINTR { continue }
      var byte: UInt8 = 0
      let read = systemRead(input, &byte, 1)
      if read < 0, errno == EINTR || errno == EAGAIN { continue }
      if read <= 0 {
        return line.isEmpty ? .endOfInput : .text(String(decoding: line, as: UTF8.self))
      }
      if byte == UInt8(ascii: "\n") { return .text(String(decoding: line, as: UTF8.self)) }
      line.append(byte)
    }
  }
}
