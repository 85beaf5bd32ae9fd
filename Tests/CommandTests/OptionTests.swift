// SPDX-License-Identifier: Apache-2.0
// Command line options, which follow lua(1).

import Foundation
import TerminalSupport
import Testing

/// Runs `body` in a folder with these files.
private func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
  let folder = NSTemporaryDirectory() + "wane-command-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  for (name, text) in files {
    try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
  }
  try body(folder)
}

struct OptionTests {
  @Test(arguments: [
    (["-e", "print(1)"], "1\n"),
    (["-eprint(1)", "-e", "x = 2", "-e", "print(x)"], "1\n2\n"),
    (["-e", ""], ""),
    (["-lstring", "-e", "print(string.rep('a', 2))"], "aa\n"),
    (["-l", "s=string", "-e", "print(s == string)"], "true\n"),
    (
      ["-e", "print(arg[0] == nil, arg[1], arg[2])", "--"],
      "false\t-e\tprint(arg[0] == nil, arg[1], arg[2])\n"
    ),
  ])
  func runsStepsInOrder(arguments: [String], out: String) throws {
    let result = try WaneCommand.run(arguments)
    #expect(result == CommandResult(out: out, err: "", status: 0))
  }

  @Test func stepsComeInTheOrderGiven() throws {
    try withFiles(["mod.lua": "print('mod') return {v = x}"]) { folder in
      let result = try WaneCommand.run(
        ["-e", "x = 1", "-l", "mod", "-e", "print(mod.v)"], folder: folder)
      #expect(result == CommandResult(out: "mod\n1\n", err: "", status: 0))
    }
  }

  @Test func scriptFindsItsArguments() throws {
    let script = "print(arg[0], arg[1], arg[2], #arg, arg[-1], arg[-2], ...)"
    try withFiles(["s.lua": script]) { folder in
      let result = try WaneCommand.run(["-e", "y = 1", "s.lua", "-v", "b c"], folder: folder)
      #expect(result.out == "s.lua\t-v\tb c\t2\ty = 1\t-e\t-v\tb c\n")
      #expect(result.status == 0)
    }
  }

  @Test func doubleDashEndsTheOptions() throws {
    try withFiles(["-s.lua": "print('ran', ...)"]) { folder in
      let result = try WaneCommand.run(["--", "-s.lua", "-x"], folder: folder)
      #expect(result.out == "ran\t-x\n")
    }
  }

  @Test func standardInputIsAScript() throws {
    let script = "#!/usr/bin/env wane\nlocal a = ...\nprint('in', a, arg[0], arg[1])"
    #expect(try WaneCommand.run(["-", "w"], input: script).out == "in\tw\t-\tw\n")
    #expect(try WaneCommand.run([], input: "print(#arg) return 5").out == "0\n")
  }

  @Test func theFileThatOutputGoesToIsNotReplaced() throws {
    let script = """
      print("before")
      print(pcall(wane.save_npy, "out.txt", wane.zeros({ 2 })))
      print("after")
      """
    try withFiles(["s.lua": script]) { folder in
      let command = "cd '\(folder)' && '\(WaneCommand.path)' s.lua > out.txt"
      #expect(try WaneCommand.run(["-c", command], program: "/bin/sh") == CommandResult(out: "", err: "", status: 0))
      let out = try String(contentsOfFile: folder + "/out.txt", encoding: .utf8)
      #expect(out == "before\nfalse\tcannot write out.txt: the output of this program goes there, and would be lost\nafter\n")
    }
  }

  @Test func shebangLineIsSkippedAndLinesStillCount() throws {
    try withFiles(["s.lua": "#!/usr/bin/env -S wane\nerror('here')"]) { folder in
      let result = try WaneCommand.run(["s.lua"], folder: folder)
      #expect(result.err.hasPrefix("wane: s.lua:2: here\nstack traceback:\n"))
    }
  }

