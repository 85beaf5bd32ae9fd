// SPDX-License-Identifier: Apache-2.0
// The functions only a person at the prompt needs.

import LuaHost
import Options

extension Session {
  /// `help`, `who` and `time`, to be registered as globals.
  static func functions(
    _ console: Console, _ interpreter: Interpreter, tour: String
  ) throws -> [LuaFunction] {
    let names = try interpreter.globals.pairs().compactMap { $0.key.string }
    let functions = [help(console, tour), time(console), pp(console)]
    let hidden = Set(names + functions.map(\.name) + ["who"])
    return functions + [who(console, leavingOut: hidden)]
  }

  private static func help(_ console: Console, _ tour: String) -> LuaFunction {
    LuaFunction(
      "help", "Shows what is known about a function, method, class, module, option or value.",
      arguments: [
        LuaArgument(
          "topic", .any, "a value, or a name such as \"quantize\"; none for an overview", topic: true)
      ],
      resultType: .nil,
      example: "help \"quantize\""
    ) { context in
      let help = HelpReader(context.interpreter, tour: tour, width: console.width())
      if context.count == 0 {
        console.write(help.overview)
      } else if case .string(let name) = context.value(1) {
        console.write(try help.text(named: name))
      } else {
        console.write(try help.text(of: context.value(1)))
      }
      return LuaResults()
    }
  }

  private static func who(_ console: Console, leavingOut hidden: Set<String>) -> LuaFunction {
    LuaFunction(
      "who", "Lists the variables of this session with their types and what they hold in memory.",
      arguments: [], resultType: .nil, example: "who()"
    ) { context in
      console.write(try VariableList(context.interpreter, leavingOut: hidden).text(console.width()))
      return LuaResults()
    }
  }

  private enum PrintOptions {
    static let depth = LuaOption("depth", "tables within tables", default: 10, allowed: .atLeast(1))
    static let items = LuaOption(
      "items", "entries of each table", default: 1000, allowed: .atLeast(1))
    static let table = LuaOptionTable("PrintOptions", [depth, items])
  }

  private static func pp(_ console: Console) -> LuaFunction {
    LuaFunction(
      "pp", "Shows a value as the prompt does, but more of it.",
      Arg<LuaValue>("value", "what to show"), .options(PrintOptions.table), .context,
      example: "pp({ 1, { 2, { 3 } } }, { depth = 2 })"
    ) { (value: LuaValue, options: LuaOptions, context: LuaContext) in
      var limits = DisplayLimits()
      limits.depth = options[PrintOptions.depth]
      limits.items = options[PrintOptions.items]
      limits.total = .max
      limits.stringLength = .max
      let reader = try ValueReader(context.interpreter, limits: limits)
      console.write(try reader.tree(value).text(width: console.width()) + "\n")
    }
  }

  private static func time(_ console: Console) -> LuaFunction {
    LuaFunction(
      "time", "Calls a function, tells how long it took, and returns its results.",
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

/// The variables a person made, for `who()`.
struct VariableList {
  private var rows: [(name: String, type: String, bytes: Int?, value: String)] = []

  /// - Throws: what a script's `__tostring` raises.
  init(_ interpreter: Interpreter, leavingOut hidden: Set<String>) throws {
    let pairs = try interpreter.globals.pairs().compactMap { pair in
      pair.key.string.map { (name: $0, value: pair.value) }
    }
    for (name, value) in pairs.sorted(by: { $0.name < $1.name })
    where !hidden.contains(name) && name != "_" && name != "__" {
      var bytes: Int?
      var type = interpreter.typeName(of: value)
      var shown = ""
      switch value {
      case .object(let object):
        bytes = object.luaExternalBytes
        shown = try interpreter.describe(value)
      case .string(let text): shown = text.quoted(limit: 60)
      case .table(let table):
        let contents = try table.pairs()
        let held = contents.compactMap { pair -> Int? in
          if case .object(let object) = pair.value { object.luaExternalBytes } else { nil }
        }
        if !held.isEmpty { bytes = held.reduce(0, +) }
        let fields = contents.count - table.count
        shown = [(table.count, "element"), (fields, "field")].filter { $0.0 > 0 }
          .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
        if shown.isEmpty { shown = "empty" }
      case .function: break
      case .integer(let number):
        type = "integer"
        shown = String(number)
      default: shown = try interpreter.describe(value)
      }
      let line = shown.prefix { !$0.isNewline }
      rows.append((name, type, bytes, String(line)))
    }
  }

  /// One line a variable, names and types aligned, cut to `width`.
  func text(_ width: Int) -> String {
    let nameWidth = rows.map(\.name.count).max() ?? 0
    let typeWidth = rows.map(\.type.count).max() ?? 0
    let sizes = rows.map { $0.bytes.map(Self.size) ?? "" }
    let sizeWidth = sizes.map(\.count).max() ?? 0
    return zip(rows, sizes).map { row, size in
      var line = row.name.padded(to: nameWidth) + "  " + row.type.padded(to: typeWidth)
      if sizeWidth > 0 {
        line += "  " + String(repeating: " ", count: sizeWidth - size.count) + size
      }
      line += "  " + row.value
      while line.last == " " { line.removeLast() }
      return line.count > width ? line.prefix(max(1, width - 1)) + "…\n" : line + "\n"
    }.joined()
  }

  private static func size(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "B"
    for larger in ["kB", "MB", "GB", "TB"] where value >= 1000 {
      value /= 1000
      unit = larger
    }
    let isWhole = unit == "B" || value >= 100
    let tenths = Int((value * 10).rounded())
    return (isWhole ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)") + " " + unit
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
