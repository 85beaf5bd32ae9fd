// SPDX-License-Identifier: Apache-2.0
// Restrictions for untrusted scripts, and limits for scripts.
import CLuaShim
import Options

extension Interpreter {
  /// Removes files, processes, the environment, bytecode, finalizers, and modules outside of `folder`. This protects
  /// against mistakes of a script, not against attackers.
  ///
  /// `require` finds `folder/?.lua` and `folder/?/init.lua`. The files that the host's own functions may access are
  /// restricted by ``fileAccess``.
  package func restrict(modulesBelow folder: String) throws {
    try check(shim_restrict(stack, "\(folder)/?.lua;\(folder)/?/init.lua"))
  }

  /// Makes undeclared globals errors: reading a global that was never assigned, and creating a global within a
  /// function.
  package func makeGlobalsStrict() throws {
    try reserve(8)
    let globals = globals
    let declared = newTable()
    for name in try globals.pairs().compactMap(\.key.string) { try declared.set(name, true) }
    shim_push_globals(stack)
    shim_new_table(stack, 0, 2)
    push(
      NativeFunction(self, name: "index", isMethod: false) { context in
        let name = context.value(2)
        guard let text = name.string, declared[text].isNil else {
          shim_push_nil(context.interpreter.stack)
          return 1
        }
        let names = try declared.pairs().compactMap(\.key.string)
        throw LuaError(
          .usage, "undeclared global '\(text)'",
          hint: Suggestion.nearest(to: text, among: names).map { "did you mean '\($0)'?" })
      })
    shim_raw_set_field(stack, -2, "__index")
    try declared.push(to: self)
    shim_push_global_declaration(stack)
    shim_raw_set_field(stack, -2, "__newindex")
    shim_set_metatable(stack, -2)
    pop()
  }
}
