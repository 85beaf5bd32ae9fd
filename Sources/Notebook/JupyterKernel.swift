// SPDX-License-Identifier: Apache-2.0
// The Jupyter kernel: a session whose inputs are notebook cells.

import Foundation
import LuaHost
import REPL
import Synchronization

/// Answers Jupyter's requests with a session on the interpreter's thread. Output is sent while a cell runs.
package final class JupyterKernel {
  let session: Session
  let publisher: Publisher
  let activity = KernelActivity()
  let info: KernelInfoReply
  var history: [(line: Int, input: String)] = []
  /// The number of cells that have been run.
  var count: Int { shared.count.load(ordering: .relaxed) }
  let shared: SharedCount

  private let interpreter: Interpreter
  private let context: ZeroMQContext
  let shell: ZeroMQSocket
  let input: ZeroMQSocket
  /// The running cell, if its front end supports input requests.
  var asking: Request?
  let capture: OutputCapture
  let signer: Signer
  private let name = UUID().uuidString.lowercased()

  /// The maximum number of rows for one value. Front ends collapse longer output, but store all of it in the file.
  private static let outputRows = 60

  /// The interval in milliseconds for checking for a shutdown request that arrived just before waiting started.
  private static let patience = 500

  /// Listens at the connection's ports, and takes over standard output and standard error.
  ///
  /// - Parameters: `version` and `tour` as the program words them; `allowsShell` whether cells may run commands of the shell.
  /// - Throws: `NotebookError`; `LuaError` when the interpreter has lost its standard library.
  package init(_ interpreter: Interpreter, _ connection: Connection, version: String, tour: String, allowsShell: Bool = true) throws {
    self.interpreter = interpreter
    signer = Signer(key: connection.key)
    context = try ZeroMQContext()
    shell = try context.socket(.router, boundTo: connection.endpoint(connection.shellPort))
    input = try context.socket(.router, boundTo: connection.endpoint(connection.stdinPort))
    let publisher = try Publisher(context, connection.endpoint(connection.iopubPort), signer, session: name)
    self.publisher = publisher
    info = KernelInfoReply(implementation_version: version, banner: "\(version): Core ML models made smaller, from Lua 5.4")
    try ControlChannel(
      context: context, signer: signer, session: name, publisher: publisher, activity: activity, info: info
    ).start(connection.endpoint(connection.controlPort))
    try Heartbeat.start(context, connection.endpoint(connection.hbPort))
    let capture = try OutputCapture { stream, text in publisher.publish("stream", StreamOutput(name: stream, text: text)) }
    self.capture = capture
    let shared = SharedCount()
    self.shared = shared
    var console = Console.standard(environment: [:])
    console.width = { 100 }
    console.height = { Self.outputRows }
    console.display = { shown, occasion in
      // Keep the output in order.
      capture.drain()
      let data = shown.forms.merging(["text/plain": shown.text]) { _, text in text }
      let isResult = occasion == .result
      publisher.publish(
        isResult ? "execute_result" : "display_data",
        DisplayOutput(data: data, execution_count: isResult ? shared.count.load(ordering: .relaxed) : nil))
    }
    // C buffers several kilobytes when writing to a pipe, but the output of a cell should appear line by line.
    try interpreter.run("if io then io.stdout:setvbuf 'line' end")
    session = try Session(interpreter, console: console, tour: tour, allowsShell: allowsShell)
    try readInputFromFrontEnd(interpreter)
  }

  /// Answers requests until it is shut down, a cell calls `os.exit`, or a signal ends it.
  package func run() -> SessionEnd {
    Interrupts.bePatient()
    publisher.tell("starting", of: [])
    var end: SessionEnd?
    while end == nil {
      switch shell.receive(timeout: Self.patience) {
      case .message(let frames):
        // An interrupt that arrived between two cells is not meant for either.
        end = pendingEnd()
        if end == nil, let request = Request(frames, signer) { end = answer(request) }
      case .closed: end = .endOfInput
      case .nothing: end = pendingEnd()
      }
    }
    session.finish()
    capture.end()
    context.shutdown()
    for socket in [shell, input] { socket.close() }
    publisher.close()
    context.end()
    return activity.isEnding.load(ordering: .acquiring) ? .endOfInput : end ?? .endOfInput
  }

  /// Handles a signal that arrived while no cell was running: SIGTERM ends the kernel, SIGINT has no effect.
  private func pendingEnd() -> SessionEnd? {
    if activity.isEnding.load(ordering: .acquiring) { return .endOfInput }
    guard Interrupts.isPending else { return nil }
    defer { interpreter.clearInterrupt() }
    do {
      try interpreter.run("")
    } catch let interrupted as LuaInterrupted where interrupted.terminating {
      return .terminated(signal: SIGTERM)
    } catch {}
    return nil
  }

  func answer(_ request: Request) -> SessionEnd? {
    publisher.tell("busy", of: request.parent)
    defer { publisher.tell("idle", of: request.parent) }
    do {
      return try handle(request)
    } catch {
      // The request does not conform to the protocol.
      reply(to: request, StatusReply(status: "error"))
      return nil
    }
  }

  private func handle(_ request: Request) throws -> SessionEnd? {
    switch request.header.type {
    case "execute_request": return execute(request, try request.content(ExecuteRequest.self))
    case "complete_request": reply(to: request, complete(try request.content(CursorRequest.self)))
    case "inspect_request": reply(to: request, inspect(try request.content(CursorRequest.self)))
    case "is_complete_request": reply(to: request, isComplete(try request.content(CodeRequest.self)))
    case "history_request": reply(to: request, past(try request.content(HistoryRequest.self)))
    case "kernel_info_request": reply(to: request, info)
    case "comm_info_request": reply(to: request, CommunicationReply())
    case "interrupt_request": reply(to: request, StatusReply())
    case "shutdown_request":
      reply(to: request, ShutdownReply(restart: try request.content(ShutdownRequest.self).restart ?? false))
      return .endOfInput
    default: break  // messages of widgets, which require no answer
    }
    return nil
  }

  func reply(to request: Request, _ content: some Encodable) {
    let header = MessageHeader(type: request.header.type.replacing("_request", with: "_reply"), session: name)
    guard let frames = try? signer.frames(to: request.sender, header, parent: request.parent, content) else { return }
    shell.send(frames)
  }

  /// Sends an input request of a cell to the client that sent the cell.
  func ask(_ request: Request, _ content: some Encodable) {
    let header = MessageHeader(type: "input_request", session: name)
    guard let frames = try? signer.frames(to: request.sender, header, parent: request.parent, content) else { return }
    input.send(frames)
  }

  /// The pending requests.
  func waiting() -> [Request] {
    var requests: [Request] = []
    while case .message(let frames) = shell.receive(timeout: 0) {
      if let request = Request(frames, signer) { requests.append(request) }
    }
    return requests
  }
}
