// SPDX-License-Identifier: Apache-2.0
// The function wane.options.

import Foundation
import LuaHost

enum OptionsFunction {
  static let all: [LuaFunction] = [
    LuaFunction(
      "options", "Parse command-line options, which are declared by their defaults.",
      Arg<LuaTable>("defaults", "a string, number or boolean by name, or { default, description }"), .context,
      returns: "a table of values by name; its sequence contains the other arguments",
      example: """
        local opt = wane.options{ model = "examples/digits_cnn.mlpackage", limit = { 2000, "most samples" }, verbose = false }
        print(opt.limit)  --> 2000
        """
    ) { (defaults: LuaTable, context: LuaContext) in
      let interpreter = context.interpreter
      let options = try ScriptOptions(defaults, interpreter)
      let (script, words) = commandLine(interpreter)
      do {
        switch try options.read(words) {
        case .help:
          print(options.usage(of: script), terminator: "")
          throw LuaExit(status: 0)
        case .values(let values, let rest):
          let table = interpreter.newTable()
          for (name, value) in values { try table.set(name, value) }
          for (offset, word) in rest.enumerated() { try table.set(offset + 1, word) }
          return table
        }
      } catch let fault as ScriptOptions.Fault {
        FileHandle.standardError.write(Data("\(script): \(fault.sentence)\n\(options.usage(of: script))".utf8))
        throw LuaExit(status: 2)
      }
    }
  ]

  /// The script's name and its arguments; empty at a prompt or with `-e`, where `arg` starts with the program.
  private static func commandLine(_ interpreter: Interpreter) -> (script: String, words: [String]) {
    guard let arg = interpreter.globals["arg"].table, !arg[-1].isNil else { return ("script.lua", []) }
    let words = (1...max(arg.count, 1)).compactMap { arg[$0].string }
    return (arg[0].string ?? "script.lua", words)
  }
}
