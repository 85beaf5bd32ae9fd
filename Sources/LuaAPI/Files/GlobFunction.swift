// SPDX-License-Identifier: Apache-2.0
// The function wane.glob.

import LuaHost
import Options

enum GlobFunction {
  static let all: [LuaFunction] = [
    LuaFunction(
      "glob", "The files and folders that match a pattern: * and ? within a name, [a-z], {a,b}, and ** for folders at any depth.",
      Arg<String>("pattern", "a path with wildcards; ~/ is the home folder"), .context,
      returns: "a sequence of paths, sorted; empty without a match",
      example: "print(#wane.glob \"/no/such/folder/*.png\")  --> 0"
    ) { (pattern: String, context: LuaContext) in
      let interpreter = context.interpreter
      guard !pattern.contains("\0") else { throw LuaError(.usage, "glob: the pattern contains a zero byte") }
      let path = try context.read(1, "pattern", as: GlobPattern.self).text
      return LuaList(
        FilePattern(path).matches(isCancelled: { Interrupts.isPending }).filter { interpreter.fileAccess.refusal(of: $0) == nil })
    }
  ]
}

/// A pattern whose fixed first folders may be accessed.
private struct GlobPattern: LuaConvertible {
  let text: String

  static var luaType: LuaType { .string }

  func push(to interpreter: Interpreter) { text.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> GlobPattern {
    let text = try String.read(interpreter, at: index)
    let fixed = FilePattern(text).fixedFolder
    // Also expands ~/ in front.
    let folder = try PathArgument(fixed.isEmpty ? "." : fixed, interpreter).path
    return GlobPattern(text: fixed.isEmpty ? text : folder + text.dropFirst(fixed.count))
  }
}
