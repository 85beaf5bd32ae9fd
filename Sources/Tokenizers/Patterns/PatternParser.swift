// SPDX-License-Identifier: Apache-2.0
// Reads regular expressions in the syntax of Oniguruma (Ruby), which tokenizers use.

/// A parser of regular expressions. Groups do not capture; back references, calls and `\K` are not supported.
struct PatternParser {
  struct Options {
    var ignoresCase = false
    var dotMatchesNewline = false
    var isExtended = false
  }

  let pattern: String
  let scalars: [UInt32]
  var at = 0
  private var depth = 0
  var nesting = 0

  init(_ pattern: String) {
    self.pattern = pattern
    scalars = pattern.unicodeScalars.map(\.value)
  }

  static func parse(_ pattern: String) throws(TokenizerError) -> PatternNode {
    var parser = PatternParser(pattern)
    var options = Options()
    let node = try parser.alternatives(&options)
    guard parser.at == parser.scalars.count else { throw parser.fault("a closing parenthesis without an opening one") }
    return node
  }

  func fault(_ problem: String) -> TokenizerError { .pattern(pattern, problem: problem, position: at) }

  var next: UInt32? { at < scalars.count ? scalars[at] : nil }

  func isNext(_ text: String, offset: Int = 0) -> Bool {
    var position = at + offset
    for scalar in text.unicodeScalars {
      guard position < scalars.count, scalars[position] == scalar.value else { return false }
      position += 1
    }
    return true
  }

  mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    at += text.unicodeScalars.count
    return true
  }

  private mutating func alternatives(_ options: inout Options) throws(TokenizerError) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw fault("more than 100 groups within each other") }
    var branches = [try sequence(&options)]
    while take("|") { branches.append(try sequence(&options)) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence(_ options: inout Options) throws(TokenizerError) -> PatternNode {
    var parts: [PatternNode] = []
    while let point = next, point != 0x7C, point != 0x29 {
      if options.isExtended, UnicodeTables.whiteSpace.contains(point) {
        at += 1
        continue
      }
      if options.isExtended, take("#") {
        while let point = next, point != 10 { at += 1 }
        continue
      }
      guard let atom = try atom(&options) else { continue }
      parts.append(try quantified(atom, options))
    }
    return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func atom(_ options: inout Options) throws(TokenizerError) -> PatternNode? {
    guard let point = next else { throw fault("the pattern ends early") }
    at += 1
    switch Unicode.Scalar(point) {
    case "(": return try group(&options)
    case "[": return .set(try bracket(options))
    case ".": return .set(options.dotMatchesNewline ? .all : PatternProperties.newline.inverted)
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    case "\\": return try escape(options)
    case "*", "+", "?": throw fault("a repetition of nothing")
    default: return literal(point, options)
    }
  }

  private func literal(_ point: UInt32, _ options: Options) -> PatternNode {
    let set = CodePointSet(ranges: [point...point])
    return .set(options.ignoresCase ? set.ignoringCase : set)
  }

  private mutating func group(_ options: inout Options) throws(TokenizerError) -> PatternNode? {
    guard take("?") else { return try closed(options) { $0 } }
    if take(":") { return try closed(options) { $0 } }
    if take("=") { return try closed(options) { .look($0, isAhead: true, isNegative: false) } }
    if take("!") { return try closed(options) { .look($0, isAhead: true, isNegative: true) } }
    if take(">") { return try closed(options) { .atomic($0) } }
    if take("<=") { return try behind(options, isNegative: false) }
    if take("<!") { return try behind(options, isNegative: true) }
    if take("#") {
      while let point = next, point != 0x29 { at += 1 }
      guard take(")") else { throw fault("a comment without an end") }
      return nil
    }
    if take("<") || take("P<") {
      while let point = next, point != 0x3E { at += 1 }
      guard take(">") else { throw fault("a name of a group without an end") }
      return try closed(options) { $0 }
    }
    var inner = options
    var isOn = true
    while let point = next, point != 0x3A, point != 0x29 {
      switch Unicode.Scalar(point) {
      case "-": isOn = false
      case "i": inner.ignoresCase = isOn
      case "m": inner.dotMatchesNewline = isOn
      case "x": inner.isExtended = isOn
      default: throw fault("an unknown kind of group")
      }
      at += 1
    }
    if take(":") { return try closed(inner) { $0 } }
    guard take(")") else { throw fault("a group without an end") }
    // Options without a group of their own hold up to the end of the enclosing group, alternatives included.
    var rest = inner
    return try alternatives(&rest)
  }

  private mutating func closed(_ options: Options, _ wrap: (PatternNode) -> PatternNode) throws(TokenizerError) -> PatternNode {
    var inner = options
    let node = try alternatives(&inner)
    guard take(")") else { throw fault("a group without an end") }
    return wrap(node)
  }

  private mutating func behind(_ options: Options, isNegative: Bool) throws(TokenizerError) -> PatternNode {
    let node = try closed(options) { $0 }
    let branches = if case .alternatives(let branches) = node { branches } else { [node] }
    guard branches.allSatisfy({ $0.fixedLength != nil }) else { throw fault("a look-behind of variable length") }
    return .look(node, isAhead: false, isNegative: isNegative)
  }

  // MARK: Repetition

  private mutating func quantified(_ atom: PatternNode, _ options: Options) throws(TokenizerError) -> PatternNode {
    var node = atom
    while let point = next {
      if options.isExtended, UnicodeTables.whiteSpace.contains(point) {
        at += 1
        continue
      }
      let minimum: Int
      let maximum: Int?
      var isInterval = false
      switch Unicode.Scalar(point) {
      case "*": (minimum, maximum) = (0, nil)
      case "+": (minimum, maximum) = (1, nil)
      case "?": (minimum, maximum) = (0, 1)
      case "{":
        guard let interval = interval() else { return node }
        (minimum, maximum) = interval
        isInterval = true
      default: return node
      }
      if !isInterval { at += 1 }
      if let maximum, maximum < minimum { throw fault("a repetition of at least \(minimum) and at most \(maximum)") }
      guard minimum <= 1000, maximum ?? 0 <= 1000 else { throw fault("a repetition of more than 1000 times") }
      var greed = PatternNode.Greed.greedy
      // After an interval `+` repeats it, and `?` after a fixed one makes it optional.
      if isInterval {
        if minimum != maximum, take("?") { greed = .lazy }
      } else if take("?") {
        greed = .lazy
      } else if take("+") {
        greed = .possessive
      }
      node = .loop(node, minimum: minimum, maximum: maximum, greed)
    }
    return node
  }

  /// Reads `{2}`, `{2,}`, `{,3}` or `{2,3}`; anything else stands for its characters.
  private mutating func interval() -> (Int, Int?)? {
    var position = at + 1
    func number() -> Int? {
      var value: Int?
      while position < scalars.count, (0x30...0x39).contains(scalars[position]) {
        value = min((value ?? 0) * 10 + Int(scalars[position] - 0x30), 1_000_000)
        position += 1
      }
      return value
    }
    let minimum = number()
    var maximum = minimum
    if position < scalars.count, scalars[position] == 0x2C {
      position += 1
      maximum = number()
      if minimum == nil, maximum == nil { return nil }
    } else if minimum == nil {
      return nil
    }
    guard position < scalars.count, scalars[position] == 0x7D else { return nil }
    at = position + 1
    return (minimum ?? 0, maximum)
  }

  // MARK: Escapes

  private mutating func escape(_ options: Options) throws(TokenizerError) -> PatternNode {
    guard let point = next, let scalar = Unicode.Scalar(point) else { throw fault("the pattern ends with a backslash") }
    switch scalar {
    case "b", "B", "A", "z", "Z":
      at += 1
      let assertions: [UInt32: PatternNode.Assertion] = [
        0x62: .wordBoundary, 0x42: .noWordBoundary, 0x41: .textStart, 0x7A: .textEnd, 0x5A: .lastLineEnd,
      ]
      return assertions[point].map { .assertion($0) } ?? .empty
    case "R":
      at += 1
      let pair = PatternNode.sequence([.set(CodePointSet(ranges: [13...13])), .set(CodePointSet(ranges: [10...10]))])
      return .atomic(.alternatives([pair, .set(CodePointSet(ranges: [10...13, 0x85...0x85, 0x2028...0x2029]))]))
    case "1"..."9", "k", "g", "K", "G", "X", "y", "Y":
      throw fault("\\\(scalar) is not supported")
    default:
      let set = try escapedSet()
      return .set(options.ignoresCase ? set.ignoringCase : set)
    }
  }

  /// The set of an escape after its backslash, within or outside of brackets.
  mutating func escapedSet() throws(TokenizerError) -> CodePointSet {
    guard let point = next, let scalar = Unicode.Scalar(point) else { throw fault("the pattern ends with a backslash") }
    at += 1
    func one(_ point: UInt32) -> CodePointSet { CodePointSet(ranges: [point...point]) }
    switch scalar {
    case "d": return PatternProperties.digit
    case "D": return PatternProperties.digit.inverted
    case "s": return PatternProperties.space
    case "S": return PatternProperties.space.inverted
    case "w": return PatternProperties.word
    case "W": return PatternProperties.word.inverted
    case "h": return PatternProperties.hexadecimal
    case "H": return PatternProperties.hexadecimal.inverted
    case "N": return PatternProperties.newline.inverted
    case "O": return .all
    case "t": return one(9)
    case "n": return one(10)
    case "v": return one(11)
    case "f": return one(12)
    case "r": return one(13)
    case "a": return one(7)
    case "e": return one(27)
    case "p", "P": return try property(isNegated: scalar == "P")
    case "x", "u": return one(try codePoint(digits: scalar == "x" ? 2 : 4))
    case "0":
      var value: UInt32 = 0
      for _ in 0..<2 {
        guard let digit = next, (0x30...0x37).contains(digit) else { break }
        value = value * 8 + digit - 0x30
        at += 1
      }
      return one(value)
    case "a"..."z", "A"..."Z", "1"..."9": throw fault("the escape \\\(scalar) is not supported")
    default: return one(point)
    }
  }

  private mutating func codePoint(digits: Int) throws(TokenizerError) -> UInt32 {
    func digit() -> UInt32? { next.flatMap(Unicode.Scalar.init).flatMap { Character($0).hexDigitValue }.map(UInt32.init) }
    var value: UInt32 = 0
    var count = 0
    let isBraced = take("{")
    while count < (isBraced ? 8 : digits), let more = digit() {
      value = value << 4 | more
      at += 1
      count += 1
    }
    guard count > 0, !isBraced || take("}"), Unicode.Scalar(value) != nil else { throw fault("an invalid hexadecimal code point") }
    return value
  }

  private mutating func property(isNegated: Bool) throws(TokenizerError) -> CodePointSet {
    guard take("{") else { throw fault("a property without braces") }
    var isNegated = isNegated
    if take("^") { isNegated.toggle() }
    var name = ""
    while let point = next, point != 0x7D, let scalar = Unicode.Scalar(point) {
      name.unicodeScalars.append(scalar)
      at += 1
    }
    guard take("}") else { throw fault("a property without an end") }
    guard let set = PatternProperties.named(name) else { throw fault("the property \"\(name)\" is not known") }
    return isNegated ? set.inverted : set
  }
}
