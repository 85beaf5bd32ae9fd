// SPDX-License-Identifier: Apache-2.0
// Runs every block of the documents and compares its output. `scripts/documents` updates the outputs.

import Foundation
import TerminalSupport
import Testing

struct DocumentTests {
  private static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The documents with runnable blocks; each is run from beginning to end.
  static let documents = ["README.md", "docs/guide.md", "docs/coming-from-coremltools.md", "docs/experiments.md"]

  @Test(arguments: documents)
  func everyBlockPrintsWhatItSays(path: String) throws {
    let file = Self.repository + "/" + path
    let document = Document(try String(contentsOfFile: file, encoding: .utf8))
    try withFolder { folder in
      let played = try Player(folder: folder).play(document)
      if ProcessInfo.processInfo.environment["WANE_WRITE_DOCS"] != nil {
        return try document.text(with: played).write(toFile: file, atomically: true, encoding: .utf8)
      }
      #expect(played.count == document.parts.count)
      for (part, output) in zip(document.parts, played) {
        #expect(part.says(output), "\(path), line \(part.line): \(part.input)\nprinted\n\(output)\ninstead of\n\(part.expected)")
      }
    }
    #expect(document.parts.count >= 4)
  }

  /// The Python code on the page for users of coremltools runs if coremltools is installed.
  @Test(.enabled(if: CoreMLTools.python != nil, CoreMLTools.absence))
  func thePythonRuns() throws {
    let text = try String(contentsOfFile: Self.repository + "/docs/coming-from-coremltools.md", encoding: .utf8)
    let blocks = Document(text, language: "python").parts.map(\.input)
    #expect(blocks.count > 5)
    try withFolder { folder in
      let result = try WaneCommand.run(
        ["-W", "ignore", "-c", blocks.joined(separator: "\n")], folder: folder, program: try #require(CoreMLTools.python))
      #expect(result.status == 0, "\(result.err.suffix(2000))")
    }
  }

  /// A writable folder with the content of the repository's folder.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "wane-documents-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createSymbolicLink(atPath: folder + "/examples", withDestinationPath: Self.repository + "/examples")
    try body(folder)
  }
}

/// A Python that has coremltools.
enum CoreMLTools {
  static let absence: Comment = "no Python with coremltools in WANE_PYTHON"

  static let python: String? = ProcessInfo.processInfo.environment["WANE_PYTHON"].flatMap { python in
    (try? WaneCommand.run(["-W", "ignore", "-c", "import coremltools"], program: python).status) == 0 ? python : nil
  }
}
