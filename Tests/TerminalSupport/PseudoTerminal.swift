// SPDX-License-Identifier: Apache-2.0
// Runs a program on a pseudo-terminal, with input and expected output from a test.

import CTerminalSupport
import Foundation
import Platform

/// A process whose standard streams are a pseudo-terminal that it controls.
package final class PseudoTerminal {
  /// An error, with the output of the program so far.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package let processID: pid_t
  private let primary: Int32
  private var seen: [UInt8] = []
  private var hasEnded = false
  private var status: Int32?
  /// A timeout that is long enough for a busy machine; passing tests never wait that long.
  private static let patience: Int32 = 30_000

  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String],
    columns: Int = 80, rows: Int = 24
  ) throws {
    let words = ([program] + arguments).map { strdup($0) } + [nil]
    let settings = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in words + settings { free(word) } }
    var descriptor: Int32 = -1
    processID = terminal_spawn(words, settings, Int32(columns), Int32(rows), &descriptor)
    primary = descriptor
    guard processID > 0 else {
      throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
    }
  }

  deinit {
    if processID > 0, status == nil {
      kill(processID, SIGKILL)
      waitpid(processID, nil, 0)
    }
    if primary >= 0 { close(primary) }
  }

  package func resize(columns: Int, rows: Int) {
    var size = winsize()
    size.ws_col = UInt16(columns)
    size.ws_row = UInt16(rows)
    _ = ioctl(primary, UInt(TIOCSWINSZ), &size)
  }

  /// Sends bytes as the keyboard would; Return is `"\r"`, Ctrl-C `"\u{3}"`.
  package func type(_ text: String) {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { write(primary, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { return }
      start += max(0, count)
    }
  }

  /// Waits until the program has written `text`, and consumes all output up to and including it.
  ///
  /// - Throws: ``Failure`` if the program ends or times out before writing it.
  @discardableResult
  package func expect(_ text: String) throws -> String {
    let wanted = Array(text.utf8)
    while true {
      if let range = seen.firstRange(of: wanted) {
        defer { seen.removeSubrange(..<range.upperBound) }
        return String(decoding: seen[..<range.upperBound], as: UTF8.self)
      }
      guard readMore() else {
        throw Failure(
          description: "expected \(text.debugDescription), the program "
            + (hasEnded ? "ended" : "was silent") + " after "
            + String(decoding: seen, as: UTF8.self).debugDescription)
      }
    }
  }

  /// Waits for the end of the program.
  ///
  /// - Returns: the remaining output and the exit status, which is 128 + the number for a signal.
  package func finish() throws -> (rest: String, status: Int32) {
    while !hasEnded {
      guard readMore() || hasEnded else {
        throw Failure(
          description: "the program goes on after "
            + String(decoding: seen, as: UTF8.self).debugDescription)
      }
    }
    let status = waitForStatus(processID)
    self.status = status
    return (String(decoding: seen, as: UTF8.self), status)
  }

  private func readMore() -> Bool {
    guard !hasEnded else { return false }
    var poller = pollfd(fd: primary, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, Self.patience) == 1 else { return false }
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = read(primary, &chunk, chunk.count)
    guard count > 0 else {
      // Linux reports EIO after the last process has closed the terminal.
      if errno == EINTR && count < 0 { return true }
      hasEnded = true
      return false
    }
    seen += chunk[..<count]
    return true
  }
}
