// SPDX-License-Identifier: Apache-2.0
// Broadcasts to all front ends of a kernel: states, output, values, errors.

import Synchronization

/// The IOPub socket of a kernel; usable from any thread.
final class Publisher: Sendable {
  private struct State {
    let socket: ZeroMQSocket
    /// The request that output belongs to.
    var parent: [UInt8] = []
    var isSilent = false
  }

  private let state: Mutex<State>
  private let signer: Signer
  private let session: String

  /// - Throws: `NotebookError.socket`.
  init(_ context: ZeroMQContext, _ endpoint: String, _ signer: Signer, session: String) throws(NotebookError) {
    self.signer = signer
    self.session = session
    state = Mutex(State(socket: try context.socket(.publisher, boundTo: endpoint)))
  }

  /// Assigns output from now on to the request; for a silent request only states are published.
  func begin(_ parent: [UInt8], isSilent: Bool) {
    state.withLock { state in
      state.parent = parent
      state.isSilent = isSilent
    }
  }

  /// Publishes a state: `busy`, `idle`, `starting`.
  func tell(_ status: String, of parent: [UInt8]) {
    state.withLock { send("status", KernelStatus(execution_state: status), parent, $0.socket) }
  }

  /// Publishes output of the current request.
  func publish(_ type: String, _ content: some Encodable & Sendable) {
    state.withLock { state in
      guard !state.isSilent else { return }
      send(type, content, state.parent, state.socket)
    }
  }

  func close() { state.withLock { $0.socket.close() } }

  private func send(_ type: String, _ content: some Encodable, _ parent: [UInt8], _ socket: ZeroMQSocket) {
    let header = MessageHeader(type: type, session: session)
    // All contents are strings and numbers, so encoding always succeeds.
    guard let frames = try? signer.frames(to: [Array(type.utf8)], header, parent: parent, content) else { return }
    socket.send(frames)
  }
}
