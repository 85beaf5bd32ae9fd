// SPDX-License-Identifier: Apache-2.0
// Runs the blocks of documents with the built command.

import Foundation
import TerminalSupport
import Testing

/// Enters the parts of a document in one session and records the output of each.
struct Player {
  let folder: String

  /// A line that marks the end of an output and does not occur in documents.
  private static func mark(_ at: Int) -> String { "\u{1}end of part \(at)\n" }

  /// The output of each part, including errors, without the last newline. A failing block of Lua or shell code is
  /// recorded as an issue.
  func play(_ document: Document) throws -> [String] {
    let input = try document.parts.enumerated().map { try typed($0.element, $0.offset) }.joined()
    let environment = WaneCommand.environment([
      "PATH": (WaneCommand.path as NSString).deletingLastPathComponent + ":/usr/bin:/bin", "HOME": folder,
      "JUPYTER_DATA_DIR": folder + "/jupyter", "TMPDIR": folder,
    ])
    let result = try WaneCommand.run(
      ["-c", "exec wane -i -E 2>&1"], input: input, environment: environment, folder: folder, program: "/bin/sh")
    var outputs: [String] = []
    var rest = Substring(result.out)
    for (at, part) in document.parts.enumerated() {
      guard let end = rest.firstRange(of: Self.mark(at)) else {
        Issue.record("line \(part.line) failed: \(part.input)\n\(rest.prefix(2000))")
        outputs.append("")
        continue
      }
      let text = rest[..<end.lowerBound]
      outputs.append(String(text.hasSuffix("\n") ? text.dropLast() : text))
      rest = rest[end.upperBound...]
    }
    return outputs
  }

  /// The input for a part, including the code that prints the end mark.
  private func typed(_ part: Document.Part, _ at: Int) throws -> String {
    // Flushed at once, so that output of other programs cannot precede it.
    let mark = "io.stdout:write('\\1end of part \(at)\\n'):flush();\n"
    func file(_ name: String) throws { try part.input.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8) }
    switch part.kind {
    case .prompt: return part.input + "\n" + mark
    case .chunk:
      try file(".block-\(at).lua")
      return "dofile '.block-\(at).lua' " + mark
    case .shell:
      try file(".block-\(at).sh")
      return "assert(os.execute 'sh -e .block-\(at).sh 2>&1') " + mark
    case .file(let name):
      try file(name)
      return mark
    case .other: return mark
    }
  }
}
