// SPDX-License-Identifier: Apache-2.0
// The functions that are only available at the prompt.

import LuaHost
import Options
import TextLayout

extension Session {
  /// The functions to register as globals: `help`, `who`, `time`, and `pp` unless it is already registered.
  static func functions(
    _ console: Console, _ interpreter: Interpreter, tour: String
  ) throws -> [LuaFunction] {
    let names = try interpreter.globals.pairs().compactMap { $0.key.string }
    let hasPrinter = interpreter.catalog.globals.contains { $0.name == PrettyPrint.name }
    let functions = [help(console, tour), time(console)] + (hasPrinter ? [] : [PrettyPrint.function(console)])
    let hidden = Set(names + functions.map(\.name) + ["who"])
    return functions + [who(console, leavingOut: hidden)]
  }

  private static let helpAll = LuaOption("all", "all of it, however long", default: false)
  private static let helpOptions = LuaOptionTable("HelpOptions", [helpAll])

  private static func help(_ console: Console, _ tour: String) -> LuaFunction {
    LuaFunction(
      "help", "Shows what is known about a function, method, class, module, option or value.",
      arguments: [
        LuaArgument(
          "topic", .any, "a value, or a name such as \"quantize\"; none for an overview", topic: true),
        LuaArgument("options", .optional(.options("HelpOptions")), "named options", options: helpOptions),
      ],
      resultType: .nil,
      example: "help \"quantize\""
    ) { context in
      let help = HelpReader(context.interpreter, tour: tour, width: console.width())
      let options = try context.value(2).table.map { try LuaOptions.read($0, as: helpOptions, for: "help") }
      let frame = options?[helpAll] == true ? DisplayFrame.whole : console.frame
      if context.count == 0 {
        console.write(help.overview(in: frame))
      } else if case .string(let name) = context.value(1) {
        console.write(HelpReader.cut(try help.text(named: name), of: name, to: frame))
      } else {
        let value = context.value(1)
        let topic = context.interpreter.declared(by: value)?.path ?? context.interpreter.typeName(of: value)
        console.write(HelpReader.cut(try help.text(of: value), of: topic, to: frame))
      }
      return LuaResults()
    }
  }

  private static func who(_ console: Console, leavingOut hidden: Set<String>) -> LuaFunction {
    LuaFunction(
      "who", "Lists the variables of this session with their types and memory use.",
      arguments: [], resultType: .nil, example: "who()"
    ) { context in
      console.write(try VariableList(context.interpreter, leavingOut: hidden).text(console.width()))
      return LuaResults()
    }
  }

  private static func time(_ console: Console) -> LuaFunction {
    LuaFunction(
      "time", "Calls a function, prints the elapsed time, and returns its results.",
      arguments: [
        LuaArgument("f", .function, "the function"),
        LuaArgument("...", .any, "its arguments", variadic: true),
      ],
      returns: "the results of the function", example: "time(model.predict, model, inputs)"
    ) { context in
      guard context.count > 0, case .function(let function) = context.value(1) else {
        throw LuaError(
          .usage, "bad argument #1 to 'time' (function expected)",
          hint: "write time(f, x), not time(f(x))")
      }
      let arguments = (1..<context.count).map { context.value($0 + 1) }
      let start = ContinuousClock.now
      let results = try function.call(with: arguments)
      console.warn(start.duration(to: .now).formatted + "\n")
      return LuaResults(all: results)
    }
  }
}
