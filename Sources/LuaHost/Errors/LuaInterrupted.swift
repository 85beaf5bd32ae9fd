// SPDX-License-Identifier: Apache-2.0
// What ends a script from outside, or by its own wish: no `pcall` swallows it.

/// The work was stopped by Ctrl-C (or SIGTERM).
///
/// A bound function that notices throws this; no `pcall` of a script swallows it.
package struct LuaInterrupted: LuaReportable, CustomStringConvertible {
  /// SIGTERM, not SIGINT: after cleaning up, the process should end.
  package let terminating: Bool

  package init(terminating: Bool = false) { self.terminating = terminating }

  package var kind: LuaErrorKind { .interrupted }
  package var message: String { "interrupted" }
  package var description: String { message }
}

/// A script called `os.exit`.
///
/// Everything has been unwound; the host ends the process.
package struct LuaExit: Error {
  package let status: Int32

  package init(status: Int32) { self.status = status }
}

/// The work took more instructions than it was given.
///
/// No `pcall` of a script swallows it.
package struct LuaLimitReached: LuaReportable, CustomStringConvertible {
  /// The instructions of Lua's machine that were given.
  package let instructions: Int

  package var kind: LuaErrorKind { .interrupted }
  package var message: String { "stopped after \(instructions) instructions of Lua, its limit" }
  package var description: String { message }
}
