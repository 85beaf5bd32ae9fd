// SPDX-License-Identifier: Apache-2.0
// Matches brackets among Lua tokens.

extension LuaToken {
  var opensBracket: Bool { kind == .symbol && ["(", "[", "{"].contains(text) }
  var closesBracket: Bool { kind == .symbol && [")", "]", "}"].contains(text) }

  /// The change in bracket depth that the token causes.
  var bracketStep: Int { opensBracket ? 1 : closesBracket ? -1 : 0 }
}

extension RandomAccessCollection<LuaToken> where Index == Int {
  /// The indices of unclosed brackets, outermost first.
  var openBrackets: [Int] {
    var open: [Int] = []
    for (index, token) in zip(indices, self) {
      if token.opensBracket { open.append(index) }
      if token.closesBracket { _ = open.popLast() }
    }
    return open
  }

  /// The index of the first closing bracket without an opening bracket among these tokens.
  var firstUnmatchedClosing: Int? {
    var depth = 0
    return indices.first { index in
      depth += self[index].bracketStep
      return depth < 0
    }
  }

  /// The index of the opening bracket that matches the closing bracket at `closing`.
  func opening(of closing: Int) -> Int? {
    var depth = 0
    return self[...closing].indices.last { index in
      depth -= self[index].bracketStep
      return depth == 0
    }
  }
}

/// Counts open brackets and blocks.
struct LuaDepth {
  private var brackets = 0
  private var blocks = 0

  var isZero: Bool { brackets <= 0 && blocks <= 0 }
  var isInBlock: Bool { blocks > 0 }

  mutating func pass(_ token: LuaToken) {
    brackets += token.bracketStep
    switch (token.kind, token.text) {
    case (.keyword, "function"), (.keyword, "do"), (.keyword, "if"), (.keyword, "repeat"): blocks += 1
    case (.keyword, "end"), (.keyword, "until"): blocks -= 1
    default: break
    }
  }
}
