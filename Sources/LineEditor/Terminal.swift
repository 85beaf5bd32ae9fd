// SPDX-License-Identifier: Apache-2.0
// The thin layer over the terminal: raw mode, size, waiting for bytes and signals.

import Platform

/// A terminal on two descriptors, in its ordinary mode except between ``enterRawMode()`` and
/// ``leaveRawMode()``.
package final class Terminal {
  /// What waiting for input can end with.
  package enum Event: Equatable, Sendable {
    case byte(UInt8)
    /// The time given ran out.
    case timeout
    /// The window changed its size.
    case resized
    /// SIGINT from elsewhere; Ctrl-C itself is a byte in raw mode.
    case interrupted
    /// The process was stopped and goes on; the terminal is in raw mode again.
    case resumed
    /// The terminal is gone.
    case ended
    /// SIGTERM or SIGHUP asks the process to end.
    case terminated(signal: Int32)
  }

  private let input: Int32
  private let output: Int32
  private var ordinaryMode = termios()
  private var signals: SignalPipe?

  private static let pasteOn = "\u{1B}[?2004h"
  private static let pasteOff = "\u{1B}[?2004l"

  /// - Returns: `nil` when one of the descriptors is no terminal, or `TERM` (`terminalType`) is unset,
  ///   empty or `dumb`: then no editing is possible.
  package init?(input: Int32 = 0, output: Int32 = 1, terminalType: String?) {
    guard isatty(input) == 1, isatty(output) == 1, let terminalType,
      !["", "dumb"].contains(terminalType)
    else { return nil }
    self.input = input
    self.output = output
  }

  /// Columns and rows; 80 by 24 when the terminal does not know.
  package var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  package func write(_ text: String) {
    writeAll(text, to: output)
  }

  /// Takes keys one by one, without echo and without signals from the keyboard, and takes over the
  /// signals that concern an editor.
  ///
  /// What was typed ahead is kept.
  ///
  /// - Throws: `LineEditorError.terminal`.
  package func enterRawMode() throws(LineEditorError) {
    guard tcgetattr(input, &ordinaryMode) == 0 else { throw failure("read the mode of") }
    signals = SignalPipe([SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGCONT])
    do {
      try setRaw()
    } catch {
      signals?.close()
      signals = nil
      throw error
    }
  }

  /// Undoes ``enterRawMode()``.
  package func leaveRawMode() {
    guard let signals else { return }
    setOrdinary()
    self.signals = nil
    var late: [Int32] = []
    while let signal = signals.next() { late.append(signal) }
    signals.close()
    // A signal to end the process may have come after the last key; its ordinary handler takes it.
    for signal in late where [SIGTERM, SIGHUP].contains(signal) { raise(signal) }
  }

  /// Stops the process as Ctrl-Z does elsewhere; returns when it goes on, in raw mode again.
  package func suspend() {
    setOrdinary()
    kill(0, SIGTSTP)
    try? setRaw()
  }

  /// Whether a byte is there to be read at once.
  package var hasInput: Bool {
    var poller = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return poll(&poller, 1, 0) == 1
  }

  /// Waits for the next event.
  ///
  /// One byte is read at a time, so that what was typed ahead is left to
  /// whatever reads standard input next.
  ///
  /// - Parameter milliseconds: the longest wait; `nil` waits for ever.
  package func nextEvent(within milliseconds: Int32? = nil) -> Event {
    while true {
      var pollers = [
        pollfd(fd: input, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals?.readEnd ?? -1, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&pollers, 2, milliseconds ?? -1)
      if count == 0 { return .timeout }
      if let signal = signals?.next() {
        return event(for: signal)
      }
      if count < 0 {
        if errno == EINTR { continue }
        return .ended
      }
      guard pollers[0].revents != 0 else { continue }
      var byte: UInt8 = 0
      let read = systemRead(input, &byte, 1)
      if read == 1 { return .byte(byte) }
      if read == 0 || (errno != EINTR && errno != EAGAIN) { return .ended }
    }
  }

  private func event(for signal: Int32) -> Event {
    switch signal {
    case SIGWINCH: return .resized
    case SIGINT: return .interrupted
    case SIGCONT:
      try? setRaw()
      return .resumed
    default: return .terminated(signal: signal)
    }
  }

  private func setRaw() throws(LineEditorError) {
    var mode = ordinaryMode
    cfmakeraw(&mode)
    guard setMode(&mode) else { throw failure("set the mode of") }
    write(Self.pasteOn)
  }

  private func setOrdinary() {
    // In this order: who waits for the sequence, to type an answer, finds the terminal ready for it.
    _ = setMode(&ordinaryMode)
    write(Self.pasteOff)
  }

  private func setMode(_ mode: inout termios) -> Bool {
    var result: Int32
    repeat { result = tcsetattr(input, TCSADRAIN, &mode) } while result != 0 && errno == EINTR
    return result == 0
  }

  private func failure(_ action: String) -> LineEditorError {
    .terminal(action: action, reason: String(cString: strerror(errno)))
  }
}
