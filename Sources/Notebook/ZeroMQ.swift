// SPDX-License-Identifier: Apache-2.0
// The part of ZeroMQ that a kernel needs: sockets for multi-frame messages.

import CZeroMQ
import Platform

/// A ZeroMQ context. Each of its sockets must be used by a single thread.
final class ZeroMQContext: @unchecked Sendable {
  private let pointer: UnsafeMutableRawPointer

  init() throws(NotebookError) {
    guard let made = zmq_ctx_new() else { throw .socket(what: "starting ZeroMQ", reason: ZeroMQ.lastError) }
    pointer = made
  }

  /// Ends every wait on its sockets: they report ``ZeroMQSocket/Arrival/closed``.
  func shutdown() { zmq_ctx_shutdown(pointer) }

  /// Waits until all sockets are closed and pending messages have been sent.
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
    /// The timeout expired, or a signal arrived.
    case nothing
    case closed
  }

  /// The time in milliseconds for which a closed socket continues to send pending messages.
  private static let linger: Int32 = 1000
  private let pointer: UnsafeMutableRawPointer

  fileprivate init(_ pointer: UnsafeMutableRawPointer) {
    self.pointer = pointer
    var linger = Self.linger
    zmq_setsockopt(pointer, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
  }

  func close() { zmq_close(pointer) }

  /// - Parameter timeout: in milliseconds; -1 for no timeout, 0 for no waiting.
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

  /// Sends a message. Messages that the peer does not accept are dropped, as usual in ZeroMQ for disconnected peers.
  func send(_ frames: [[UInt8]]) {
    for (index, frame) in frames.enumerated() {
      let flag = index + 1 < frames.count ? ZMQ_SNDMORE : 0
      while zmq_send(pointer, frame, frame.count, flag) < 0 {
        guard zmq_errno() == EINTR else { return }
      }
    }
  }
}
