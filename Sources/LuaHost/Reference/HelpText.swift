// SPDX-License-Identifier: Apache-2.0
// Formats declarations as help text.

import Options
import TextLayout

/// Writes help from declarations.
///
/// Every text ends in a newline.
package struct HelpText: Sendable {
  private let catalog: LuaCatalog
  private let width: Int

  /// `width`: the number of terminal columns for wrapping descriptions.
  package init(_ catalog: LuaCatalog, width: Int = 80) {
    self.catalog = catalog
    self.width = max(40, width)
  }

  /// The names of all declarations, for a screen that is too small for the overview.
  package var names: String {
    let functions =
      catalog.globals.map(\.name)
      + catalog.modules.flatMap { module in (module.functions.map(\.name) + module.modules.map(\.name)).map { "\(module.name).\($0)" } }
    return table([("functions", functions.joined(separator: ", ")), ("classes", catalog.classes.map(\.name).joined(separator: ", "))])
  }

  /// All declarations, one per line; for nested modules only their names.
  package var overview: String {
    let functions =
      catalog.globals.map { ($0.name, $0) }
      + catalog.modules.flatMap { module in module.functions.map { ("\(module.name).\($0.name)", $0) } }
    let inner = catalog.modules.flatMap { module in module.modules.map { ("\(module.name).\($0.name)", $0.doc) } }
    let rows = functions.map { (Self.signature(of: $0.1, path: $0.0), $0.1.doc) }
    return table(rows + inner) + "\n" + table(catalog.classes.map { ($0.name, $0.doc) })
  }

  /// Help on all declarations with this name, including Lua's own functions.
  ///
  /// Throws `LuaError` of kind `notFound` with the nearest name.
  package func text(named name: String) throws -> String {
    let found = catalog.declared(named: name)
    guard !found.isEmpty else {
      if let entry = StandardLibrary.entry(named: name) { return entry.help }
      let matches = catalog.matches(of: name)
      if !matches.isEmpty { return matchText(matches, of: name) }
      let all = catalog.names + catalog.functions.map(\.path) + StandardLibrary.entries.map(\.name)
      let nearest = Suggestion.nearest(to: name, among: all)
      throw LuaError(
        .notFound, "no help on '\(name)'",
        hint: nearest.map { "did you mean '\($0)'?" } ?? "help() lists what there is")
    }
    let exact = found.map(text(of:)).joined(separator: "\n")
    // If only fields have the name, other declarations are probably of interest too.
    let onlyFields = found.allSatisfy { if case .property = $0 { true } else { false } }
    let paths = Set(found.map(\.path))
    let others = onlyFields ? catalog.matches(of: name).filter { !paths.contains($0.path) } : []
    return exact + (others.isEmpty ? "" : "\n" + matchText(others, of: name))
  }

  /// The results of a search, one per line. If there are many, only the best are listed.
  private func matchText(_ matches: [LuaMatch], of word: String) -> String {
    let shown = matches.prefix(Self.matchLimit)
    let rest = matches.count - shown.count
    return "'\(word)' is spoken of in\n" + table(shown.map { ($0.path, $0.doc) })
      + (rest > 0 ? "… and \(rest) more; another word narrows it\n" : "") + "help \"\(Self.topic(shown.first))\" tells more\n"
  }

  /// The topic to pass to `help` next: `Model:quantize` for `granularity of Model:quantize`.
  private static func topic(_ match: LuaMatch?) -> String {
    match.map { $0.path.split(separator: " ").last.map(String.init) ?? $0.path } ?? ""
  }

  private static let matchLimit = 15

  /// Help on one declaration.
  package func text(of declared: Declared) -> String {
    switch declared {
    case .function(let function, let path): text(of: function, path: path)
    case .module(let module, let path): text(of: module, path: path)
    case .class(let owner): text(of: owner)
    case .record(let record):
      "\(record.name): \(record.doc)\n"
        + table(record.fields.map { (".\($0.name): \($0.type)", $0.doc) })
    case .topic(let topic): "\(topic.name): \(topic.doc)\n" + table(topic.rows.map { ($0.name, $0.doc) })
    case .property(let property, let path): "\(path): \(property.type)\n\(property.doc)\n"
    case .option(let option, let functions):
      "option of \(functions.joined(separator: ", "))\n" + table([row(option)])
    }
  }

  /// `Model:quantize([options]) → Model`: one line, for hints as well.
  package static func signature(of function: LuaFunction, path: String) -> String {
    let arguments = function.arguments.map { argument in
      let name =
        argument.isVariadic ? "…" : argument.options == nil ? argument.name : "{\(argument.name)}"
      return argument.isOptional && !argument.isVariadic ? "[\(name)]" : name
    }
    let call = "\(path)(\(arguments.joined(separator: ", ")))"
    switch function.resultType {
    case .nil: return call
    case .any: return function.returns.isEmpty ? call : "\(call) → \(function.returns)"
    default: return "\(call) → \(function.resultType)"
    }
  }

  private func text(of function: LuaFunction, path: String) -> String {
    var text = "\(Self.signature(of: function, path: path))\n\(function.doc)\n"
    let plain = function.arguments.filter { $0.options == nil }
    if !plain.isEmpty { text += "\narguments\n" + table(plain.map(row)) }
    for argument in function.arguments {
      guard let options = argument.options else { continue }
      let title = argument.doc.isEmpty ? "" : " (\(argument.doc))"
      text += "\n" + DisplayWidth.wrap("options\(title)", to: width) + "\n" + table(options.options.map(row))
    }
    if !function.returns.isEmpty { text += "\n" + DisplayWidth.wrap("returns \(function.returns)", to: width) + "\n" }
    if let example = function.example {
      text += "\nexample\n" + example.split(separator: "\n").map { "  \($0)\n" }.joined()
    }
    return text
  }

  private func text(of module: LuaModule, path: String) -> String {
    "\(path): \(module.doc)\n"
      + table(module.functions.map { (Self.signature(of: $0, path: $0.name), $0.doc) })
      + table(module.constants.map { ("\($0.name): \($0.type)", $0.doc) })
      + table(module.modules.map { ("\(path).\($0.name)", $0.doc) })
  }

  private func text(of owner: LuaClass) -> String {
    "\(owner.name): \(owner.doc)\n"
      + table(owner.properties.map { (".\($0.name): \($0.type)", $0.doc) })
      + table(owner.methods.map { (":" + Self.signature(of: $0, path: $0.name), $0.doc) })
  }

  private func row(_ argument: LuaArgument) -> (String, String) {
    row(argument.name, argument.type, argument.doc, argument.defaultText, argument.allowed)
  }

  private func row(_ option: OptionDeclaration) -> (String, String) {
    row(
      option.name, option.type, option.doc + (option.isRequired ? " (required)" : ""),
      option.defaultText, option.allowed)
  }

  private func row(
    _ name: String, _ type: LuaType, _ doc: String, _ defaultText: String?, _ allowed: Allowed?
  ) -> (String, String) {
    let typeText = "\(name): \(type)" + (defaultText.map { " = \($0)" } ?? "")
    return (typeText, doc + (allowed.map { "; \($0)" } ?? ""))
  }

  /// Two columns, the second of which is wrapped.
  ///
  /// A long cell in the left column occupies a separate line.
  private func table(_ rows: [(String, String)]) -> String {
    let column = min(width * 2 / 5, (rows.map { DisplayWidth.of($0.0) }.max() ?? 0) + 4)
    var text = ""
    for (left, right) in rows {
      let lines = wrapped(right, to: width - column)
      let head = "  " + left
      if DisplayWidth.of(head) + 2 > column {
        text += head + "\n"
      } else {
        text +=
          head + String(repeating: " ", count: column - DisplayWidth.of(head)) + (lines.first ?? "") + "\n"
      }
      for line in DisplayWidth.of(head) + 2 > column ? lines[...] : lines.dropFirst() {
        text += String(repeating: " ", count: column) + line + "\n"
      }
    }
    return text
  }

  private func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, DisplayWidth.of(last) + DisplayWidth.of(word) + 1 <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
