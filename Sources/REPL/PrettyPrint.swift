// SPDX-License-Identifier: Apache-2.0
// The function `pp`, which formats values like the prompt. It is also available in scripts.

import LuaHost
import Options
import TextLayout

package enum PrettyPrint {
  static let name = "pp"

  private enum Options {
    static let depth = LuaOption("depth", "maximum depth of nested tables", default: 10, allowed: .atLeast(1))
    static let items = LuaOption(
      "items", "maximum number of entries per table", default: 1000, allowed: .atLeast(1))
    static let table = LuaOptionTable("PrintOptions", [depth, items])
  }

  /// The global function, which writes to `console`.
  package static func function(_ console: Console) -> LuaFunction {
    LuaFunction(
      name, "Shows a value as the prompt does, but more of it.",
      Arg<LuaValue>("value", "what to show"), .options(Options.table), .context,
      example: "pp({ 1, { 2, { 3 } } }, { depth = 2 })"
    ) { (value: LuaValue, options: LuaOptions, context: LuaContext) in
      var limits = DisplayLimits()
      limits.depth = options[Options.depth]
      limits.items = options[Options.items]
      limits.total = .max
      limits.stringLength = .max
      let reader = try ValueReader(context.interpreter, limits: limits)
      console.write(try reader.text(value, width: console.width()) + "\n")
    }
  }
}
