// SPDX-License-Identifier: Apache-2.0
// The command: options and wiring.

import Foundation
import LineEditor
import LuaAPI
import LuaHost
import Notebook
import Platform
import REPL

@main
enum Wane {
  private static let version = LuaAPI.version + " (Lua 5.4)"

  static func main() {
    // Use the user's locale for characters only, since numbers must be independent of the locale.
    if setlocale(LC_CTYPE, "") == nil { setlocale(LC_CTYPE, "C.UTF-8") }
    do {
      let invocation = try Invocation(CommandLine.arguments)
      if invocation.showsHelp { return print(Invocation.help, terminator: "") }
      if invocation.showsVersion { print(version) }
      fflush(nil)
      finish(run(invocation))
    } catch {
      complain("\(error)\n\n" + Invocation.help)
      exit(2)
    }
  }

  /// Ends the process after cleaning up: with the default action of a signal, if it ended the work, so that a shell
  /// detects the interruption.
  private static func finish(_ end: SessionEnd) -> Never {
    fflush(nil)
    switch end {
    case .endOfInput: exit(0)
    case .exit(let status): exit(status)
    case .terminated(let number):
      signal(number, SIG_DFL)
      raise(number)
      exit(128 + number)
    }
  }

  private static func run(_ invocation: Invocation) -> SessionEnd {
    for fault in Environment.faults(in: ProcessInfo.processInfo.environment) { complain(fault) }
    do {
      if invocation.installsKernel {
        let folder = try KernelSpecification.install(executable: executable, environment: ProcessInfo.processInfo.environment)
        print("installed in \(folder)")
        return .endOfInput
      }
      let interpreter = try Interpreter(invocation.restrictions.interpreterOptions)
      defer {
        interpreter.removeInterrupts()
        interpreter.close()
      }
      try LuaAPI.open(in: interpreter)
      // A blocking read, as in io.read(), must end when a signal arrives.
      interpreter.installInterrupts(restartingSystemCalls: false)
      if invocation.referenceFolder != nil || invocation.preparesEditor {
        return try document(invocation, interpreter)
      }
      let environment = ProcessInfo.processInfo.environment
      let console = Console.standard(environment: environment, color: invocation.color)
      if invocation.connectionFile == nil { try interpreter.register(globals: [PrettyPrint.function(console)]) }
      try setArguments(invocation, in: interpreter)
      try invocation.restrictions.apply(to: interpreter, script: invocation.script)
      if let file = invocation.connectionFile {
        return try JupyterKernel(
          interpreter, Connection(file: file), version: LuaAPI.version, tour: LuaAPI.tour,
          allowsShell: !invocation.restrictions.isSafe
        ).run()
      }
      for step in invocation.steps { try perform(step, in: interpreter) }

      let hasWork = !invocation.steps.isEmpty || invocation.showsVersion
      switch invocation.script {
      case .file(let path)?:
        guard access(path, R_OK) == 0 else {
          complain("cannot open script '\(path)': \(String(cString: strerror(errno)))")
          return .exit(status: 2)
        }
        remark(onFile: path, interpreter)
        try interpreter.runFile(path, arguments: invocation.scriptArguments)
      case .standardInput?:
        try interpreter.runFile(nil, arguments: invocation.scriptArguments)
      case nil where !invocation.isInteractive && !hasWork && isatty(0) == 0:
        try interpreter.runFile(nil)
      case nil: break
      }
      let isSession =
        invocation.isInteractive || (invocation.script == nil && !hasWork && isatty(0) == 1)
      guard isSession else { return .endOfInput }
      let isSafe = invocation.restrictions.isSafe
      let session = try Session(
        interpreter, console: console, tour: LuaAPI.tour, banner: LuaAPI.banner, allowsShell: !isSafe)
      return try session.start(environment: environment, runsInit: invocation.runsInit && !isSafe)
    } catch let exit as LuaExit {
      return .exit(status: exit.status)
    } catch let interrupted as LuaInterrupted {
      complain(interrupted.message)
      return .terminated(signal: interrupted.terminating ? SIGTERM : SIGINT)
    } catch {
      complain((error as? LuaError)?.report ?? "\(error)")
      return .exit(status: 1)
    }
  }

  /// This program, as an absolute path.
  private static var executable: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

  /// Writes the files generated from the declarations, including those of the prompt.
  private static func document(
    _ invocation: Invocation, _ interpreter: Interpreter
  ) throws -> SessionEnd {
    _ = try Session(interpreter, console: .standard(environment: [:]))
    let documents = Documents(interpreter.catalog)
    if let folder = invocation.referenceFolder { try documents.writeReference(below: folder) }
    if invocation.preparesEditor { try documents.prepareEditor(in: ".") }
    return .endOfInput
  }

  /// Prints remarks about constants of other languages in a script, which Lua silently reads as nil.
  private static func remark(onFile path: String, _ interpreter: Interpreter) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    for remark in interpreter.remarks(on: text) { complain("\(path):\(remark.line): \(remark.text)") }
  }

  private static func perform(_ step: Invocation.Step, in interpreter: Interpreter) throws {
    switch step {
    case .run(let code): try interpreter.run(code, chunkName: "=(command line)")
    case .require(let module, let global):
      let require = try interpreter.load("return require(...)", chunkName: "=(command line)")
      try interpreter.globals.set(global, try require.call(module).first ?? .nil)
    }
  }

  /// Sets the global `arg` as lua(1) does: the script's name at 0, what precedes it at -1, -2, ….
  private static func setArguments(_ invocation: Invocation, in interpreter: Interpreter) throws {
    let table = interpreter.newTable()
    for (index, word) in invocation.words.enumerated() {
      try table.set(index - invocation.scriptIndex, word)
    }
    try interpreter.globals.set("arg", table)
  }

  private static func complain(_ message: String) {
    fflush(nil)
    writeAll("wane: \(message)\n", to: 2)
  }
}
