// SPDX-License-Identifier: Apache-2.0
// What a declared type lets stand at a place within a call's arguments.

import Options

/// What may stand at a place: the value of an argument, of an option, or of an entry of a table in them.
struct Expectation {
  /// The function whose argument or option it is: for a call that is written as a table, that call's.
  private(set) var function: LuaFunction
  private(set) var path: String
  private(set) var option: OptionDeclaration?
  let doc: String
  /// The alternatives.
  private let types: [LuaType]
  private let allowed: Allowed?

  /// What the argument at `position` may be.
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

  /// The strings it may be; empty when the list is open.
  var choices: [String] {
    if case .strings(let names)? = allowed { return names }
    return types.flatMap { type in if case .enumeration(let names) = type { names } else { [String]() } }
  }

  /// Everything it may be, as Lua writes it; empty when the list is open.
  var literals: [String] {
    if case .integers(let values)? = allowed { return values.map(String.init) }
    let strings = choices.map { "\"\($0)\"" }
    return types == [.boolean] ? ["true", "false"] : strings
  }

  /// The types of a function's parameters, when it may be a function.
  var parameters: [LuaType] {
    types.lazy.compactMap { type in if case .callback(let parameters, _) = type { parameters.map(\.type) } else { nil } }.first ?? []
  }

  /// Whether it may be a table whose keys are names of the receiver's content.
  var isKeyedByContent: Bool { types.contains { if case .dictionary = $0 { true } else { false } } }

  /// The options that may stand in `table`, were it here.
  func options(in table: OpenTable, _ catalogue: LuaCatalogue) -> [OptionDeclaration] {
    types.lazy.compactMap { type -> [OptionDeclaration]? in
      switch type {
      case .options(let name): catalogue.optionTable(named: name)?.options
      case .step(let step): step.method(table.leadingString, catalogue)?.options?.options ?? []
      default: nil
      }
    }.first ?? []
  }

  /// The same place, seen as the call that `table` writes down, where it does.
  func resolved(by table: OpenTable, _ catalogue: LuaCatalogue) -> Expectation {
    guard case .step(let step)? = types.first(where: { if case .step = $0 { true } else { false } }),
      let method = step.method(table.leadingString, catalogue)
    else { return self }
    var resolved = self
    (resolved.function, resolved.path, resolved.option) = (method, "\(step.owner):\(method.name)", nil)
    return resolved
  }

  /// What may stand at a key of `table`, were it here.
  func inside(_ key: TableKey, of table: OpenTable, _ catalogue: LuaCatalogue) -> Expectation? {
    for type in types {
      if let found = inside(key, type, table, catalogue) { return found }
    }
    // A list of what may also be given alone.
    guard case .at = key, types.contains(.table), case .strings? = allowed else { return nil }
    return Expectation(function, path, .string, allowed, doc, option)
  }

  private func inside(_ key: TableKey, _ type: LuaType, _ table: OpenTable, _ catalogue: LuaCatalogue) -> Expectation? {
    switch (type, key) {
    case (.options, .named(let name)):
      return options(in: table, catalogue).first { $0.name == name }.map { Expectation(function, path, $0) }
    case (.step(let step), _):
      guard key != .at(1) else { return Expectation(function, path, .enumeration(step.methods), nil, doc, option) }
      guard let method = step.method(table.leadingString, catalogue) else { return nil }
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
  func method(_ name: String?, _ catalogue: LuaCatalogue) -> LuaFunction? {
    guard let name, methods.contains(name) else { return nil }
    return catalogue.objectClass(named: owner)?.method(name)
  }
}
