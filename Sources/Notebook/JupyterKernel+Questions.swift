// SPDX-License-Identifier: Apache-2.0
// Requests that run no code: completion, inspection, completeness of a cell, history.

import LineEditor
import Platform
import REPL

extension JupyterKernel {
  func complete(_ request: CursorRequest) -> CompleteReply {
    let before = String(request.code[..<request.cursor])
    let completion = session.complete(before)
    let start = before.index(before.endIndex, offsetBy: -completion.replacedCount, limitedBy: before.startIndex) ?? before.startIndex
    return CompleteReply(
      matches: completion.candidates.map(\.text), cursor_start: before[..<start].unicodeScalars.count,
      cursor_end: before.unicodeScalars.count)
  }

  func inspect(_ request: CursorRequest) -> InspectReply {
    guard let help = session.help(at: request.cursor, in: request.code) else { return InspectReply(found: false, data: [:]) }
    return InspectReply(found: true, data: ["text/plain": help])
  }

  func isComplete(_ request: CodeRequest) -> IsCompleteReply {
    switch session.completeness(of: request.code) {
    case .complete: IsCompleteReply(status: "complete", indent: nil)
    case .incomplete: IsCompleteReply(status: "incomplete", indent: session.indentation(after: request.code))
    case .invalid: IsCompleteReply(status: "invalid", indent: nil)
    }
  }

  /// Inputs of this session: the most recent ones, a range, or those that match a glob pattern.
  func past(_ request: HistoryRequest) -> HistoryReply {
    var found = history[...]
    switch request.hist_access_type {
    case "range":
      let (start, stop) = (request.start ?? 0, request.stop ?? .max)
      found = history.filter { $0.line >= start && $0.line < stop }[...]
    case "search":
      let pattern = request.pattern ?? "*"
      found = history.filter { fnmatch(pattern, $0.input, 0) == 0 }[...]
      if request.unique == true {
        var seen: Set<String> = []
        found = found.reversed().filter { seen.insert($0.input).inserted }.reversed()[...]
      }
    default: break
    }
    if request.hist_access_type != "range", let n = request.n { found = found.suffix(max(0, n)) }
    return HistoryReply(
      history: found.map { .init(line: $0.line, input: $0.input, withOutput: request.output ?? false) })
  }
}
