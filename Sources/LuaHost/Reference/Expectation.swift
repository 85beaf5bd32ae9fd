// SPDX-License-Identifier: Apache-2.0
// The values that a declared type permits at a position in a call's arguments.

import Options

/// The permitted values at a position: of an argument, an option, or an entry of a table in them.
struct Expectation {
  /// The function of the argument or option; for a call in table form, the function that is called.
  private(set) var function: LuaFunction
  private(set) var path: String
  private(set) var option: OptionDeclaration?
  let doc: String
  /// The alternatives.
  private let types: [LuaType]
  private let allowed: Allowed?

  /// The permitted values of the argument at `position`.
  init?(_ function: LuaFunction, path: String, position: Int) {
    guard function.arguments.indices.contains(position) else { return nil }
    let argument = function.arguments[position]
    self.init(function, path, argument.type, argument.allowed, argument.doc, nil)
  }

  private init(
    _ function: LuaFunction, _ path: String, _ type: LuaType, _ allowed: Allowed?, _ doc: String, _ option: OptionDeclaration?
  ) {
    self.function = function
    self.path = path
    self.allowed = allowed
    self.doc = doc
    self.option = option
    types = type.alternatives
  }

  private init(_ function: LuaFunction, _ path: String, _ option: OptionDeclaration) {
    self.init(function, path, option.type, option.allowed, option.doc, option)
  }

  /// The permitted strings; empty if any string is permitted.
  var choices: [String] {
    if case .strings(let names)? = allowed { return names }
    return types.flatMap { type in if case .enumeration(let names) = type { names } else { [String]() } }
  }

  /// The permitted values as Lua literals; empty if the list is not closed.
  var literals: [String] {
    if case .integers(let values)? = allowed { return values.map(String.init) }
    let strings = choices.map { "\"\($0)\"" }
    return types == [.boolean] ? ["true", "false"] : strings
  }

  /// The types of the parameters, if a function is permitted.
  var parameters: [LuaType] {
    types.lazy.compactMap { type in if case .callback(let parameters, _) = type { parameters.map(\.type) } else { nil } }.first ?? []
  }

  /// Whether a table whose keys are names in the receiver's content is permitted.
  var isKeyedByContent: Bool { types.contains { if case .dictionary = $0 { true } else { false } } }

  /// The options that can be set in `table` at this position.
  func options(in table: OpenTable, _ catalog: LuaCatalog) -> [OptionDeclaration] {
    types.lazy.compactMap { type -> [OptionDeclaration]? in
      switch type {
      case .options(let name): catalog.optionTable(named: name)?.options
      case .step(let step): step.method(table.leadingString, catalog)?.options?.options ?? []
      default: nil
      }
    }.first ?? []
  }

  /// The position in the call that `table` represents, if it is a call in table form.
  func resolved(by table: OpenTable, _ catalog: LuaCatalog) -> Expectation {
    guard case .step(let step)? = types.first(where: { if case .step = $0 { true } else { false } }),
      let method = step.method(table.leadingString, catalog)
    else { return self }
    var resolved = self
    (resolved.function, resolved.path, resolved.option) = (method, "\(step.owner):\(method.name)", nil)
    return resolved
  }

  /// The permitted values for a key of `table` at this position.
  func inside(_ key: TableKey, of table: OpenTable, _ catalog: LuaCatalog) -> Expectation? {
    for type in types {
      if let found = inside(key, type, table, catalog) { return found }
    }
    // A list whose elements may also be given without the list.
    guard case .at = key, types.contains(.table), case .strings? = allowed else { return nil }
    return Expectation(function, path, .string, allowed, doc, option)
  }

  private func inside(_ key: TableKey, _ type: LuaType, _ table: OpenTable, _ catalog: LuaCatalog) -> Expectation? {
    switch (type, key) {
    case (.options, .named(let name)):
      return options(in: table, catalog).first { $0.name == name }.map { Expectation(function, path, $0) }
    case (.step(let step), _):
      guard key != .at(1) else {
        return Expectation(function, path, .enumeration(step.methods + catalog.steps.keys.sorted()), nil, doc, option)
      }
      guard let method = step.method(table.leadingString, catalog) else { return nil }
      let path = "\(step.owner):\(method.name)"
      switch key {
      case .named(let name): return method.options?[name].map { Expectation(method, path, $0) }
      case .at(let index): return Expectation(method, path: path, position: index - 2)
      }
    case (.dictionary(_, let element), .named), (.sequence(let element), .at), (.keyedSequence(let element), .at):
      return Expectation(function, path, element, allowed, doc, option)
    case (.tuple(let elements), .at(let index)) where elements.indices.contains(index - 1):
      return Expectation(function, path, elements[index - 1], nil, doc, option)
    default: return nil
    }
  }
}

extension StepType {
  /// The declaration of one of the methods.
  func method(_ name: String?, _ catalog: LuaCatalog) -> LuaFunction? {
    if let name, let step = catalog.steps[name] { return step }
    guard let name, methods.contains(name) else { return nil }
    return catalog.objectClass(named: owner)?.method(name)
  }
}
