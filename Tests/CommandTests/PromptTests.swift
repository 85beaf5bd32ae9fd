// SPDX-License-Identifier: Apache-2.0
// The command on a terminal.

import Foundation
import TerminalSupport
import Testing

private func openPrompt(
  _ arguments: [String] = [], _ extra: [String: String] = [:]
) throws -> PseudoTerminal {
  let settings = ["TERM": "xterm", "NO_COLOR": "1"].merging(extra) { $1 }
  let terminal = try PseudoTerminal(
    WaneCommand.path, arguments, environment: WaneCommand.environment(settings))
  try terminal.expect("wane> ")
  return terminal
}

extension PseudoTerminal {
  /// Waits for the first output after an input was accepted. At that point the terminal is in its normal mode again.
  fileprivate func expectAnswer(_ text: String) throws {
    try expect("\u{1B}[?2004l" + text + "\r\n")
  }

  /// Types a line and waits for its result.
  fileprivate func ask(_ line: String, _ answer: String) throws {
    type(line + "\r")
    try expectAnswer(answer)
  }

  /// Types a line and waits for the next prompt.
  func run(_ line: String) throws {
    type(line + "\r")
    try expectPrompt()
  }

  /// Leaves from the next prompt.
  func leave() throws {
    try expectPrompt()
    type("\u{4}")
    #expect(try finish().status == 0)
  }

  /// Waits for the next prompt. A control key that is typed earlier would be handled by the terminal instead of the
  /// editor.
  func expectPrompt() throws {
    try expect("\u{1B}[?2004h")
    try expect("wane> ")
  }
}

@Suite(.serialized)
struct PromptTests {
  @Test func showsValuesAndEndsWithControlD() throws {
    let terminal = try openPrompt()
    try terminal.ask("6 * 7", "42")
    try terminal.leave()
  }

  @Test func controlCAtThePromptDropsTheLine() throws {
    let terminal = try openPrompt()
    try terminal.run("x = 1")
    terminal.type("x = 2\u{3}")
    try terminal.expect("x = 2^C\r\n")
    try terminal.expectPrompt()
    try terminal.ask("'is ' .. x", "\"is 1\"")
    try terminal.leave()
  }

  @Test(arguments: [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "coroutine.wrap(function() while true do end end)()",
    "setmetatable({}, {__tostring = function() while true do end end})",
  ])
  func controlCDuringAComputationComesBack(code: String) throws {
    let terminal = try openPrompt()
    try terminal.run("x = 41")
    try terminal.ask("io.write('go', 'ing\\n') \(code.hasPrefix("set") ? "return " : "")\(code)", "going")
    terminal.type("\u{3}")
    try terminal.expect("interrupted\r\n")
    try terminal.expectPrompt()
    try terminal.ask("'still ' .. x + 1", "\"still 42\"")
    try terminal.leave()
  }

  @Test func signalAtThePromptIsLikeControlC() throws {
    let terminal = try openPrompt()
    terminal.type("half")
    try terminal.expect("half")
    kill(terminal.processID, SIGINT)
    try terminal.expect("half^C\r\n")
    try terminal.expectPrompt()
    try terminal.ask("'alive'", "\"alive\"")
  }

  @Test func terminationAtThePromptRestoresTheTerminal() throws {
    let terminal = try openPrompt()
    kill(terminal.processID, SIGTERM)
    let end = try terminal.finish()
    #expect(end.status == 143)
    #expect(end.rest.contains("\u{1B}[?2004l"))
  }

  @Test(arguments: [SIGTERM, SIGHUP])
  func terminationEndsADumbPromptToo(signal: Int32) throws {
    let terminal = try openPrompt([], ["TERM": "dumb"])
    kill(terminal.processID, signal)
    #expect(try terminal.finish().status == 128 + signal)
  }

  @Test func pipedSessionShowsValuesWithoutPrompts() throws {
    let input = "x = 4\nx\nfor i = 1, 2 do\nprint(i)\nend\nx +"
    let result = try WaneCommand.run(["-i"], input: input)
    #expect(result.out == "4\n1\n2\n")
    #expect(result.err == "unexpected symbol near <eof>\n")
    #expect(result.status == 0)
  }

