// SPDX-License-Identifier: Apache-2.0
// Modules and the catalogue of everything declared.

import Options

/// A table of functions, constants, classes and further modules.
package struct LuaModule: Sendable {
  /// A constant field.
  package struct Constant: Sendable {
    package let name: String
    package let doc: String
    package let type: LuaType
    let push: @Sendable (Interpreter) throws -> Void

    package init<V: LuaReturnable & Sendable>(_ name: String, _ doc: String, _ value: V) {
      self.name = name
      self.doc = doc
      type = V.luaType
      push = { try value.push(to: $0) }
    }
  }

  package let name: String
  package let doc: String
  package let functions: [LuaFunction]
  package let constants: [Constant]
  package let modules: [LuaModule]
  package let classes: [any LuaBoxed.Type]
  package let records: [LuaRecordDeclaration]

  package init(
    _ name: String, _ doc: String, functions: [LuaFunction] = [], constants: [Constant] = [],
    modules: [LuaModule] = [], classes: [any LuaBoxed.Type] = [],
    records: [LuaRecordDeclaration] = []
  ) {
    self.name = name
    self.doc = doc
    self.functions = functions
    self.constants = constants
    self.modules = modules
    self.classes = classes
    self.records = records
  }

  /// Functions, constants, modules.
  package var memberNames: [String] {
    functions.map(\.name) + constants.map(\.name) + modules.map(\.name)
  }
}

/// Something that is explained although it is no function or value: the metrics, say.
package struct LuaTopic: Sendable {
  package let name: String
  package let doc: String
  /// What belongs to it: names, each with a line.
  package let rows: [(name: String, doc: String)]

  package init(_ name: String, _ doc: String, rows: [(name: String, doc: String)]) {
    self.name = name
    self.doc = doc
    self.rows = rows
  }
}

/// Everything registered in an interpreter: what help, completion and the generated references read.
package struct LuaCatalogue: Sendable {
  package internal(set) var modules: [LuaModule] = []
  package internal(set) var globals: [LuaFunction] = []
  /// What help explains beside declarations.
  package var topics: [LuaTopic] = []

  package init(modules: [LuaModule] = [], globals: [LuaFunction] = []) {
    self.modules = modules
    self.globals = globals
  }

  /// All modules, nested ones after their parent, with their dotted names.
  package var allModules: [(path: String, module: LuaModule)] {
    func expand(_ module: LuaModule, _ prefix: String) -> [(path: String, module: LuaModule)] {
      let path = prefix + module.name
      return [(path, module)] + module.modules.flatMap { expand($0, path + ".") }
    }
    return modules.flatMap { expand($0, "") }
  }

  /// All declared classes, in order of declaration, and at last that of errors.
  package var classes: [LuaClass] {
    allModules.flatMap { $0.module.classes.map { $0.luaClass } } + [LuaErrorObject.luaClass]
  }

  /// All declared records.
  package var records: [LuaRecordDeclaration] { allModules.flatMap(\.module.records) }

  /// The class of this name.
  package func objectClass(named name: String) -> LuaClass? { classes.first { $0.name == name } }
  /// The table of options that annotations call so.
  func optionTable(named name: String) -> LuaOptionTable? {
    functions.lazy.compactMap(\.function.options).first { $0.name == name }
  }
  /// Texts that options and arguments take.
  var optionValues: Set<String> {
    var values: Set<String> = []
    for (_, function) in functions {
      for option in function.options?.options ?? [] { values.formUnion(option.choices) }
      for argument in function.arguments { if case .strings(let names)? = argument.allowed { values.formUnion(names) } }
    }
    return values
  }
  /// The record of this name.
  package func record(named name: String) -> LuaRecordDeclaration? {
    records.first { $0.name == name }
  }
}