  @Test func executableScriptRunsByItsShebang() throws {
    try withFiles(["s.lua": "#!\(WaneCommand.path)\nprint('run', ...)"]) { folder in
      let path = folder + "/s.lua"
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      let result = try WaneCommand.run(["x"], program: path)
      #expect(result == CommandResult(out: "run\tx\n", err: "", status: 0))
    }
  }

  @Test func versionAndHelpGoToStandardOutput() throws {
    for option in ["-v", "--version"] {
      let result = try WaneCommand.run([option])
      #expect(result.out.hasPrefix("wane ") && result.out.contains("Lua 5.4"))
      #expect(result.err == "" && result.status == 0)
    }
    for option in ["-h", "--help"] {
      let result = try WaneCommand.run([option])
      #expect(result.out.hasPrefix("usage: wane"))
      #expect(result.err == "" && result.status == 0)
    }
  }
}

struct StatusTests {
  @Test(arguments: [["-x"], ["--what"], ["-e"], ["-l"], ["-ix"]])
  func wrongUsageIsTwo(arguments: [String]) throws {
    let result = try WaneCommand.run(arguments)
    #expect(result.status == 2)
    #expect(result.out == "")
    #expect(result.err.contains("usage: wane"))
  }

  @Test func missingScriptIsTwo() throws {
    let result = try WaneCommand.run(["/nonexistent.lua"])
    #expect(result.status == 2)
    #expect(result.err.contains("/nonexistent.lua"))
  }

  @Test func scriptErrorIsOneWithATraceback() throws {
    let result = try WaneCommand.run(["-e", "local function f() error('boom') end f()"])
    #expect(result.status == 1)
    #expect(result.out == "")
    #expect(result.err.hasPrefix("wane: (command line):1: boom\nstack traceback:\n"))
    #expect(result.err.contains("in main chunk"))
  }

  @Test func syntaxErrorIsOne() throws {
    let result = try WaneCommand.run(["-e", "x ="])
    #expect(result.status == 1)
    #expect(result.err.contains("unexpected symbol"))
  }

  @Test func firstFailureEndsTheRun() throws {
    #expect(try WaneCommand.run(["-e", "error()", "-e", "print(1)"]).out == "")
  }

  @Test func bytecodeIsRefused() throws {
    let result = try WaneCommand.run(["-e", "print(load(string.dump(function() end)))"])
    #expect(result.out.contains("binary"))
  }

  @Test func osExitPassesThrough() throws {
    let result = try WaneCommand.run(["-e", "io.write('x') os.exit(7)"])
    #expect(result == CommandResult(out: "x", err: "", status: 7))
    #expect(try WaneCommand.run(["-e", "pcall(os.exit, false)"]).status == 1)
  }

  /// The instruction set is selected when the first loop runs. The result is the same at every level, and unknown
  /// levels are errors.
  @Test(arguments: ["", "portable", "avx2", "avx512"]) func instructionSetsAreNamedByTheEnvironment(level: String) throws {
    let steps = ["-e", "print(wane.tensor{ 1.5, 1 / 3 }:cast 'float16':cast 'float32':sum())"]
    let result = try WaneCommand.run(steps, environment: WaneCommand.environment(["WANE_ISA": level]))
    // 1/3 is 0.333251953125 in half precision.
    #expect(result == CommandResult(out: "1.833251953125\n", err: "", status: 0))
    let refused = try WaneCommand.run(steps, environment: WaneCommand.environment(["WANE_ISA": level + "2048"]))
    #expect(refused.status == 2 && refused.out.isEmpty)
    #expect(refused.err == "wane: WANE_ISA is '\(level)2048': expected portable, avx2 or avx512\n")
  }

  @Test func interruptEndsAScriptBySignal() throws {
    let loop = "io.write('on') io.flush() while true do pcall(function() while true do end end) end"
    let result = try WaneCommand.run(["-e", loop], signaling: SIGINT)
    #expect(result.status == 130)
    #expect(result.out == "on")
    #expect(try WaneCommand.run(["-e", loop], signaling: SIGTERM).status == 143)
  }
}