  @Test func greetsInTwoLines() throws {
    let terminal = try PseudoTerminal(
      WaneCommand.path, environment: WaneCommand.environment(["TERM": "xterm", "NO_COLOR": "1"]))
    let shown = try terminal.expect("wane> ")
    #expect(shown.split(separator: "\r\n").count(where: { $0.contains("Lua 5.4") || $0.contains("help()") }) == 2)
    terminal.type("\u{4}")
    #expect(try terminal.finish().status == 0)
  }

  @Test(arguments: ["exit", "quit", "exit()", "quit()"])
  func leavesAsPythonDoes(word: String) throws {
    let terminal = try openPrompt()
    terminal.type(word + "\r")
    #expect(try terminal.finish().status == 0)
  }

  @Test func localsOfAPastedBlockStay() throws {
    let terminal = try openPrompt()
    terminal.type("\u{1B}[200~local a = 20\nlocal function more() a = a + 1; return a end\nmore()\u{1B}[201~\r")
    try terminal.expectAnswer("21")
    try terminal.expectPrompt()
    try terminal.ask("a", "21")
    try terminal.leave()
  }

  @Test(arguments: [(40, 20), (120, 50)])
  func longTextsFitTheScreen(columns: Int, rows: Int) throws {
    let terminal = try openPrompt()
    terminal.resize(columns: columns, rows: rows)
    terminal.type("('line\\n'):rep(500)\r")
    let shown = try terminal.expect("print(_) shows all")
    #expect(shown.split(separator: "\r\n").count { $0 == "line" } < rows)
    try terminal.expectPrompt()
    terminal.type("('x'):rep(100000)\r")
    let cut = try terminal.expect("bytes; print(_) shows all")
    #expect(cut.count < columns * 10 + 4000)
  }

  @Test func osExitLeavesWithItsStatus() throws {
    let terminal = try openPrompt()
    terminal.type("os.exit(3)\r")
    #expect(try terminal.finish().status == 3)
  }

  @Test func blockIsOneInput() throws {
    let terminal = try openPrompt()
    try terminal.ask("for i = 1, 2 do\rprint('n' .. i)\rend", "n1\r\nn2")
  }

  @Test func blocksAreIndentedHintedAndRecalledWhole() throws {
    let terminal = try openPrompt()
    terminal.type("for i = 1, 2 do\rif i > 1 then\rstring.rep(")
    try terminal.expect(" ...>     string.rep(\r\nstring.rep(s, n, [separator])  The string n times.")
    terminal.type("'a', i)\rend\rend\r")
    try terminal.expect("wane> for i = 1, 2 do\r\n ...>   if i > 1 then\r\n ...>     string.rep('a', i)\r\n ...>   end\r\n ...> end\r\n")
    try terminal.expectPrompt()
    terminal.type("\u{1B}[A")
    try terminal.expect("wane> for i = 1, 2 do\r\n ...>   if i > 1 then\r\n ...>     string.rep('a', i)\r\n ...>   end\r\n ...> end")
  }

  @Test(arguments: [("NO_COLOR", "", true), ("NO_COLOR", "1", false), ("TERM", "xterm", true)])
  func colorsWhileTypingUnlessToldNot(name: String, value: String, colored: Bool) throws {
    let terminal = try PseudoTerminal(
      WaneCommand.path, environment: WaneCommand.environment(["TERM": "xterm"].merging([name: value]) { $1 }))
    terminal.type("local a = 'text'\r")
    let shown = try terminal.expect(colored ? "'text'\u{1B}[0m" : "'text'")
    #expect(shown.contains("\u{1B}[35mlocal\u{1B}[0m a = \u{1B}[32m'text'") == colored)
  }

