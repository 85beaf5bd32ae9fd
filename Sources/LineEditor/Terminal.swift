// SPDX-License-Identifier: Apache-2.0
// A thin layer over the terminal: raw mode, size, waiting for bytes and signals.

import Platform

/// A terminal on two descriptors, in its normal mode except between ``enterRawMode()`` and ``leaveRawMode()``.
package final class Terminal {
  /// The event that ended waiting for input.
  package enum Event: Equatable, Sendable {
    case byte(UInt8)
    /// The timeout expired.
    case timeout
    /// The window was resized.
    case resized
    /// SIGINT from another process; Ctrl-C itself is a byte in raw mode.
    case interrupted
    /// The process was stopped and continued; the terminal is in raw mode again.
    case resumed
    /// The terminal was closed.
    case ended
    /// SIGTERM or SIGHUP requests the end of the process.
    case terminated(signal: Int32)
  }

  private let input: Int32
  private let output: Int32
  private var ordinaryMode = termios()
  private var signals: SignalPipe?

  private static let pasteOn = "\u{1B}[?2004h"
  private static let pasteOff = "\u{1B}[?2004l"

  /// - Returns: `nil` if one of the descriptors is not a terminal, or `TERM` (`terminalType`) is unset, empty or
  ///   `dumb`, in which case editing is impossible.
  package init?(input: Int32 = 0, output: Int32 = 1, terminalType: String?) {
    guard isatty(input) == 1, isatty(output) == 1, let terminalType,
      !["", "dumb"].contains(terminalType)
    else { return nil }
    self.input = input
    self.output = output
  }

  /// Columns and rows; 80 by 24 if the terminal does not report them.
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

  /// Enters raw mode: keys are read individually, without echo and keyboard signals, and the signals that concern an
  /// editor are handled.
  ///
  /// Pending input is kept.
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
    // A termination signal may have arrived after the last key; it is passed to its normal handler.
    for signal in late where [SIGTERM, SIGHUP].contains(signal) { raise(signal) }
  }

  /// Stops the process like Ctrl-Z in other programs. Returns in raw mode after the process is continued.
  package func suspend() {
    setOrdinary()
    kill(0, SIGTSTP)
    try? setRaw()
  }

  /// Whether a byte can be read without waiting.
  package var hasInput: Bool {
    var poller = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return poll(&poller, 1, 0) == 1
  }

  /// Waits for the next event.
  ///
  /// Bytes are read one at a time, so that pending input remains available to the next reader of standard input.
  ///
  /// - Parameter milliseconds: the timeout; `nil` waits without a timeout.
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
    // The mode is changed first, so that a program that waits for the escape sequence before it sends input finds the
    // terminal ready.
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
