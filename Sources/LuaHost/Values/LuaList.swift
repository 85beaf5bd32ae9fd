// SPDX-License-Identifier: Apache-2.0
// Read-only sequences such as shapes, for which indices below 1 are errors instead of nil.
import CLuaShim
import Options

/// A sequence counted from 1 for which indices below 1 raise an error. Otherwise it behaves like a plain table.
package struct LuaList<Element: LuaReturnable>: LuaReturnable {
  private let elements: [Element]

  package init(_ elements: [Element]) { self.elements = elements }

  package static var luaType: LuaType { .sequence(Element.luaType) }

  package func push(to interpreter: Interpreter) throws {
    try elements.push(to: interpreter)
    try interpreter.pushListMetatable()
    shim_set_metatable(interpreter.stack, -2)
  }
}

extension Interpreter {
  /// Pushes the metatable that all lists share.
  fileprivate func pushListMetatable() throws {
    try reserve(8)
    if let known = classes.listMetatable { return shim_push_ref(stack, known) }
    shim_new_table(stack, 0, 1)
    push(
      NativeFunction(self, name: "index", isMethod: false) { context in
        if let position = context.value(2).integer, position < 1 { throw LuaError.countsFromOne("a sequence", position) }
        shim_push_nil(context.interpreter.stack)
        return 1
      })
    shim_raw_set_field(stack, -2, "__index")
    shim_push_copy(stack, -1)
    classes.listMetatable = shim_ref(stack)
  }
}

extension LuaError {
  /// The error for an index that was counted from 0, or from the end.
  static func countsFromOne(_ owner: String, _ position: Int) -> LuaError {
    LuaError(
      .usage, "[\(position)] of \(owner): positions count from 1",
      hint: position == 0 ? "x[1] is the first, x[#x] the last" : "the last is x[#x]")
  }
}