  @Test func aReadThatWaitsIsInterrupted() throws {
    let terminal = try openPrompt()
    try terminal.ask("io.write('asking\\n') return io.read()", "asking")
    usleep(50_000)
    terminal.type("\u{3}")
    try terminal.expect("interrupted\r\n")
    try terminal.expectPrompt()
    terminal.type("return io.read()\r")
    try terminal.expect("\u{1B}[?2004l")
    terminal.type("answer\r")
    try terminal.expect("answer\r\n\"answer\"\r\n")
  }

  @Test func outputWithoutALineEndStandsBeforeTheNextPrompt() throws {
    let terminal = try openPrompt()
    terminal.type("io.write('abc')\r")
    try terminal.expect("\u{1B}[?2004labc\u{1B}[?2004h%")
  }

  @Test func theShellAndItsFolder() throws {
    let terminal = try openPrompt()
    try terminal.ask("!cd /usr/bin", "/usr/bin")
    try terminal.expectPrompt()
    try terminal.ask("!pwd", "/usr/bin")
    try terminal.expectPrompt()
    try terminal.ask("!cd /nowhere", "cannot go to '/nowhere': No such file or directory")
  }

  @Test func pastedTranscriptRunsAsItsInput() throws {
    let terminal = try openPrompt()
    terminal.type("\u{1B}[200~wane> y = 20\nwane> y + 1\n21\n\u{1B}[201~\r")
    try terminal.expect(" ...> y + 1\r\n")
    try terminal.expectAnswer("21")
  }

  @Test func dumbTerminalHasNoEscapes() throws {
    let terminal = try openPrompt([], ["TERM": "dumb"])
    terminal.type("for i = 1, 1 do\n")
    try terminal.expect(" ...> ")
    terminal.type("print('in')\nend\n")
    try terminal.expect(" ...> in\r\n")
    try terminal.expect("wane> ")
    terminal.type("half\u{3}")
    try terminal.expect("wane> ")
    terminal.type("1 + 1\n")
    try terminal.expect("\r\n2\r\n")
    try terminal.expect("wane> ")
    terminal.type("\u{4}")
    let end = try terminal.finish()
    #expect(end.status == 0)
    #expect(!end.rest.contains("\u{1B}"))
  }

  @Test func historyIsThereInTheNextSession() throws {
    let path = NSTemporaryDirectory() + "wane-prompt-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    var terminal = try openPrompt([], ["WANE_HISTORY": path])
    try terminal.ask("'kept ' ..\r'here'", "\"kept here\"")
    try terminal.expectPrompt()
    terminal.type("\u{4}")
    _ = try terminal.finish()
    terminal = try openPrompt([], ["WANE_HISTORY": path])
    try terminal.ask("\u{1B}[A", "\"kept here\"")
  }

  @Test func initFileBelongsToThePromptOnly() throws {
    let path = NSTemporaryDirectory() + "wane-init-" + UUID().uuidString + ".lua"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "greeting = 'from init'".write(toFile: path, atomically: true, encoding: .utf8)
    let terminal = try openPrompt([], ["WANE_INIT": path])
    try terminal.ask("greeting", "\"from init\"")
    let without = try openPrompt(["--no-init"], ["WANE_INIT": path])
    without.type("greeting\r")
    try without.expectAnswer("nil")
    let script = try WaneCommand.run(
      ["-e", "print(greeting)"], environment: WaneCommand.environment(["WANE_INIT": path]))
    #expect(script.out == "nil\n")
  }

  @Test func narrowerWindowIsRepainted() throws {
    let terminal = try openPrompt()
    terminal.type("abcdefghijklmnop")
    try terminal.expect("abcdefghijklmnop")
    terminal.resize(columns: 12, rows: 10)
    try terminal.expect("wane> abcdef\r\nghijklmnop")
  }

  @Test func suspendsAndComesBack() throws {
    let terminal = try openPrompt()
    terminal.type("'kept' .. ")
    try terminal.expect("'kept' .. ")
    terminal.type("\u{1A}")
    // An orphaned process group is not stopped, so the program may continue immediately.
    try terminal.expect("\u{1B}[?2004l")
    kill(terminal.processID, SIGCONT)
    try terminal.expect("wane> 'kept' .. ")
    try terminal.ask("' text'", "\"kept text\"")
  }
}
