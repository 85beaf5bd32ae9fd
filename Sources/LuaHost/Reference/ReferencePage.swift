// SPDX-License-Identifier: Apache-2.0
// Declarations as a page of documentation.

/// Writes the reference in Markdown.
package struct ReferencePage: Sendable {
  private let catalogue: LuaCatalogue
  private let title: String

  package init(_ catalogue: LuaCatalogue, title: String) {
    self.catalogue = catalogue
    self.title = title
  }

  /// The whole page: modules, classes, records, global functions.
  package var text: String {
    var sections = ["# \(title)\n\nGenerated from the declarations; do not edit.\n"]
    for (path, module) in catalogue.allModules {
      sections.append("## \(path)\n\n\(module.doc)\n")
      sections += module.functions.map { function($0, path: "\(path).\($0.name)") }
      if !module.constants.isEmpty {
        sections.append(
          rows(
            module.constants.map { [code($0.name), code("\($0.type)"), $0.doc] },
            ["Constant", "Type", ""]))
      }
    }
    for owner in catalogue.classes {
      sections.append("## \(owner.name)\n\n\(owner.doc)\n")
      if !owner.properties.isEmpty {
        sections.append(
          rows(
            owner.properties.map { [code($0.name), code("\($0.type)"), $0.doc] },
            ["Property", "Type", ""]))
      }
      sections += owner.methods.map { function($0, path: "\(owner.name):\($0.name)") }
    }
    for record in catalogue.records {
      sections.append("## \(record.name)\n\n\(record.doc)\n")
      sections.append(
        rows(
          record.fields.map { [code($0.name), code("\($0.type)"), $0.doc] }, ["Field", "Type", ""]))
    }
    if !catalogue.globals.isEmpty { sections.append("## Global functions\n") }
    sections += catalogue.globals.map { function($0, path: $0.name) }
    return sections.joined(separator: "\n")
  }

  private func function(_ function: LuaFunction, path: String) -> String {
    var text = "### `\(HelpText.signature(of: function, path: path))`\n\n\(function.doc)\n"
    let plain = function.arguments.filter { $0.options == nil }
    if !plain.isEmpty {
      text +=
        "\n"
        + rows(
          plain.map { cells($0.name, $0.type, $0.defaultText, $0.doc, $0.allowed) },
          ["Argument", "Type", "Default", ""])
    }
    for options in function.arguments.compactMap(\.options) {
      text +=
        "\n"
        + rows(
          options.options.map {
            cells($0.name, $0.type, $0.isRequired ? "required" : $0.defaultText, $0.doc, $0.allowed)
          }, ["Option", "Type", "Default", ""])
    }
    if !function.returns.isEmpty { text += "\nReturns \(function.returns).\n" }
    if let example = function.example { text += "\n```lua\n\(example)\n```\n" }
    return text
  }

  private func cells(
    _ name: String, _ type: LuaType, _ defaultText: String?, _ doc: String, _ allowed: Allowed?
  ) -> [String] {
    [
      code(name), code("\(type)"), defaultText.map(code) ?? "",
      doc + (allowed.map { "; \($0)" } ?? ""),
    ]
  }

  private func code(_ text: String) -> String { "`\(text)`" }

  private func rows(_ rows: [[String]], _ titles: [String]) -> String {
    let lines = [titles, titles.map { _ in "---" }] + rows
    return lines.map { cells in
      // a bar would end the cell
      "| "
        + cells.map { $0.split(separator: "|").joined(separator: "\\|") }.joined(separator: " | ")
        + " |\n"
    }.joined()
  }
}
