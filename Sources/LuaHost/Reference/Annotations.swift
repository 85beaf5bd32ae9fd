// SPDX-License-Identifier: Apache-2.0
// Declarations as a definition file for the Lua language server.

import Options

/// Writes `---@meta` annotations, which editors use for completion and checks.
package struct Annotations: Sendable {
  private let catalog: LuaCatalog

  package init(_ catalog: LuaCatalog) { self.catalog = catalog }

  /// The text of the definition file.
  ///
  /// Loading it in Lua raises an error, since it only contains declarations.
  package var text: String {
    let header = """
      ---@meta
      -- Generated from the declarations; do not edit.
      error("a definition file is not a module")

      """
    let modules = catalog.allModules.map { module($0.module, path: $0.path) }
    let sections =
      optionTables.map(options) + steps.map(step) + catalog.records.map(record) + catalog.classes.map(objectClass)
      + modules + catalog.globals.map { function($0, path: $0.name) }
    return ([header] + sections).joined(separator: "\n")
  }

  private var optionTables: [LuaOptionTable] {
    var seen: Set<String> = []
    return catalog.functions.compactMap(\.function.options).filter {
      seen.insert($0.name).inserted
    }
  }

  private func options(_ table: LuaOptionTable) -> String {
    "---@class \(table.name)\n" + table.options.map(field).joined()
  }

  private func field(_ option: OptionDeclaration) -> String {
    let mark = option.isRequired ? "" : "?"
    let defaultText = option.defaultText.map { " (default \($0))" } ?? ""
    return "---@field \(option.name)\(mark) \(option.type.unwrapped.text(allowing: option.allowed)) "
      + "\(line(option.doc))\(defaultText)\n"
  }

  /// The types of method calls in table form that arguments or options accept.
  private var steps: [LuaStep] {
    var found: [LuaStep] = []
    func look(_ type: LuaType) {
      switch type {
      case .step(let step): if !found.contains(step) { found.append(step) }
      case .sequence(let inner), .optional(let inner), .dictionary(_, let inner), .keyedSequence(let inner): look(inner)
      case .union(let inner), .tuple(let inner): inner.forEach(look)
      default: break
      }
    }
    for (_, function) in catalog.functions {
      for argument in function.arguments { look(argument.type) }
      for option in function.options?.options ?? [] { look(option.type) }
    }
    return found
  }

  /// A class for each method, with the method's options, and its name and arguments as numbered fields.
  private func step(_ step: LuaStep) -> String {
    var names: [String] = []
    var text = ""
    for name in step.methods {
      guard let method = step.method(name, catalog) else { continue }
      names.append(name.prefix(1).uppercased() + name.dropFirst() + step.name)
      text += "---@class \(names[names.count - 1])" + (method.options.map { ": \($0.name)" } ?? "") + "\n---@field [1] \"\(name)\"\n"
      for (index, argument) in method.arguments.enumerated() where argument.options == nil {
        text += "---@field [\(index + 2)] \(argument.type.unwrapped.text(allowing: argument.allowed)) \(line(argument.doc))\n"
      }
      text += "\n"
    }
    return text + "---@alias \(step.name) \(names.joined(separator: "|"))\n"
  }

  private func record(_ record: LuaRecordDeclaration) -> String {
    "---\(line(record.doc))\n---@class \(record.name)\n"
      + record.fields.map { "---@field \($0.name) \($0.type) \(line($0.doc))\n" }.joined()
  }

  private func objectClass(_ owner: LuaClass) -> String {
    "---\(line(owner.doc))\n---@class \(owner.name)\n"
      + owner.properties.map { "---@field \($0.name) \($0.type) \(line($0.doc))\n" }.joined()
      + operators(owner) + "local \(owner.name) = {}\n\n"
      + owner.methods.map { function($0, path: "\(owner.name):\($0.name)") }.joined(separator: "\n")
  }

  private func operators(_ owner: LuaClass) -> String {
    let element = owner.elementType.flatMap { $0 == .any ? nil : $0 }
    return (element.map { "---@field [integer] \($0.unwrapped) counted from 1\n" } ?? "")
      + (owner.hasLength ? "---@operator len: integer\n" : "")
      + owner.arithmetic.map { "---@operator \($0.name)\($0.isUnary ? "" : "(any)"): \($0.type)\n" }.joined()
  }

  private func module(_ module: LuaModule, path: String) -> String {
    "---\(line(module.doc))\n\(path) = {}\n"
      + module.constants.map { "---@type \($0.type)\n\(path).\($0.name) = nil\n" }.joined() + "\n"
      + module.functions.map { function($0, path: "\(path).\($0.name)") }.joined(separator: "\n")
  }

  private func function(_ function: LuaFunction, path: String) -> String {
    var text = "---\(line(function.doc))\n"
    if let example = function.example {
      text += "---```lua\n" + example.split(separator: "\n").map { "---\($0)\n" }.joined() + "---```\n"
    }
    for argument in function.arguments {
      let name = argument.isVariadic ? "..." : escaped(argument.name)
      let mark = argument.isOptional && !argument.isVariadic ? "?" : ""
      let typeText = argument.type.unwrapped.text(allowing: argument.allowed)
      text += "---@param \(name)\(mark) \(typeText) \(line(argument.doc))\n"
    }
    if function.resultType != .nil {
      let doc = function.returns.isEmpty ? "" : " # \(line(function.returns))"
      text += "---@return \(function.resultType)\(doc)\n"
    }
    let names = function.arguments.map { $0.isVariadic ? "..." : escaped($0.name) }
    return text + "function \(path)(\(names.joined(separator: ", "))) end\n"
  }

  private func line(_ doc: String) -> String {
    doc.split(separator: "\n").joined(separator: " ")
  }

  /// Parameter names must not be reserved words.
  private func escaped(_ name: String) -> String {
    LuaLexer.keywords.contains(name) ? name + "_" : name
  }
}
