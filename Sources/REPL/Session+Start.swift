// SPDX-License-Identifier: Apache-2.0
// Runs a session from start to end.

import LineEditor
import LuaHost
import Platform

extension Session {
  /// Greets, runs the user's start file, and converses through the best reader there is: the editor
  /// on a terminal, plain lines otherwise.
  ///
  /// - Parameters:
  ///   - environment: read are `TERM`, `WANE_HISTORY`, `WANE_INIT`, `HOME` and the XDG folders.
  ///   - runsInit: whether the start file is run.
  /// - Throws: `LineEditorError.terminal`.
  package func start(environment: [String: String], runsInit: Bool) throws -> SessionEnd {
    if runsInit, let path = Self.initFile(environment: environment),
      let end = runInitFile(path)
    {
      return end
    }
    if console.isTerminal, isatty(0) == 1, !banner.isEmpty { console.write(banner + "\n") }
    return try run(reader(environment))
  }

  private func reader(_ environment: [String: String]) -> any InputReader {
    guard let terminal = Terminal(terminalType: environment["TERM"]) else {
      return PlainReader(prompts: Self.prompts, isComplete: hooks.isComplete)
    }
    return EditingReader(
      terminal: terminal, prompts: Self.prompts, hooks: hooks,
      historyFile: HistoryFile(environment: environment), isColored: console.colors.out,
      warn: { [unowned self] in warn("\($0)".broken(to: console.width())) })
  }

  /// The user's start file: `WANE_INIT` (empty for none), else `wane/init.lua` in the XDG configuration folder.
  ///
  /// - Returns: `nil` if there is none.
  static func initFile(environment: [String: String]) -> String? {
    let path: String
    if let named = environment["WANE_INIT"] {
      // A file that is given explicitly must exist; otherwise an error is reported.
      return named.isEmpty ? nil : named
    } else if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
      path = folder + "/wane/init.lua"
    } else if let home = environment["HOME"], !home.isEmpty {
      path = home + "/.config/wane/init.lua"
    } else {
      return nil
    }
    return access(path, F_OK) == 0 ? path : nil
  }
}
