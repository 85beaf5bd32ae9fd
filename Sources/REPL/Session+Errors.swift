// SPDX-License-Identifier: Apache-2.0
// Errors as a person at the prompt wants them: the sentence, and script lines only where they help.

import LuaHost
import Options
import TextLayout

extension Session {
  /// What is written about an error that `input` ended with.
  package func message(of error: any Error, in input: String) -> String {
    switch error {
    case let error as LuaError: text(of: error, in: input)
    case let error as LuaSyntaxError: text(of: LuaError(.usage, error.message, hint: error.hint), in: input)
    default: "\(error)"
    }
  }

  /// What is written about an error of `input`.
  ///
  /// A place within a single line is not told, nor a traceback that leads only there. An error value
  /// that is a table is shown as values are.
  private func text(of error: LuaError, in input: String) -> String {
    var sentence = error.description
    if case .table(let table)? = error.value,
      let shown = try? values.text(.table(table), in: console.frame, width: console.width())
    {
      sentence = "error: " + shown
    }
    let place = Self.shownChunkName + ":1: "
    if !input.contains("\n"), sentence.hasPrefix(place) { sentence.removeFirst(place.count) }
    sentence = sentence.escapingControls(keepingLines: true)
    if console.isTerminal { sentence = sentence.broken(to: console.width()) }
    return ([sentence] + (error.traceback.flatMap(Self.telling).map { [$0] } ?? []))
      .joined(separator: "\n")
  }

  /// A traceback that names more than host functions and the input itself; `nil` otherwise.
  private static func telling(_ traceback: String) -> String? {
    let frames = traceback.split(separator: "\n").dropFirst()
    let tells = frames.contains { frame in
      !frame.hasPrefix("\t[C]: ")
        && !(frame.hasPrefix("\t\(shownChunkName):") && frame.hasSuffix("in main chunk"))
    }
    return tells ? traceback : nil
  }

  /// ``chunkName`` as messages have it.
  private static var shownChunkName: String { String(chunkName.dropFirst()) }
}

extension String {
  /// Long lines broken at blanks, further parts indented; words longer than a line stay whole.
  func broken(to width: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard DisplayWidth.of(line) > width else { return String(line) }
      var parts: [String] = []
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        if let last = parts.last, DisplayWidth.of(last) + DisplayWidth.of(word) + 1 <= width {
          parts[parts.count - 1] += " " + word
        } else {
          parts.append((parts.isEmpty ? "" : "  ") + word)
        }
      }
      return parts.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
