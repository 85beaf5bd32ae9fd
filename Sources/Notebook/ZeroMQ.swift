// SPDX-License-Identifier: Apache-2.0
// The part of ZeroMQ that a kernel needs: sockets that carry messages of several frames.

import CZeroMQ
import Platform

/// A ZeroMQ context. Sockets of it may be used by one thread each.
final class ZeroMQContext: @unchecked Sendable {
  private let pointer: UnsafeMutableRawPointer

  init() throws(NotebookError) {
    guard let made = zmq_ctx_new() else { throw .socket(what: "starting ZeroMQ", reason: ZeroMQ.lastError) }
    pointer = made
  }

  /// Ends every wait on its sockets: they report ``ZeroMQSocket/Arrival/closed``.
  func shutdown() { zmq_ctx_shutdown(pointer) }

  /// Waits until all sockets are closed and what was sent has left.
  func end() { zmq_ctx_term(pointer) }

  func socket(_ kind: ZeroMQSocket.Kind, boundTo endpoint: String) throws(NotebookError) -> ZeroMQSocket {
    guard let made = zmq_socket(pointer, kind.rawValue) else {
      throw .socket(what: "opening a socket", reason: ZeroMQ.lastError)
    }
    let socket = ZeroMQSocket(made)
    guard zmq_bind(made, endpoint) == 0 else {
      let reason = ZeroMQ.lastError
      socket.close()
      throw .socket(what: "listening at \(endpoint)", reason: reason)
    }
    return socket
  }
}

enum ZeroMQ {
  static var lastError: String { String(cString: zmq_strerror(zmq_errno())) }
}

/// A bound socket.
final class ZeroMQSocket {
  enum Kind: Int32 {
    case reply = 4
    case router = 6
    case publisher = 1
  }

  enum Arrival {
    case message([[UInt8]])
    /// Nothing came in time, or a signal did.
    case nothing
    case closed
  }

  /// Milliseconds that a closed socket goes on sending what it holds.
  private static let linger: Int32 = 1000
  private let pointer: UnsafeMutableRawPointer

  fileprivate init(_ pointer: UnsafeMutableRawPointer) {
    self.pointer = pointer
    var linger = Self.linger
    zmq_setsockopt(pointer, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
  }

  func close() { zmq_close(pointer) }

  /// - Parameter timeout: in milliseconds, -1 for ever, 0 not at all.
  func receive(timeout: Int) -> Arrival {
    var item = zmq_pollitem_t(socket: pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
    let ready = zmq_poll(&item, 1, timeout)
    if ready < 0 { return zmq_errno() == EINTR ? .nothing : .closed }
    return ready == 0 ? .nothing : receiveFrames()
  }

  private func receiveFrames() -> Arrival {
    var frames: [[UInt8]] = []
    while true {
      var part = zmq_msg_t()
      zmq_msg_init(&part)
      defer { zmq_msg_close(&part) }
      while zmq_msg_recv(&part, pointer, 0) < 0 {
        guard zmq_errno() == EINTR else { return .closed }
      }
      let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(&part), count: zmq_msg_size(&part))
      frames.append(Array(bytes))
      if zmq_msg_more(&part) == 0 { return .message(frames) }
    }
  }

  /// Sends one message; what the other side does not take is dropped, as ZeroMQ does for those who left.
  func send(_ frames: [[UInt8]]) {
    for (index, frame) in frames.enumerated() {
      let flag = index + 1 < frames.count ? ZMQ_SNDMORE : 0
      while zmq_send(pointer, frame, frame.count, flag) < 0 {
        guard zmq_errno() == EINTR else { return }
      }
    }
  }
}
