// SPDX-License-Identifier: Apache-2.0
// Handles requests during the execution of a cell: interrupt and shutdown. Also implements the heartbeat.

import Foundation
import LuaHost
import Platform
import Synchronization

/// State shared between the kernel's thread and the control thread.
final class KernelActivity: Sendable {
  /// Whether a cell is running and can be interrupted.
  let isBusy = Atomic(false)
  let isEnding = Atomic(false)

  /// Interrupts the running cell like Ctrl-C; has no effect if none is running.
  func interrupt() {
    guard isBusy.load(ordering: .acquiring), !Interrupts.isPending else { return }
    kill(getpid(), SIGINT)
  }

  /// Interrupts the running cell and shuts the kernel down.
  func end() {
    isEnding.store(true, ordering: .releasing)
    kill(getpid(), SIGTERM)
  }
}

/// Listens on a separate thread.
struct ControlChannel: Sendable {
  let context: ZeroMQContext
  let signer: Signer
  let session: String
  let publisher: Publisher
  let activity: KernelActivity
  let info: KernelInfoReply

  /// The interval in milliseconds for checking whether the parent process still exists.
  private static let watch = 1000

  /// - Throws: `NotebookError.socket`.
  func start(_ endpoint: String) throws(NotebookError) {
    nonisolated(unsafe) let socket = try context.socket(.router, boundTo: endpoint)
    // Jupyter specifies the process with which the kernel should end.
    let parent = ProcessInfo.processInfo.environment["JPY_PARENT_PID"].flatMap { Int32($0) }
    let watched = parent == getppid() ? parent : nil
    BackgroundThread.start("control") {
      listening: while true {
        switch socket.receive(timeout: Self.watch) {
        case .closed: break listening
        case .nothing: break
        case .message(let frames): if let request = Request(frames, signer) { answer(request, socket) }
        }
        if let watched, getppid() != watched, !activity.isEnding.load(ordering: .acquiring) { activity.end() }
      }
      socket.close()
    }
  }

  private func answer(_ request: Request, _ socket: ZeroMQSocket) {
    func reply(_ content: some Encodable) {
      let type = request.header.type.replacing("_request", with: "_reply")
      let header = MessageHeader(type: type, session: session)
      guard let frames = try? signer.frames(to: request.sender, header, parent: request.parent, content) else { return }
      socket.send(frames)
    }
    publisher.tell("busy", of: request.parent)
    switch request.header.type {
    case "interrupt_request":
      activity.interrupt()
      reply(StatusReply())
    case "shutdown_request":
      reply(ShutdownReply(restart: (try? request.content(ShutdownRequest.self))?.restart ?? false))
    case "kernel_info_request": reply(info)
    default: reply(StatusReply(status: "error"))
    }
    publisher.tell("idle", of: request.parent)
    if request.header.type == "shutdown_request" { activity.end() }
  }
}

/// Echoes all messages, so that the client knows that the process is running.
enum Heartbeat {
  /// - Throws: `NotebookError.socket`.
  static func start(_ context: ZeroMQContext, _ endpoint: String) throws(NotebookError) {
    nonisolated(unsafe) let socket = try context.socket(.reply, boundTo: endpoint)
    BackgroundThread.start("heartbeat") {
      while case .message(let frames) = socket.receive(timeout: -1) { socket.send(frames) }
      socket.close()
    }
  }
}
