// SPDX-License-Identifier: Apache-2.0
// JSON values, and their text.

/// A JSON value (RFC 8259).
package enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Members in the order of the text.
  case object([Member])

  package struct Member: Equatable, Sendable {
    package let name: String
    package let value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The value of an object's member; `nil` if there is none, or if this is no object.
  package subscript(name: String) -> JSONValue? {
    if case .object(let members) = self { members.first { $0.name == name }?.value } else { nil }
  }

  /// The string, if it is one.
  package var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The deepest nesting of arrays and objects that is read and written.
  package static let deepest = 512

  /// The text.
  ///
  /// - Parameter indent: the number of spaces by which each level is indented; 0 for a single line.
  /// - Precondition: numbers are finite, as JSON has no others.
  package func text(indent: Int = 0) -> String {
    var out = ""
    write(to: &out, indent, depth: 0)
    return out
  }

  private func write(to out: inout String, _ indent: Int, depth: Int) {
    func items<Items: Collection>(_ items: Items, _ brackets: (String, String), _ write: (Items.Element, inout String) -> Void) {
      out += brackets.0
      for (position, item) in items.enumerated() {
        if position > 0 { out += indent > 0 ? "," : ", " }
        if indent > 0 { out += "\n" + String(repeating: " ", count: indent * (depth + 1)) }
        write(item, &out)
      }
      if indent > 0, !items.isEmpty { out += "\n" + String(repeating: " ", count: indent * depth) }
      out += brackets.1
    }
    switch self {
    case .null: out += "null"
    case .boolean(let flag): out += flag ? "true" : "false"
    case .integer(let value): out += "\(value)"
    case .number(let value): out += "\(value)"
    case .string(let text): Self.write(text, to: &out)
    case .array(let values): items(values, ("[", "]")) { $0.write(to: &$1, indent, depth: depth + 1) }
    case .object(let members):
      items(members, ("{", "}")) { member, out in
        Self.write(member.name, to: &out)
        out += ": "
        member.value.write(to: &out, indent, depth: depth + 1)
      }
    }
  }

  private static func write(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
