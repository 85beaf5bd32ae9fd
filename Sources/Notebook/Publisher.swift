// SPDX-License-Identifier: Apache-2.0
// What every front end of a kernel sees: states, output, values, errors.

import Synchronization

/// The socket on which a kernel tells what it does; any thread may use it.
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

  /// Output from now on belongs to the request; of a silent one nothing but its state is told.
  func begin(_ parent: [UInt8], isSilent: Bool) {
    state.withLock { state in
      state.parent = parent
      state.isSilent = isSilent
    }
  }

  /// Tells a state: `busy`, `idle`, `starting`.
  func tell(_ status: String, of parent: [UInt8]) {
    state.withLock { send("status", KernelStatus(execution_state: status), parent, $0.socket) }
  }

  /// Publishes output of the present request.
  func publish(_ type: String, _ content: some Encodable & Sendable) {
    state.withLock { state in
      guard !state.isSilent else { return }
      send(type, content, state.parent, state.socket)
    }
  }

  func close() { state.withLock { $0.socket.close() } }

  private func send(_ type: String, _ content: some Encodable, _ parent: [UInt8], _ socket: ZeroMQSocket) {
    let header = MessageHeader(type: type, session: session)
    // All contents are texts and numbers, which always encode.
    guard let frames = try? signer.frames(to: [Array(type.utf8)], header, parent: parent, content) else { return }
    socket.send(frames)
  }
}
