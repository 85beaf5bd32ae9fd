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
  /// The field of a list's metatable that marks lists whose text consists only of their elements.
  package static let listMark = "__list"

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
    push(
      NativeFunction(self, name: "tostring", isMethod: false) { context in
        let interpreter = context.interpreter
        guard let table = context.value(1).table, table.count > 0 else { return try "{}".pushResults(to: interpreter) }
        let elements = try (1...table.count).map { position in
          let element = table[position]
          return try element.string.map { "\"\($0)\"" } ?? interpreter.describe(element)
        }
        return try "{\(elements.joined(separator: ", "))}".pushResults(to: interpreter)
      })
    shim_raw_set_field(stack, -2, "__tostring")
    shim_push_boolean(stack, true)
    shim_raw_set_field(stack, -2, Self.listMark)
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

extension LuaTable {
  /// Whether the table was made by `LuaList`, which tells an empty sequence from a table without fields.
  package var isList: Bool { (try? withTable { $0.hasMetafield(Interpreter.listMark, at: -1) }) ?? false }
}
