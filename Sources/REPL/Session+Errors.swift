// SPDX-License-Identifier: Apache-2.0
// Formats errors for the prompt: the message, and script lines only where they are useful.

import LuaHost
import Options
import TextLayout

extension Session {
  /// The text for an error that ended `input`.
  package func message(of error: any Error, in input: String) -> String {
    switch error {
    case let error as LuaError: text(of: error, in: input)
    case let error as LuaSyntaxError: text(of: LuaError(.usage, error.message, hint: error.hint), in: input)
    default: "\(error)"
    }
  }

  /// The text for an error of `input`.
  ///
  /// The position within a single-line input is omitted, as is a traceback that only contains the input. An error
  /// value that is a table is displayed like a value.
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

  /// A traceback that contains frames other than host functions and the input itself; `nil` otherwise.
  private static func telling(_ traceback: String) -> String? {
    let frames = traceback.split(separator: "\n").dropFirst()
    let tells = frames.contains { frame in
      !frame.hasPrefix("\t[C]: ")
        && !(frame.hasPrefix("\t\(shownChunkName):") && frame.hasSuffix("in main chunk"))
    }
    return tells ? traceback : nil
  }

  /// ``chunkName`` as written in messages.
  private static var shownChunkName: String { String(chunkName.dropFirst()) }
}

extension String {
  /// The text with long lines wrapped at spaces and continuation lines indented. Longer words are not broken.
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
