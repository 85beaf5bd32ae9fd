// SPDX-License-Identifier: Apache-2.0
// Errors that end a script and that `pcall` cannot catch: interrupts, `os.exit` and the instruction limit.

/// The work was stopped by Ctrl-C (or SIGTERM).
///
/// A bound function that detects an interrupt throws this error, which `pcall` cannot catch.
package struct LuaInterrupted: LuaReportable, CustomStringConvertible {
  /// Whether the signal was SIGTERM instead of SIGINT, so that the process should end after cleaning up.
  package let terminating: Bool

  package init(terminating: Bool = false) { self.terminating = terminating }

  package var kind: LuaErrorKind { .interrupted }
  package var message: String { "interrupted" }
  package var description: String { message }
}

/// A script called `os.exit`.
///
/// The stack has been unwound; the host ends the process.
package struct LuaExit: Error {
  package let status: Int32

  package init(status: Int32) { self.status = status }
}

/// The instruction limit was exceeded.
///
/// `pcall` cannot catch this error.
package struct LuaLimitReached: LuaReportable, CustomStringConvertible {
  /// The limit, in instructions of the Lua VM.
  package let instructions: Int

  package var kind: LuaErrorKind { .interrupted }
  package var message: String { "stopped after \(instructions) instructions of Lua, its limit" }
  package var description: String { message }
}
