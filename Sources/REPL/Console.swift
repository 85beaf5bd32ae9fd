// SPDX-License-Identifier: Apache-2.0
// Where a session writes.

import LineEditor
import LuaHost
import Platform
import TextLayout

/// Standard output and standard error, or whatever a test puts in their place.
package struct Console: Sendable {
  /// Takes values and other answers.
  package var write: @Sendable (String) -> Void
  /// Takes errors and remarks.
  package var warn: @Sendable (String) -> Void
  /// Takes values instead of `write` where more than text can be shown, as in a notebook.
  package var display: (@Sendable (LuaPresentation, Occasion) -> Void)?
  /// Columns values are laid out for.
  package var width: @Sendable () -> Int
  /// The number of rows for a value; `nil` for no limit, as in a pipe.
  package var height: @Sendable () -> Int? = { nil }
  /// The frame for a value; unlimited if output is not displayed on a screen.
  package var frame: DisplayFrame { height().map { DisplayFrame(columns: width(), rows: $0) } ?? .whole }
  /// Whether a person reads the answers: then remarks about times are made.
  package var isTerminal = false
  package var colors = Colors(out: false, err: false)

  /// Why something is shown.
  package enum Occasion: Sendable {
    /// It is the value of the input.
    case result
    /// A function showed it.
    case picture
  }

  package init(
    write: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (String) -> Void,
    width: @escaping @Sendable () -> Int = { 80 }
  ) {
    self.write = write
    self.warn = warn
    self.width = width
  }

  /// The process's own standard output and error.
  package static func standard(
    environment: [String: String], color: ColorChoice = .auto
  ) -> Console {
    var console = Console(
      write: { emit($0, to: 1) }, warn: { emit($0, to: 2) },
      width: { DisplayFrame.terminal().columns ?? DisplayFrame.usualColumns })
    console.isTerminal = isatty(1) == 1
    if console.isTerminal { console.height = { DisplayFrame.terminal().rows } }
    console.colors = Colors(
      out: Colors.areWanted(color, isTerminal: isatty(1) == 1, environment: environment),
      err: Colors.areWanted(color, isTerminal: isatty(2) == 1, environment: environment))
    return console
  }

  /// Writes behind what `print` and others have left in the C library's buffers.
  private static func emit(_ text: String, to descriptor: Int32) {
    fflush(nil)
    writeAll(text, to: descriptor)
  }
}

/// What the command line says about colours.
package enum ColorChoice: String, Sendable { case auto, always, never }

/// Whether standard output and standard error are coloured.
package struct Colors: Equatable, Sendable {
  package let out: Bool
  package let err: Bool

  package init(out: Bool, err: Bool) {
    self.out = out
    self.err = err
  }

  /// The command line's word; else the common rule: `NO_COLOR` (not empty) says no, `FORCE_COLOR` or `CLICOLOR_FORCE` (not empty or
  /// 0) says yes, else a terminal that is not dumb is coloured.
  package static func areWanted(
    _ choice: ColorChoice = .auto, isTerminal: Bool, environment: [String: String]
  ) -> Bool {
    if choice != .auto { return choice == .always }
    if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false { return false }
    for name in ["FORCE_COLOR", "CLICOLOR_FORCE"] {
      if let value = environment[name], !["", "0"].contains(value) { return true }
    }
    return isTerminal && !["", "dumb"].contains(environment["TERM"] ?? "")
  }
}
