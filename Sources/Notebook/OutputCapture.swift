// SPDX-License-Identifier: Apache-2.0
// Captures standard output and standard error of the process while they are written.

import Foundation
import Platform

/// Redirects both streams through pipes, which captures the output of `print`, C libraries and shell commands.
final class OutputCapture: Sendable {
  private let outPipe, errPipe, requests: PipeEnds
  private let saved: (out: Int32, err: Int32)
  private let drained = DispatchSemaphore(value: 0)
  private let publish: @Sendable (_ stream: String, _ text: String) -> Void

  /// The time in milliseconds in which output is collected into one message.
  private static let gathering: Int32 = 25

  /// The maximum number of 64 KiB pieces per message.
  private static let piecesAtOnce = 16

  /// - Throws: `NotebookError.socket` if the system cannot create more pipes.
  init(_ publish: @escaping @Sendable (_ stream: String, _ text: String) -> Void) throws(NotebookError) {
    self.publish = publish
    outPipe = try PipeEnds()
    errPipe = try PipeEnds()
    requests = try PipeEnds()
    fflush(nil)
    saved = (dup(1), dup(2))
    dup2(outPipe.write, 1)
    dup2(errPipe.write, 2)
    for end in [saved.out, saved.err, outPipe.write, errPipe.write] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    BackgroundThread.start("output") { [self] in read() }
  }

  /// Returns after everything written so far has been published.
  func drain() {
    fflush(nil)
    var byte: UInt8 = 0
    guard write(requests.write, &byte, 1) == 1 else { return }
    drained.wait()
  }

  /// Restores the streams.
  func end() {
    drain()
    dup2(saved.out, 1)
    dup2(saved.err, 2)
  }

  private func read() {
    var out = PendingText()
    var err = PendingText()
    while true {
      var items = [outPipe.read, errPipe.read, requests.read].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&items, nfds_t(items.count), -1) >= 0 || errno == EINTR else { return }
      var isRequested = items[2].revents != 0
      if !isRequested {
        // Wait briefly for more output, unless a caller is waiting in `drain`.
        var request = items[2]
        request.revents = 0
        isRequested = poll(&request, 1, Self.gathering) > 0
      }
      for (name, pipe) in [("stdout", outPipe), ("stderr", errPipe)] {
        var text = ""
        // The number is limited, since a cell may write faster than the output is read. A pipe contains less.
        for _ in 0..<Self.piecesAtOnce {
          guard let bytes = pipe.available() else { break }
          text += name == "stdout" ? out.add(bytes) : err.add(bytes)
        }
        if isRequested { text += name == "stdout" ? out.end() : err.end() }
        if !text.isEmpty { publish(name, text) }
      }
      if isRequested, requests.available() != nil { drained.signal() }
    }
  }
}

/// The two ends of a pipe; reading never blocks.
private struct PipeEnds: Sendable {
  let read, write: Int32

  init() throws(NotebookError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .socket(what: "catching output", reason: String(cString: strerror(errno))) }
    (read, write) = (ends[0], ends[1])
    _ = fcntl(read, F_SETFL, O_NONBLOCK)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  /// The available bytes; `nil` if there are none.
  func available() -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
      count = max(0, systemRead(read, buffer.baseAddress, buffer.count))
    }
    return bytes.isEmpty ? nil : bytes
  }
}
