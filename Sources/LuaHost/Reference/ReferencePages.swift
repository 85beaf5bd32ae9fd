// SPDX-License-Identifier: Apache-2.0
// Formats declarations as reference pages.

import Options

/// Writes the reference in Markdown.
package struct ReferencePages: Sendable {
  /// A file.
  package struct Page: Sendable {
    /// The file name without folder: `Model.md`.
    package let file: String
    package let text: String
  }

  private let catalog: LuaCatalog
  private let title: String

  package init(_ catalog: LuaCatalog, title: String) {
    self.catalog = catalog
    self.title = title
  }

  /// A page for each module and class, one for records, one for global functions, and an index page.
  package var pages: [Page] {
    var pages = catalog.allModules.map { path, module in
      page(path, module.doc, moduleSections(module, path))
    }
    pages += catalog.classes.map { page($0.name, $0.doc, classSections($0)) }
    if !catalog.records.isEmpty {
      let records = catalog.records.map { "## \($0.name)\n\n\($0.doc)\n\n" + fields($0) }
      pages.append(page("records", "Plain tables with these fields.", records))
    }
    if !catalog.globals.isEmpty {
      pages.append(
        page(
          "globals", "Functions at the prompt.",
          catalog.globals.map { function($0, path: $0.name) }))
    }
    let list = pages.map { "- [\($0.file.dropLast(3))](\($0.file))\n" }.joined()
    return [Page(file: "README.md", text: "# \(title)\n\n\(Self.notice)\n\n" + list)] + pages
  }

  private static let notice = "Generated from the declarations; do not edit."

  private func page(_ name: String, _ doc: String, _ sections: [String]) -> Page {
    Page(
      file: name + ".md",
      text: (["# \(name)\n\n\(Self.notice)\n\n\(doc)\n"] + sections).joined(separator: "\n"))
  }

  private func moduleSections(_ module: LuaModule, _ path: String) -> [String] {
    var sections = module.functions.map { function($0, path: "\(path).\($0.name)") }
    if !module.constants.isEmpty {
      sections.append(
        rows(
          module.constants.map { [code($0.name), code("\($0.type)"), $0.doc] },
          ["Constant", "Type", ""]))
    }
    return sections
  }

  private func classSections(_ owner: LuaClass) -> [String] {
    let properties = rows(
      owner.properties.map { [code($0.name), code("\($0.type)"), $0.doc] }, ["Property", "Type", ""])
    return (owner.properties.isEmpty ? [] : [properties])
      + owner.methods.map { function($0, path: "\(owner.name):\($0.name)") }
  }

  private func fields(_ record: LuaRecordDeclaration) -> String {
    rows(
      record.fields.map { [code($0.name), code("\($0.type)"), $0.doc] }, ["Field", "Type", ""])
  }

  private func function(_ function: LuaFunction, path: String) -> String {
    var text = "## `\(HelpText.signature(of: function, path: path))`\n\n\(function.doc)\n"
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
      // a vertical bar would end the cell
      "| "
        + cells.map { $0.split(separator: "|").joined(separator: "\\|") }.joined(separator: " | ")
        + " |\n"
    }.joined()
  }
}
