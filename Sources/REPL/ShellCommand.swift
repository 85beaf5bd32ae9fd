// SPDX-License-Identifier: Apache-2.0
// `!command` at the prompt.

import LuaHost
import Platform

/// A command run by `/bin/sh` on the session's terminal.
///
/// Ctrl-C ends the command, not the session.
struct ShellCommand {
  let text: String

  /// The folder in a command that is only `cd`, which would have no effect in a separate shell; `nil` for any other
  /// command.
  static func folder(ofChange command: String) -> String? {
    let words = command.split(whereSeparator: \.isWhitespace)
    guard words.first == "cd", words.count <= 2 else { return nil }
    let home = getenv("HOME").map { String(cString: $0) } ?? "."
    let folder = words.count == 2 ? String(words[1]) : home
    guard !folder.contains(where: { "&|;<>$`\"'*?\\".contains($0) }) else { return nil }
    return folder == "~" ? home : folder.hasPrefix("~/") ? home + folder.dropFirst() : folder
  }

  /// Changes the working directory of the session.
  ///
  /// - Returns: the full path.
  static func change(to folder: String) throws -> String {
    guard chdir(folder) == 0, let path = getcwd(nil, 0) else {
      throw LuaError(.notFound, "cannot go to '\(folder)': \(String(cString: strerror(errno)))")
    }
    defer { free(path) }
    return String(cString: path)
  }

  /// Runs the command and waits for its end.
  ///
  /// - Returns: a message if the command failed, as in a shell.
  func run() -> String? {
    let status = system(text)
    if status == -1 { return "cannot run a shell: " + String(cString: strerror(errno)) }
    // The layout of a wait status as in the macros of <sys/wait.h>.
    let signal = status & 0x7F
    if signal != 0 { return "ended by signal \(signal): " + String(cString: strsignal(signal)) }
    let code = (status >> 8) & 0xFF
    return code == 0 ? nil : "exit status \(code)"
  }
}
