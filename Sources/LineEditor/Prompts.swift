// SPDX-License-Identifier: Apache-2.0
// The two prompts, and their removal from text copied from a terminal.

/// The texts before the first line of an input and before continuation lines.
package struct Prompts: Equatable, Sendable {
  package let primary: String
  /// Has the width of ``primary``, so that the lines of a block are aligned.
  package let continuation: String

  /// - Parameter continuation: padded on the left with spaces to the width of `primary`.
  package init(primary: String, continuation: String) {
    self.primary = primary
    let missing = primary.count - continuation.count
    self.continuation = String(repeating: " ", count: max(0, missing)) + continuation
  }

  /// Removes the prompts from a pasted transcript.
  ///
  /// If the first nonblank line starts with the primary prompt, or with that of `lua`, the text was copied from a
  /// session: lines with a prompt are input, and the other lines are output, which is removed. Any other text is
  /// returned unchanged, without its last line break.
  package func stripped(from pasted: String) -> String {
    let lines = pasted.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard let first = lines.first(where: { !$0.allSatisfy(\.isWhitespace) }),
      let prompt = [primary, Self.plainPrimary].first(where: { input(of: first, after: $0) != nil })
    else { return pasted.hasSuffix("\n") ? String(pasted.dropLast()) : pasted }
    return lines.compactMap { line in
      if let input = input(of: line, after: prompt) ?? input(of: line, after: continuation) { return input }
      // Spaces followed by `>`: a continuation prompt that lost its dots, or that of `lua`.
      return line.hasPrefix(" ") || prompt == Self.plainPrimary ? input(of: line, after: "> ") ?? input(of: line, after: ">> ") : nil
    }.joined(separator: "\n")
  }

  /// The prompt of `lua`. No Lua chunk starts with this character.
  private static let plainPrimary = "> "

  private func input(of line: Substring, after prompt: String) -> String? {
    let line = line.drop(while: { $0 == " " })
    let prompt = prompt.drop(while: { $0 == " " })
    if line.hasPrefix(prompt) { return String(line.dropFirst(prompt.count)) }
    // An empty input line may have lost the space at its end.
    let bare = prompt.last == " " ? prompt.dropLast() : prompt
    return !bare.isEmpty && line == bare ? "" : nil
  }
}
