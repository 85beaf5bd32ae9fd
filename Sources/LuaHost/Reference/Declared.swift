// SPDX-License-Identifier: Apache-2.0
// Finds the declaration of a name or value.
import CLuaShim
import Options

/// A declaration, with the name by which scripts access it.
package enum Declared: Sendable {
  /// `wane.load`, `Model:quantize`, or a global function.
  case function(LuaFunction, path: String)
  case module(LuaModule, path: String)
  case `class`(LuaClass)
  case record(LuaRecordDeclaration)
  /// `Model.size`.
  case property(LuaProperty, path: String)
  case topic(LuaTopic)
  /// An option and the functions that accept it.
  case option(OptionDeclaration, of: [String])

  /// The name by which it can be looked up: `wane.load`, `Model.size`, `nbits of Model:palettize`.
  package var path: String {
    switch self {
    case .function(_, let path), .module(_, let path), .property(_, let path): path
    case .class(let owner): owner.name
    case .record(let record): record.name
    case .topic(let topic): topic.name
    case .option(let option, let functions): "\(option.name) of \(functions.first ?? "")" + (functions.count > 1 ? " and others" : "")
    }
  }
}

extension LuaCatalog {
  /// Every function and method with its path, in order of declaration.
  package var functions: [(path: String, function: LuaFunction)] {
    let global = globals.map { (path: $0.name, function: $0) }
    let inModules = allModules.flatMap { path, module in
      module.functions.map { (path: "\(path).\($0.name)", function: $0) }
    }
    let methods = classes.flatMap { owner in
      owner.methods.map { (path: "\(owner.name):\($0.name)", function: $0) }
    }
    return global + inModules + methods
  }

  /// The declarations for a name, which is a path (`wane.load`, `Model:quantize`, `Model.quantize`) or a plain name
  /// (`quantize`, `Model`, `nbits`).
  ///
  /// Options are only included if there is no other declaration with the name.
  package func declared(named name: String) -> [Declared] {
    var found: [Declared] = []
    found += allModules.filter { $0.path == name }.map { .module($0.module, path: $0.path) }
    found += classes.filter { $0.name == name }.map { .class($0) }
    found += records.filter { $0.name == name }.map { .record($0) }
    let dottedName = String(name.map { $0 == ":" ? "." : $0 }).lowercased()
    for (path, function) in functions {
      let dotted = String(path.map { $0 == ":" ? "." : $0 })
      // Variables often have the name of their class: model:quantize
      if [path, dotted, function.name].contains(name) || (dotted.lowercased() == dottedName) {
        found.append(.function(function, path: path))
      }
    }
    for owner in classes {
      for property in owner.properties {
        let path = "\(owner.name).\(property.name)"
        if [path, property.name].contains(name) { found.append(.property(property, path: path)) }
      }
    }
    found.insert(contentsOf: topics.filter { $0.name == name }.map { .topic($0) }, at: 0)
    // A field must not hide an option with the same name.
    let isFact = found.allSatisfy { declared in
      switch declared {
      case .topic, .property: true
      default: false
      }
    }
    return isFact ? found + options(named: name).map { .option($0.option, of: $0.functions) } : found
  }

  /// The options with this name. Those with equal declarations are merged.
  private func options(
    named name: String
  ) -> [(option: OptionDeclaration, functions: [String])] {
    var found: [(option: OptionDeclaration, functions: [String])] = []
    for (path, function) in functions {
      guard let option = function.options?[name] else { continue }
      let same = found.firstIndex { $0.option.doc == option.doc && $0.option.type == option.type }
      if let same {
        found[same].functions.append(path)
      } else {
        found.append((option, [path]))
      }
    }
    return found
  }

  /// All names that `declared(named:)` finds, for suggestions.
  package var names: [String] {
    let options = functions.flatMap { $0.function.options?.options.map(\.name) ?? [] }
    let properties = classes.flatMap { $0.properties.map(\.name) }
    let all = functions.map(\.function.name) + allModules.map(\.path) + classes.map(\.name)
    return Array(Set(all + records.map(\.name) + topics.map(\.name) + properties + options)).sorted()
  }
}

extension Interpreter {
  /// The declaration of a value: a bound function, a registered module, the class of an object, or the record of a
  /// table.
  ///
  /// It does not run Lua code.
  package func declared(by value: LuaValue) -> Declared? {
    switch value {
    case .function(let closure):
      guard let function = declaration(of: closure) else { return nil }
      let known = catalog.functions.first {
        $0.function.name == function.name && $0.function.receiver == function.receiver
          && $0.function.doc == function.doc
      }
      return .function(function, path: known?.path ?? function.name)
    case .object:
      return value.box.map { .class(type(of: $0).luaClass) }
    case .table:
      let name = typeName(of: value)
      if let record = catalog.record(named: name) { return .record(record) }
      return catalog.allModules.first { $0.path == name }.map { .module($0.module, path: name) }
    default:
      return nil
    }
  }

  /// The declaration of a property or method in an expression: `model.size`.
  ///
  /// It does not run Lua code.
  package func declared(byExpression text: String) -> Declared? {
    let tokens = Array(LuaLexer(text))
    guard tokens.count > 2, let name = tokens.last, name.kind == .name,
      [".", ":"].contains(tokens[tokens.count - 2].text)
    else { return nil }
    let reader = ExpressionReader(self)
    guard let meaning = reader.meaning(endingAt: tokens.dropLast(2)),
      let owner = reader.owner(of: meaning)
    else { return nil }
    if let property = owner.property(String(name.text)) {
      return .property(property, path: "\(owner.name).\(name.text)")
    }
    return owner.method(String(name.text)).map { .function($0, path: "\(owner.name):\(name.text)") }
  }

  /// The declaration of a bound function; nil for a function defined in a script or in Lua's library.
  package func declaration(of closure: LuaClosure) -> LuaFunction? {
    guard (try? closure.push(to: self)) != nil else { return nil }
    defer { pop() }
    guard let context = shim_function_context(stack, -1) else { return nil }
    return (Unmanaged<NativeFunction>.fromOpaque(context).takeUnretainedValue() as? DeclaredFunction)?.declaration
  }

  /// The metatable of a value as a table, even if it is hidden from scripts.
  ///
  /// It does not run Lua code.
  package func metatable(of value: LuaValue) -> LuaTable? {
    guard (try? value.push(to: self)) != nil else { return nil }
    defer { pop() }
    guard shim_push_metatable(stack, -1) else { return nil }
    return LuaTable(LuaReference(popping: self))
  }
}
