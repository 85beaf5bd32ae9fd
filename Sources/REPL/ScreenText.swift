// SPDX-License-Identifier: Apache-2.0
// Truncates multi-line text to the size of the screen.

import TextLayout

enum ScreenText {
  /// The first lines of a text and the number of omitted lines. Lines wider than the screen count as the number of
  /// rows that they occupy.
  ///
  /// - Parameter remedy: describes how to see the rest.
  static func cut(_ text: String, to frame: DisplayFrame, remedy: String) -> String {
    guard let rows = frame.lines else { return text }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var used = 0
    var shown = 0
    for line in lines {
      let width = DisplayWidth.of(line)
      used += frame.columns.map { max(1, (width + $0 - 1) / max(1, $0)) } ?? 1
      guard used <= rows else { break }
      shown += 1
    }
    guard shown < lines.count else { return text }
    let kept = max(1, shown - 1)
    // A single line may occupy more rows than the screen has.
    let first =
      kept == 1 && shown == 0
      ? [DisplayWidth.truncate(String(lines[0]), to: rows * (frame.columns ?? 80))] : lines[..<kept].map(String.init)
    let rest = lines.count - kept
    return (first + ["… \(rest) more line\(rest == 1 ? "" : "s"); \(remedy)"]).joined(separator: "\n")
  }
}
