// SPDX-License-Identifier: Apache-2.0
// The options of compression methods, after training and during it, that assign other options to some of the weights.

import LuaHost
import Options

enum RuleOptions {
  /// The options of the flat format, read by `Rules`.
  ///
  /// - Parameter own: the name of the method's options table, which is also the type of the entries.
  static func flat(own: String) -> [OptionDeclaration] {
    let own = LuaType.union([.options(own), .boolean])
    return [
      OptionDeclaration("op_types", .dictionary(.string, own), "options by type of operator; false for no compression"),
      OptionDeclaration("op_names", .dictionary(.string, own), "options by name of a weight or operator; false for no compression"),
      OptionDeclaration("op_patterns", .sequence(.tuple([.string, own])), "a sequence of { Lua pattern, options }"),
    ]
  }

  static let configurationClass = OptionDeclaration(
    "config_type", .string, "coremltools' configuration class, for options in its form")
}
