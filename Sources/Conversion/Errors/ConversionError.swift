// SPDX-License-Identifier: Apache-2.0
// Errors of conversions.

/// An error in a source model, or in the options of its conversion.
package enum ConversionError: Error {
  /// Nodes that have no form in an ML Program.
  case unsupported(path: String, target: String, [UnsupportedOperator], skipped: Int)
  /// The graph contradicts its format.
  case invalid(path: String, detail: String)
  /// Extents that are not fixed and have no range.
  case openDimensions(path: String, [(input: String, axis: Int, name: String?)])
  case unknownName(kind: String, name: String, known: [String])
  case option(String)
  /// The program that resulted is not valid: a defect of the conversion.
  case brokenProgram(path: String, detail: String)
}

extension ConversionError {
  static var everyOutputIsAState: ConversionError {
    .option("every output updates a state, but a model returns at least one value: outputs = { … } names what to return")
  }
}

extension ConversionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unsupported(let path, let target, let operators, let skipped):
      Self.list(path, target, operators, skipped)
    case .invalid(let path, let detail): "\(path): \(detail)"
    case .openDimensions(let path, let axes):
      "\(path): these extents are not fixed:\n"
        + axes.map { "  input '\($0.input)', axis \($0.axis)" + ($0.name.map { " ('\($0)')" } ?? "") }.joined(separator: "\n")
    case .unknownName(let kind, let name, let known):
      "there is no \(kind) '\(name)', expected one of \(known.prefix(20).joined(separator: ", "))"
    case .option(let detail): detail
    case .brokenProgram(let path, let detail): "\(path): the converted program is not valid: \(detail)"
    }
  }

  /// A line that helps to continue; `nil` if the message says it all.
  package var hint: String? {
    switch self {
    case .openDimensions(_, let axes):
      "give sizes or ranges: dims = { "
        + axes.prefix(4).map { axis in
          let name = axis.name ?? "name"
          return (Self.isIdentifier(name) ? name : "[\"\(name)\"]") + " = { 1, 512, default = 64 }"
        }.joined(separator: ", ") + " }, or inputs = { name = { shape = { … } } }"
    case .unsupported: "outputs = { … } converts only what these outputs need; constants = { … } gives inputs a fixed value"
    default: nil
    }
  }

  private static func isIdentifier(_ name: String) -> Bool {
    name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && name.first?.isNumber == false
  }

  private static func list(_ path: String, _ target: String, _ operators: [UnsupportedOperator], _ skipped: Int) -> String {
    let nodes = operators.reduce(0) { $0 + $1.nodes.count }
    let kinds = Set(operators.map { "\($0.domain):\($0.name)" }).count
    var lines = [
      "\(path): \(nodes) \(nodes == 1 ? "node" : "nodes") of \(kinds) \(kinds == 1 ? "operator" : "operators") have no form in an ML Program of \(target)"
    ]
    let sorted = operators.sorted { ($1.nodes.count, $0.name) < ($0.nodes.count, $1.name) }
    for entry in sorted.prefix(20) {
      let domain = entry.domain.isEmpty ? "" : " (\(entry.domain))"
      let shown = entry.nodes.prefix(3).joined(separator: ", ") + (entry.nodes.count > 3 ? ", …" : "")
      lines.append("  \(entry.title)\(domain)  \(entry.nodes.count) ×  \(entry.reason)  at \(shown)")
    }
    if sorted.count > 20 { lines.append("  and \(sorted.count - 20) more") }
    if skipped > 0 { lines.append("  \(skipped) nodes that depend on them were not examined") }
    return lines.joined(separator: "\n")
  }
}
