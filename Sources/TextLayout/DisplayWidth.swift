// SPDX-License-Identifier: Apache-2.0
// The width of text in terminal columns, and functions that fit text to a width.

/// Functions on the width of text in terminal columns.
package enum DisplayWidth {
  /// The width of one line of text, as ``Swift/Character/terminalWidth`` counts it.
  package static func of(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + $1.terminalWidth }
  }

  /// The text on one line with control characters escaped, since names from files must not move the cursor.
  package static func printable(_ text: String) -> String { text.escapingControls(keepingLines: false) }

  /// The text padded with spaces to `width` columns: at the end, or at the start if `right` is set. Longer text is
  /// unchanged.
  package static func pad(_ text: String, to width: Int, right: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - of(text)))
    return right ? spaces + text : text + spaces
  }

  /// The text truncated to `width` columns, with … at the end if anything was removed.
  package static func truncate(_ text: String, to width: Int) -> String {
    guard of(text) > width else { return text }
    return width > 0 ? start(of: text, columns: width - 1) + "…" : ""
  }

  /// The text shortened to `width` columns with … in the middle, since names of weights differ at both ends.
  ///
  /// - Parameter head: the number of columns before the …; half of the width by default.
  package static func shorten(_ text: String, to width: Int, head: Int? = nil) -> String {
    guard of(text) > width else { return text }
    guard width > 4 else { return truncate(text, to: width) }
    let head = head ?? (width - 1) / 2
    return start(of: text, columns: head) + "…" + end(of: text, columns: width - 1 - head)
  }

  /// The number of columns before the … that keeps most of the texts distinct when they are shortened to `width`.
  /// Ties are resolved in favor of the value nearest to half of the width.
  package static func head(for texts: [String], width: Int) -> Int? {
    guard width > 8, texts.count > 1 else { return nil }
    let half = (width - 1) / 2
    let heads = (3...(width - 4)).sorted { abs($0 - half) < abs($1 - half) }
    func distinct(_ head: Int) -> Int { Set(texts.map { shorten($0, to: width, head: head) }).count }
    var best = (head: half, count: distinct(half))
    for head in heads where best.count < texts.count {
      let count = distinct(head)
      if count > best.count { best = (head, count) }
    }
    return best.head
  }

  /// The text wrapped at spaces to lines of at most `width` columns, with indented continuation lines. Longer words
  /// are not broken.
  package static func wrap(_ text: String, to width: Int?) -> String {
    guard let width, of(text) > width else { return text }
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, of(last) + 1 + of(word) <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append((lines.isEmpty ? "" : "  ") + word)
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func start(of text: String, columns: Int) -> String {
    var used = 0
    return String(
      text.prefix { character in
        used += character.terminalWidth
        return used <= columns
      })
  }

  private static func end(of text: String, columns: Int) -> String {
    var used = 0
    let kept = text.reversed().prefix { character in
      used += character.terminalWidth
      return used <= columns
    }
    return String(kept.reversed())
  }
}

extension String {
  /// The text with control characters and bidirectional formatting characters escaped as in Lua, so that it cannot
  /// control the terminal.
  ///
  /// - Parameter keepingLines: whether line breaks and tabs are kept.
  package func escapingControls(keepingLines: Bool) -> String {
    guard unicodeScalars.contains(where: { $0.isControl && !(keepingLines && ($0 == "\n" || $0 == "\t")) }) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n", "\t":
        if keepingLines { result.unicodeScalars.append(scalar) } else { result += scalar == "\n" ? "\\n" : "\\t" }
      case "\r": result += "\\r"
      case _ where scalar.isControl && scalar.value < 0x80:
        result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      case _ where scalar.isControl: result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Whether the scalar is a control character, a line break or a bidirectional formatting character.
  package var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
