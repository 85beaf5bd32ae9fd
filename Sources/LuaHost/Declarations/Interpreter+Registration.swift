// SPDX-License-Identifier: Apache-2.0
// Creates Lua tables and metatables from declarations.
import CLuaShim
import Options

extension Interpreter {
  /// Creates a module as a global table, which `require` also returns.
  ///
  /// Reading an unknown field raises an error with a suggestion.
  package func register(_ module: LuaModule) throws {
    try reserve(16)
    try push(module, path: module.name)
    defer { pop() }
    try setLoaded(module.name)
    shim_push_globals(stack)
    shim_push_copy(stack, -2)
    shim_raw_set_field(stack, -2, module.name)
    pop()
    catalog.modules.append(module)
  }

  /// Creates global functions.
  package func register(globals functions: [LuaFunction]) throws {
    try reserve(16)
    shim_push_globals(stack)
    defer { pop() }
    for function in functions {
      push(function)
      shim_raw_set_field(stack, -2, function.name)
    }
    catalog.globals += functions
  }

  /// Sets package.loaded[name] to the table on top, which stays on the stack.
  private func setLoaded(_ name: String) throws {
    guard let loaded = globals["package"].table?["loaded"].table else {
      throw LuaError(.internal, "the table package.loaded is gone")
    }
    try loaded.set(name, LuaTable(reference(at: -1)))
  }

  private func push(_ module: LuaModule, path: String) throws {
    shim_new_table(stack, 0, Int32(clamping: module.memberNames.count))
    for function in module.functions {
      push(function)
      shim_raw_set_field(stack, -2, function.name)
    }
    for constant in module.constants {
      try constant.push(self)
      shim_raw_set_field(stack, -2, constant.name)
    }
    for inner in module.modules {
      try reserve(16)
      try push(inner, path: "\(path).\(inner.name)")
      shim_raw_set_field(stack, -2, inner.name)
    }
    for type in module.classes { _ = try classEntry(for: type) }
    shim_new_table(stack, 0, 2)
    pushStrictIndex(of: path, members: module.memberNames, foreignNames: module.foreignNames)
    shim_raw_set_field(stack, -2, "__index")
    push(string: path)
    shim_raw_set_field(stack, -2, "__name")
    shim_set_metatable(stack, -2)
  }

  /// Pushes an `__index` function that raises an error for unknown names. Members without a value are nil, and so are
  /// keys that are not names, so that `ipairs` ends.
  func pushStrictIndex(of owner: String, members: [String], foreignNames: [String: String] = [:]) {
    push(
      NativeFunction(self, name: "index", isMethod: false) { context in
        guard let name = context.value(2).string, !members.contains(name) else {
          shim_push_nil(context.interpreter.stack)
          return 1
        }
        throw LuaError(
          .usage, "\(owner) has no '\(name)'",
          hint: foreignNames[name].map { "write \($0)" } ?? Suggestion.hint(for: name, among: members, called: "it has"))
      })
  }

  /// Creates the metatable of a class, when an object is first pushed or with its module.
  func register(class type: any LuaBoxed.Type) throws -> ClassTable.Entry {
    try reserve(16)
    let declaration = type.luaClass
    let id = Int64(classes.entries.count)
    shim_push_class(stack, declaration.name, id, declaration.isClosable)
    let metamethods = declaration.behaviors.filter { $0.metamethod.hasPrefix("__") }
    for behavior in metamethods {
      let name = String(behavior.metamethod.dropFirst(2))
      push(NativeFunction(self, name: name, isMethod: false, body: guarded(behavior, declaration)))
      shim_raw_set_field(stack, -2, behavior.metamethod)
    }
    shim_new_table(stack, 0, Int32(clamping: declaration.methods.count))
    for method in declaration.methods {
      push(method)
      shim_raw_set_field(stack, -2, method.name)
    }
    push(NativeFunction(self, name: "index", isMethod: false, body: propertyBody(declaration)))
    shim_push_class_index(stack)
    shim_raw_set_field(stack, -2, "__index")
    push(NativeFunction(self, name: "newindex", isMethod: false, body: refusal(declaration)))
    shim_raw_set_field(stack, -2, "__newindex")
    let entry = ClassTable.Entry(name: declaration.name, metatable: shim_ref(stack))
    classes.add(type, entry)
    return entry
  }

  /// A closed box can still be printed.
  private func guarded(
    _ behavior: LuaBehavior, _ declaration: LuaClass
  ) -> (LuaContext) throws -> Int {
    guard behavior.metamethod == "__tostring" else { return behavior.body }
    return { context in
      let interpreter = context.interpreter
      if interpreter.boxClass(at: 1) != nil, interpreter.boxedObject(at: 1) == nil {
        interpreter.push(string: "\(declaration.name) (closed)")
        return 1
      }
      return try behavior.body(context)
    }
  }

  /// Reads a property, or an element of an indexed class.
  private func propertyBody(_ declaration: LuaClass) -> (LuaContext) throws -> Int {
    let properties = Dictionary(
      declaration.properties.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let element = declaration.behaviors.first { $0.metamethod == LuaBehavior.integerIndex }
    return { context in
      let interpreter = context.interpreter
      guard let name = interpreter.string(at: 2) else {
        if let element, interpreter.kind(at: 2) == SHIM_NUMBER {
          return try element.body(context)
        }
        shim_push_nil(interpreter.stack)
        return 1
      }
      if properties[name] == nil, let lookup = declaration.functions, let object = interpreter.boxedObject(at: 1),
        let function = lookup(object, name)
      {
        interpreter.push(function)
        return 1
      }
      guard let property = properties[name] else {
        throw LuaError(
          .usage, "\(declaration.name) has no field or method '\(name)'",
          hint: declaration.foreignNames[name].map { "write \($0)" }
            ?? Suggestion.hint(for: name, among: declaration.memberNames, called: "it has"))
      }
      let named = LuaContext(interpreter: interpreter, name: name, isMethod: false, count: 1)
      try property.get(named)
      if property.isCached {
        shim_push_copy(interpreter.stack, -1)
        shim_cache_property(interpreter.stack, 1, name)
      }
      return 1
    }
  }

  private func refusal(_ declaration: LuaClass) -> (LuaContext) throws -> Int {
    { context in
      let key = (try? context.interpreter.describe(at: 2)) ?? "field"
      throw LuaError(.usage, "\(declaration.name) is immutable: cannot set '\(key)'")
    }
  }
}
