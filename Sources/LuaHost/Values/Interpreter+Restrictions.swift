// SPDX-License-Identifier: Apache-2.0
// Less than everything: for scripts of others, and for scripts that should not go on for ever.
import CLuaShim
import Options

extension Interpreter {
  /// Takes away files, programs, the environment, bytecode, finalizers, and modules other than those
  /// below `folder`: a guard against mistakes of a script, not a wall against an attacker.
  ///
  /// `require` finds `folder/?.lua` and `folder/?/init.lua`. Which files the host's own functions use
  /// is ``fileAccess``'s matter.
  package func restrict(modulesBelow folder: String) throws {
    try check(shim_restrict(stack, "\(folder)/?.lua;\(folder)/?/init.lua"))
  }

  /// Makes undeclared globals errors: reading one that was never assigned, and assigning a new one
  /// within a function.
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
