// SPDX-License-Identifier: Apache-2.0
// Which brackets of Lua's tokens are open, and which belong together.

extension LuaToken {
  var opensBracket: Bool { kind == .symbol && ["(", "[", "{"].contains(text) }
  var closesBracket: Bool { kind == .symbol && [")", "]", "}"].contains(text) }

  /// By how much the number of open brackets is higher behind the token than before it.
  var bracketStep: Int { opensBracket ? 1 : closesBracket ? -1 : 0 }
}

extension RandomAccessCollection<LuaToken> where Index == Int {
  /// Places of the brackets that are not closed, outermost first.
  var openBrackets: [Int] {
    var open: [Int] = []
    for (index, token) in zip(indices, self) {
      if token.opensBracket { open.append(index) }
      if token.closesBracket { _ = open.popLast() }
    }
    return open
  }

  /// The place of the first bracket that closes one opened before these tokens.
  var firstUnmatchedClosing: Int? {
    var depth = 0
    return indices.first { index in
      depth += self[index].bracketStep
      return depth < 0
    }
  }

  /// The place of the bracket that the one at `closing` closes.
  func opening(of closing: Int) -> Int? {
    var depth = 0
    return self[...closing].indices.last { index in
      depth -= self[index].bracketStep
      return depth == 0
    }
  }
}

/// Counts brackets and blocks that are open.
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
