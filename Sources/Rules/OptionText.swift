// SPDX-License-Identifier: Apache-2.0
// Option values as YAML and JSON text. JSON is read as a subset of YAML.

import Options
import Yams

/// Reads and writes recipes and configurations as text.
package enum OptionText {
  /// The maximum number of values in a text, with aliases counted each time they are used.
  private static let limit = 100_000
  private static let deepest = 32

  /// Parses YAML or JSON text.
  ///
  /// - Throws: `RuleError.malformed` with line and column if the text is not valid YAML or contains a value that
  ///   option values cannot represent.
  package static func read(_ text: String) throws(RuleError) -> OptionValue {
    let node: Node?
    do { node = try Yams.compose(yaml: text) } catch {
      throw .malformed(problem: "it is not YAML: \("\(error)".split(separator: "\n").joined(separator: " "))")
    }
    guard let node else { return .null }
    var left = limit
    return try value(node, depth: 0, &left)
  }

  private static func value(_ node: Node, depth: Int, _ left: inout Int) throws(RuleError) -> OptionValue {
    left -= 1
    guard left >= 0 else { throw .malformed(problem: "it contains more than \(limit) values") }
    guard depth < deepest else { throw .malformed(problem: "it is nested more than \(deepest) deep") }
    switch node {
    case .scalar(let scalar):
      guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
      return plain(node, scalar.string)
    case .sequence(let items):
      var list: [OptionValue] = []
      for item in items { list.append(try value(item, depth: depth + 1, &left)) }
      return .list(list)
    case .mapping(let pairs):
      var fields: [String: OptionValue] = [:]
      for (key, inner) in pairs {
        guard case .scalar(let name) = key else { throw .malformed(problem: "a key is not a plain scalar") }
        fields[name.string] = try value(inner, depth: depth + 1, &left)
      }
      return .dictionary(fields)
    case .alias:
      throw .malformed(problem: "an alias has no anchor")
    }
  }

  /// An unquoted scalar.
  private static func plain(_ node: Node, _ text: String) -> OptionValue {
    if node.null != nil { return .null }
    if let flag = node.bool { return .bool(flag) }
    if let integer = node.int { return .integer(integer) }
    // Python's YAML reads 1e-12 as a string, which coremltools then converts to a number.
    if let number = node.float ?? Double(text) { return .number(number) }
    return .string(text)
  }

  /// The value as YAML, which is equal when read back.
  package static func write(_ value: OptionValue) -> String {
    do { return try Yams.serialize(node: node(value)) } catch {
      preconditionFailure("a recipe's own values are always YAML: \(error)")
    }
  }

  /// Keys that are written first; the others follow in alphabetical order.
  private static let leading = [
    "step", "config_type", "global_config", "op_type_configs", "op_name_configs", "op_patterns",
  ]

  private static func node(_ value: OptionValue) -> Node {
    switch value {
    case .null: return word("null", .null)
    case .bool(let flag): return word("\(flag)", .bool)
    case .integer(let integer): return word("\(integer)", .int)
    case .number(let number): return word(spelling(number), .float)
    case .function: return Node("(a function)", Tag(.str), .singleQuoted)
    case .string(let text):
      let isWord = (try? read(text)) == .string(text)
      return Node(text, Tag(.str), isWord ? .any : .singleQuoted)
    case .list(let items):
      let isFlat = items.allSatisfy { if case .dictionary = $0 { false } else { true } }
      return Node(items.map(node), Tag(.seq), isFlat ? .flow : .block)
    case .dictionary(let fields):
      func rank(_ key: String) -> Int { leading.firstIndex(of: key) ?? leading.count }
      let sorted = fields.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }
      return Node(sorted.map { (node(.string($0.key)), node($0.value)) }, Tag(.map), fields.isEmpty ? .flow : .block)
    }
  }

  private static func word(_ text: String, _ tag: Tag.Name) -> Node { Node(text, Tag(tag)) }

  /// With the decimal point that YAML 1.1, and so Python, requires in a number: `1.0e-12`.
  private static func spelling(_ number: Double) -> String {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    let text = "\(number)"
    guard !text.contains("."), let exponent = text.firstIndex(of: "e") else { return text }
    return text[..<exponent] + ".0" + text[exponent...]
  }
}
