// SPDX-License-Identifier: Apache-2.0
// Parses a Markdown document into inputs and their expected output.

import Foundation

/// The runnable blocks of a document, in order.
///
/// A block whose lines start with `wane> ` is a transcript: each input is followed by its output. A `lua` block is
/// run as input, unless its first line is `-- FILE.lua`: then it is the content of that file. A `sh` block is run by
/// the shell. A block without a language that directly follows one of the latter two is its output.
struct Document {
  enum Kind: Equatable {
    case prompt, chunk, shell
    case file(String)
    /// Another language, which is tested elsewhere.
    case other
  }

  struct Part {
    let kind: Kind
    let input: String
    var expected: String
    /// The line of the document in which the input starts, counted from 1.
    let line: Int
    /// The lines of `expected` in the document, counted from 0; `nil` if there is no expected output.
    let place: Range<Int>?

    /// Whether the output matches the document: `…` matches anything, and times are not compared.
    func says(_ output: String) -> Bool {
      guard place != nil else { return true }
      let pattern = Self.timeless(expected).split(separator: "…", omittingEmptySubsequences: false)
      var rest = Substring(Self.timeless(output))
      guard let first = pattern.first, rest.hasPrefix(first) else { return false }
      rest = rest.dropFirst(first.count)
      for (index, piece) in pattern.enumerated().dropFirst() {
        if index == pattern.count - 1 { return rest.count >= piece.count && rest.hasSuffix(piece) }
        guard let found = rest.firstRange(of: piece) else { return false }
        rest = rest[found.upperBound...]
      }
      return rest.isEmpty
    }

    private static func timeless(_ text: String) -> String {
      text.replacing(/[0-9][0-9.]*( a second| s\b| ms\b| µs\b)/) { match in "#" + match.output.1 }
    }
  }

  private let lines: [String]
  private(set) var parts: [Part] = []

  init(_ text: String, language: String? = nil) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var index = 0
    var outputOf: Int?
    while index < lines.count {
      let line = lines[index].drop { $0 == " " }
      guard line.hasPrefix("```") else {
        if !line.isEmpty { outputOf = nil }
        index += 1
        continue
      }
      let start = index + 1
      let end = lines[start...].firstIndex { $0.drop { $0 == " " } == "```" } ?? lines.count
      let kind = String(line.dropFirst(3))
      if let language {
        if kind == language { parts.append(part(.other, start..<end, expected: nil)) }
      } else if kind.isEmpty, lines[start..<end].contains(where: { $0.hasPrefix("wane> ") }) {
        transcript(start..<end)
        outputOf = nil
      } else if kind.isEmpty, let at = outputOf {
        parts[at] = part(
          parts[at].kind,
          parts[at].line - 1..<parts[at].line - 1 + parts[at].input.split(separator: "\n", omittingEmptySubsequences: false).count,
          expected: start..<end)
        outputOf = nil
      } else if kind == "lua" {
        let name = lines[start].wholeMatch(of: /-- ([a-z0-9-]+\.lua)/)?.output.1
        parts.append(part(name.map { .file(String($0)) } ?? .chunk, start..<end, expected: nil))
        outputOf = name == nil ? parts.count - 1 : nil
      } else if kind == "sh" {
        parts.append(part(.shell, start..<end, expected: nil))
        outputOf = parts.count - 1
      }
      index = end + 1
    }
  }

  private func part(_ kind: Kind, _ input: Range<Int>, expected: Range<Int>?) -> Part {
    Part(
      kind: kind, input: lines[input].joined(separator: "\n"), expected: expected.map { lines[$0].joined(separator: "\n") } ?? "",
      line: input.lowerBound + 1, place: expected)
  }

  private mutating func transcript(_ block: Range<Int>) {
    var index = block.lowerBound
    while index < block.upperBound {
      guard lines[index].hasPrefix("wane> ") else {
        index += 1
        continue
      }
      let start = index
      var input = String(lines[index].dropFirst(6))
      index += 1
      while index < block.upperBound, lines[index].hasPrefix("...> ") {
        input += "\n" + lines[index].dropFirst(5)
        index += 1
      }
      let next = lines[index..<block.upperBound].firstIndex { $0.hasPrefix("wane> ") } ?? block.upperBound
      // An empty line before the next input is not part of the output.
      let end = next > index && lines[next - 1].isEmpty ? next - 1 : next
      parts.append(
        Part(
          kind: .prompt, input: input, expected: lines[index..<end].joined(separator: "\n"), line: start + 1, place: index..<end))
      index = next
    }
  }

  /// The document with new outputs. Outputs that match are unchanged.
  func text(with outputs: [String]) -> String {
    var lines = lines
    for (part, output) in zip(parts, outputs).reversed() {
      guard let place = part.place, !part.says(output) else { continue }
      lines.replaceSubrange(
        place, with: output.isEmpty ? [] : output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
    return lines.joined(separator: "\n")
  }
}
