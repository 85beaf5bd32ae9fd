// SPDX-License-Identifier: Apache-2.0
// Declarations of modules, and the catalog of all declarations.

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
  /// Names of members in other libraries, each with what to write instead.
  let foreignNames: [String: String]

  package init(
    _ name: String, _ doc: String, functions: [LuaFunction] = [], constants: [Constant] = [],
    modules: [LuaModule] = [], classes: [any LuaBoxed.Type] = [],
    records: [LuaRecordDeclaration] = [], foreignNames: [String: String] = [:]
  ) {
    self.name = name
    self.doc = doc
    self.functions = functions
    self.constants = constants
    self.modules = modules
    self.classes = classes
    self.records = records
    self.foreignNames = foreignNames
  }

  /// Functions, constants, modules.
  package var memberNames: [String] {
    functions.map(\.name) + constants.map(\.name) + modules.map(\.name)
  }
}

/// A topic of the help that is not a function or value, such as the metrics.
package struct LuaTopic: Sendable {
  package let name: String
  package let doc: String
  /// The names in the topic, each with a one-line description.
  package let rows: [(name: String, doc: String)]

  package init(_ name: String, _ doc: String, rows: [(name: String, doc: String)]) {
    self.name = name
    self.doc = doc
    self.rows = rows
  }
}

/// All declarations registered in an interpreter, for help, completion and the generated references.
package struct LuaCatalog: Sendable {
  package internal(set) var modules: [LuaModule] = []
  package internal(set) var globals: [LuaFunction] = []
  /// The topics of the help in addition to declarations.
  package var topics: [LuaTopic] = []
  /// Steps in table form that scripts have defined, by name: completion treats them like the methods of their class.
  package internal(set) var steps: [String: LuaFunction] = [:]

  package init(modules: [LuaModule] = [], globals: [LuaFunction] = []) {
    self.modules = modules
    self.globals = globals
  }

  /// All modules with their dotted names, nested ones after their parent.
  package var allModules: [(path: String, module: LuaModule)] {
    func expand(_ module: LuaModule, _ prefix: String) -> [(path: String, module: LuaModule)] {
      let path = prefix + module.name
      return [(path, module)] + module.modules.flatMap { expand($0, path + ".") }
    }
    return modules.flatMap { expand($0, "") }
  }

  /// All declared classes in order of declaration, followed by that of errors.
  package var classes: [LuaClass] {
    allModules.flatMap { $0.module.classes.map { $0.luaClass } } + [LuaErrorObject.luaClass]
  }

  /// All declared records.
  package var records: [LuaRecordDeclaration] { allModules.flatMap(\.module.records) }

  /// The class with this name.
  package func objectClass(named name: String) -> LuaClass? { classes.first { $0.name == name } }
  /// The options table with this name in annotations.
  func optionTable(named name: String) -> LuaOptionTable? {
    functions.lazy.compactMap(\.function.options).first { $0.name == name }
  }
  /// The strings that options and arguments accept.
  var optionValues: Set<String> {
    var values: Set<String> = []
    for (_, function) in functions {
      for option in function.options?.options ?? [] { values.formUnion(option.choices) }
      for argument in function.arguments { if case .strings(let names)? = argument.allowed { values.formUnion(names) } }
    }
    return values
  }
  /// The record with this name.
  package func record(named name: String) -> LuaRecordDeclaration? {
    records.first { $0.name == name }
  }
}

extension Interpreter {
  /// The declarations registered so far, for help and completion.
  package internal(set) var catalog: LuaCatalog {
    get { companions[LuaCatalog.self] ?? LuaCatalog() }
    set { companions[LuaCatalog.self] = newValue }
  }

  /// Adds a topic to the help.
  package func register(_ topic: LuaTopic) { catalog.topics.append(topic) }

  /// Adds a topic to the help, in place of one of the same name.
  package func replace(_ topic: LuaTopic) {
    catalog.topics.removeAll { $0.name == topic.name }
    register(topic)
  }

  /// Makes a step that a script defined known to completion: `{ "name", option = … }`.
  package func declare(step name: String, options: [OptionDeclaration], doc: String) {
    let table = LuaOptionTable("\(name) options", options)
    catalog.steps[name] = LuaFunction(
      name, doc, arguments: [LuaArgument("options", .options(table.name), "named options", options: table)]
    ) { _ in
      throw LuaError(.usage, "\(name) is a step", hint: "model:compress{ { \"\(name)\" } }")
    }
  }
}
