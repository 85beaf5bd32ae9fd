// SPDX-License-Identifier: Apache-2.0
// Declared functions as held by Lua.

/// A bound function with its declaration.
final class DeclaredFunction: NativeFunction {
  let declaration: LuaFunction

  init(_ interpreter: Interpreter, _ declaration: LuaFunction) {
    self.declaration = declaration
    super.init(interpreter, name: declaration.name, isMethod: declaration.receiver != nil, body: declaration.body)
  }
}

extension Interpreter {
  func push(_ function: LuaFunction) { push(DeclaredFunction(self, function)) }
}
