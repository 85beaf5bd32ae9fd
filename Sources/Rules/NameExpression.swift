// SPDX-License-Identifier: Apache-2.0
// Regular expressions of coremltools' module_name_configs, which must match a whole name.

import WeightStorage

/// A subset of Python's regular expressions that needs no backtracking: no lookaround, no backreferences.
///
/// A dot in a module path, written `.` or `\.`, also matches the underscore that replaces it in a program. Matching
/// takes time proportional to the product of the lengths of expression and name.
struct NameExpression: Sendable {
  private indirect enum Node: Sendable {
    case one(@Sendable (Character) -> Bool)
    case sequence([Node])
    case either([Node])
    case times(Node, ClosedRange<Int>)
  }

  let text: String
  private let root: Node

  /// - Throws: `RuleError.malformed` for an invalid or unsupported regular expression.
  init(_ text: String) throws(RuleError) {
    self.text = text
    var parser = Parser(text)
    root = try parser.whole()
  }

  /// Whether the expression matches the name of a weight or operator, or the name of the module that the weight came
  /// from.
  func fits(_ name: String) -> Bool { matches(name) || matches(Self.modulePath(name)) }

  /// The module that a weight came from: `layers_0_conv` for `layers_0_conv_weight_to_fp16`.
  private static func modulePath(_ name: String) -> String {
    let parameter = WeightSuffix.removed(from: name, WeightSuffix.all + ["_to_fp16"])
    return parameter.hasSuffix("_weight") ? String(parameter.dropLast("_weight".count)) : parameter
  }

  /// Whether the expression matches the whole name.
  func matches(_ name: String) -> Bool {
    let characters = Array(name)
    return Self.ends(root, characters, [0]).contains(characters.count)
  }

  /// The possible end positions of a node that starts at one of `starts`.
  private static func ends(_ node: Node, _ name: [Character], _ starts: Set<Int>) -> Set<Int> {
    switch node {
    case .one(let fits): return Set(starts.filter { $0 < name.count && fits(name[$0]) }.map { $0 + 1 })
    case .sequence(let parts): return parts.reduce(starts) { ends($1, name, $0) }
    case .either(let parts): return parts.reduce(into: []) { $0.formUnion(ends($1, name, starts)) }
    case .times(let inner, let range):
      var current = starts
      for _ in 0..<range.lowerBound { current = ends(inner, name, current) }
      var all = current
      var turns = range.lowerBound
      while turns < range.upperBound, !current.isEmpty {
        current = ends(inner, name, current).subtracting(all)
        all.formUnion(current)
        turns += 1
      }
      return all
    }
  }

  // MARK: Reading

  private struct Parser {
    private let text: String
    private let characters: [Character]
    private var at = 0
    private var depth = 0

    init(_ text: String) {
      self.text = text
      characters = Array(text)
    }

    private var next: Character? { at < characters.count ? characters[at] : nil }

    private func fault(_ problem: String) -> RuleError {
      .malformed(problem: "module_name_configs: the expression '\(text)' \(problem)")
    }

    mutating func whole() throws(RuleError) -> Node {
      let node = try alternatives()
      guard next == nil else { throw fault("has a ) without a (") }
      return node
    }

    private mutating func alternatives() throws(RuleError) -> Node {
      depth += 1
      defer { depth -= 1 }
      guard depth < 32 else { throw fault("is nested too deeply") }
      var all = [try sequence()]
      while next == "|" {
        at += 1
        all.append(try sequence())
      }
      return all.count == 1 ? all[0] : .either(all)
    }

    private mutating func sequence() throws(RuleError) -> Node {
      var parts: [Node] = []
      while let character = next, character != "|", character != ")" {
        at += 1
        // Anchors are redundant: whole names are matched anyway.
        if character == "^" && parts.isEmpty || character == "$" && (next == nil || next == "|" || next == ")") { continue }
        parts.append(try repeated(try atom(character)))
      }
      return .sequence(parts)
    }

    private mutating func atom(_ character: Character) throws(RuleError) -> Node {
      switch character {
      case "(":
        if next == "?" {
          at += 1
          guard next == ":" else { throw fault("uses (?…), of which only (?:…) is supported") }
          at += 1
        }
        let inner = try alternatives()
        guard next == ")" else { throw fault("has a ( without a )") }
        at += 1
        return inner
      case "[": return .one(try members())
      case "\\": return .one(try escaped())
      case ".": return .one { _ in true }
      case "*", "+", "?", "{": throw fault("repeats nothing with \(character)")
      default: return .one { $0 == character }
      }
    }

    private mutating func escaped() throws(RuleError) -> @Sendable (Character) -> Bool {
      guard let character = next else { throw fault("ends with \\") }
      at += 1
      switch character {
      case "d": return { $0.isASCII && $0.isNumber }
      case "D": return { !($0.isASCII && $0.isNumber) }
      case "w": return { $0.isLetter || $0.isNumber || $0 == "_" }
      case "W": return { !($0.isLetter || $0.isNumber || $0 == "_") }
      case "s": return { $0.isWhitespace }
      case "S": return { !$0.isWhitespace }
      case ".": return { $0 == "." || $0 == "_" }
      default:
        guard !character.isLetter, !character.isNumber else { throw fault("uses \\\(character), which is not known") }
        return { $0 == character }
      }
    }

    private mutating func members() throws(RuleError) -> @Sendable (Character) -> Bool {
      var tests: [@Sendable (Character) -> Bool] = []
      let isNegated = next == "^"
      if isNegated { at += 1 }
      var isFirst = true
      while let character = next, character != "]" || isFirst {
        isFirst = false
        at += 1
        if character == "\\" {
          tests.append(try escaped())
        } else if next == "-", at + 1 < characters.count, characters[at + 1] != "]" {
          let last = characters[at + 1]
          at += 2
          guard character <= last else { throw fault("has a range from \(character) to \(last)") }
          tests.append { (character...last).contains($0) }
        } else {
          tests.append { $0 == character }
        }
      }
      guard next == "]" else { throw fault("has a [ without a ]") }
      at += 1
      let all = tests
      return { character in all.contains { $0(character) } != isNegated }
    }

    private mutating func repeated(_ node: Node) throws(RuleError) -> Node {
      var node = node
      while let character = next {
        switch character {
        case "*": node = .times(node, 0...Int.max)
        case "+": node = .times(node, 1...Int.max)
        case "?": node = .times(node, 0...1)
        case "{": node = .times(node, try counts())
        default: return node
        }
        at += 1
        // Lazy and greedy quantifiers are equivalent if the whole name must match.
        if next == "?" { at += 1 }
      }
      return node
    }

    /// Parses `{2}`, `{2,}`, `{2,4}`; ends at the brace.
    private mutating func counts() throws(RuleError) -> ClosedRange<Int> {
      guard let end = characters[at...].firstIndex(of: "}") else { throw fault("has a { without a }") }
      let parts = String(characters[at + 1..<end]).split(separator: ",", omittingEmptySubsequences: false)
      at = end
      guard let low = parts.first.flatMap({ Int($0) }), (0...1000).contains(low), parts.count <= 2 else {
        throw fault("has a repeat count that is not an integer from 0 to 1000")
      }
      guard parts.count == 2 else { return low...low }
      if parts[1].isEmpty { return low...Int.max }
      guard let high = Int(parts[1]), high >= low, high <= 1000 else {
        throw fault("has a repeat range whose end is not an integer from \(low) to 1000")
      }
      return low...high
    }
  }
}
