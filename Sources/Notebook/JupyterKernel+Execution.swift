// SPDX-License-Identifier: Apache-2.0
// Execution of cells.

import LuaHost
import Platform
import REPL
import Synchronization

/// The number of the current cell, which is included with displayed values.
final class SharedCount: Sendable {
  let count = Atomic(0)
}

extension JupyterKernel {
  /// Runs a cell. After an error, pending cells are aborted.
  func execute(_ request: Request, _ cell: ExecuteRequest) -> SessionEnd? {
    let isSilent = cell.silent ?? false
    publisher.begin(request.parent, isSilent: isSilent)
    if !isSilent, cell.store_history ?? true {
      shared.count.add(1, ordering: .relaxed)
      history.append((count, cell.code))
    }
    publisher.publish("execute_input", InputEcho(code: cell.code, execution_count: count))

    asking = cell.allow_stdin ?? false ? request : nil
    defer { asking = nil }
    var end: SessionEnd?
    var failure: ErrorOutput?
    var expressions: [String: ExpressionReply] = [:]
    activity.isBusy.store(true, ordering: .releasing)
    do {
      try session.execute(cell.code)
      expressions = try (cell.user_expressions ?? [:]).mapValues { try value(of: $0) }
    } catch let exit as LuaExit {
      end = .exit(status: exit.status)
    } catch let interrupted as LuaInterrupted {
      if interrupted.terminating { end = .terminated(signal: SIGTERM) }
      failure = ErrorOutput(name: "interrupted", message: "interrupted")
    } catch {
      failure = self.failure(error, in: cell.code)
    }
    activity.isBusy.store(false, ordering: .releasing)
    session.forgetInterrupt()
    capture.drain()

    guard let failure else {
      reply(to: request, ExecuteReply(status: "ok", execution_count: count, user_expressions: expressions))
      return end
    }
    publisher.publish("error", failure)
    reply(
      to: request,
      ExecuteReply(
        status: "error", execution_count: count, ename: failure.ename, evalue: failure.evalue, traceback: failure.traceback))
    return end ?? (cell.stop_on_error ?? true ? abortWaiting() : nil)
  }

  private func failure(_ error: any Error, in code: String) -> ErrorOutput {
    let kind = (error as? any LuaReportable)?.kind.rawValue ?? "error"
    return ErrorOutput(name: kind, message: session.message(of: error, in: code))
  }

  /// - Throws: `LuaExit` and `LuaInterrupted` only.
  private func value(of expression: String) throws -> ExpressionReply {
    do {
      let shown = try session.value(ofExpression: expression)
      return ExpressionReply(status: "ok", data: shown.forms.merging(["text/plain": shown.text]) { $1 }, metadata: [:])
    } catch let error where error is LuaExit || error is LuaInterrupted {
      throw error
    } catch {
      let failure = failure(error, in: expression)
      return ExpressionReply(status: "error", ename: failure.ename, evalue: failure.evalue, traceback: failure.traceback)
    }
  }

  /// Cells that were queued before an error are aborted.
  private func abortWaiting() -> SessionEnd? {
    for request in waiting() {
      guard request.header.type == "execute_request" else {
        if let end = answer(request) { return end }
        continue
      }
      publisher.tell("busy", of: request.parent)
      reply(to: request, ExecuteReply(status: "aborted", execution_count: count))
      publisher.tell("idle", of: request.parent)
    }
    return nil
  }
}

extension ErrorOutput {
  /// - Parameter message: the message, optionally followed by a traceback.
  fileprivate init(name: String, message: String) {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let sentence = lines.prefix { $0 != "stack traceback:" }.joined(separator: "\n")
    self.init(
      ename: name, evalue: sentence,
      traceback: ["\u{1B}[31m\(sentence)\u{1B}[0m"] + lines.drop { $0 != "stack traceback:" })
  }
}
