// SPDX-License-Identifier: Apache-2.0
// `!command` at the prompt.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A command run by `/bin/sh` on the session's terminal.
///
/// Ctrl-C ends the command, not the session.
struct ShellCommand {
  let text: String

  /// Runs it and waits.
  ///
  /// - Returns: what to tell about an end other than success, as a shell would.
  func run() -> String? {
    let status = system(text)
    if status == -1 { return "cannot run a shell: " + String(cString: strerror(errno)) }
    // The layout of a wait status, as the macros of <sys/wait.h> read it.
    let signal = status & 0x7F
    if signal != 0 { return "ended by signal \(signal): " + String(cString: strsignal(signal)) }
    let code = (status >> 8) & 0xFF
    return code == 0 ? nil : "exit status \(code)"
  }
}
