// SPDX-License-Identifier: Apache-2.0
// Globals, and access to values by reference.
import CLuaShim

extension Interpreter {
  /// The table of globals.
  package var globals: LuaTable {
    shim_push_globals(stack)
    return LuaTable(LuaReference(popping: self))
  }

  /// A new empty table.
  package func newTable() -> LuaTable {
    shim_new_table(stack, 0, 0)
    return LuaTable(LuaReference(popping: self))
  }

  /// Converts a Swift value to a Lua value.
  package func value(_ value: any LuaReturnable) throws -> LuaValue {
    try value.push(to: self)
    defer { pop() }
    return LuaValue(self, at: -1)
  }

  /// The value that a reference refers to.
  package func value(of reference: LuaReference) -> LuaValue {
    push(reference)
    defer { pop() }
    return LuaValue(self, at: -1)
  }

  /// The rich representations of a value, returned by its metatable's `__mimebundle`; empty without one.
  ///
  /// - Throws: any error from that function.
  package func forms(of value: LuaValue) throws -> [String: String] {
    guard let bundle = metatable(of: value)?["__mimebundle"].function else { return [:] }
    return try bundle.call(value, returning: [String: String].self, role: "__mimebundle function")
  }
  /// The result of `tostring(value)`; may run a script's `__tostring`.
  package func describe(_ value: LuaValue) throws -> String {
    try value.push(to: self)
    defer { pop() }
    return try describe(at: -1)
  }

  /// A declared property of an object.
  ///
  /// - Throws: any error from the property.
  func property(_ name: String, of object: any LuaReturnable) throws -> LuaValue {
    try reserve(8)
    let level = top
    defer { pop(top - level) }
    try object.push(to: self)
    push(string: name)
    try check(shim_get(stack, -2))
    return LuaValue(self, at: -1)
  }

  /// `Model`, `table`, `integer`…: the class of a value, as used in messages.
  package func typeName(of value: LuaValue) -> String {
    do { try value.push(to: self) } catch { return "value" }
    defer { pop() }
    return typeName(at: -1)
  }
}

extension Interpreter {
  /// A Lua function from a Swift closure, for one interpreter; the closure may capture anything.
  package func function(
    _ name: String, _ body: @escaping (LuaContext) throws -> LuaResults
  ) -> LuaClosure {
    push(
      NativeFunction(self, name: name, isMethod: false) { context in
        try body(context).pushResults(to: context.interpreter)
      })
    return LuaClosure(LuaReference(popping: self))
  }
}

extension LuaError {
  /// The raised value, if a script raised a value other than a string or an error object.
  package var value: LuaValue? {
    guard let reference = raised?.reference, let interpreter = reference.interpreter else {
      return nil
    }
    return interpreter.value(of: reference)
  }
}
