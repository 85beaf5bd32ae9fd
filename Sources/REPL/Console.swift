// SPDX-License-Identifier: Apache-2.0
// The output of a session.

import LineEditor
import LuaHost
import Platform
import TextLayout

/// Standard output and standard error, or replacements for tests.
package struct Console: Sendable {
  /// Writes values and other output.
  package var write: @Sendable (String) -> Void
  /// Writes errors and remarks.
  package var warn: @Sendable (String) -> Void
  /// Displays values instead of `write` if the front end supports more than text, as in a notebook.
  package var display: (@Sendable (LuaPresentation, Occasion) -> Void)?
  /// The number of columns for the layout of values.
  package var width: @Sendable () -> Int
  /// The number of rows for a value; `nil` for no limit, as in a pipe.
  package var height: @Sendable () -> Int? = { nil }
  /// The frame for a value; unlimited if output is not displayed on a screen.
  package var frame: DisplayFrame { height().map { DisplayFrame(columns: width(), rows: $0) } ?? .whole }
  /// Whether the output is read by a user, in which case elapsed times are reported.
  package var isTerminal = false
  package var colors = Colors(out: false, err: false)

  /// The reason why a value is displayed.
  package enum Occasion: Sendable {
    /// It is the value of the input.
    case result
    /// A function displayed it.
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

  /// The standard output and error of the process.
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

  /// Writes text in order with the output that `print` and others have left in the C library's buffers.
  private static func emit(_ text: String, to descriptor: Int32) {
    fflush(nil)
    writeAll(text, to: descriptor)
  }
}

/// The color setting on the command line.
package enum ColorChoice: String, Sendable { case auto, always, never }

/// Whether standard output and standard error are colored.
package struct Colors: Equatable, Sendable {
  package let out: Bool
  package let err: Bool

  package init(out: Bool, err: Bool) {
    self.out = out
    self.err = err
  }

  /// The command line setting, or else the usual rule: `NO_COLOR` (not empty) disables colors, `FORCE_COLOR` or
  /// `CLICOLOR_FORCE` (not empty or
  /// 0) enables them, and otherwise they are used on terminals that are not dumb.
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
