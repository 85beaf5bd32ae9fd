// SPDX-License-Identifier: Apache-2.0
// Ctrl-C during a comparison returns the finished rows, and ends enclosing loops.

import Foundation
import TerminalSupport
import Testing

@Suite(.serialized)
struct InterruptedComparisonTests {
  private static let examples = InterruptPlace.root.path + "/examples"

  /// Defines `compare(options)`, whose second model never finishes and prints `going` when it starts.
  private static let setup = [
    "model = wane.load '\(examples)/digits_cnn.mlpackage'",
    "data = wane.dataset{ inputs = { image = wane.zeros{ 4, 1, 8, 8 } } }",
    "function stuck() n = n + 1 if n == 2 then print('going') io.flush() while true do end end return n end",
    "function compare(o) n = 0 return wane.compare({ a = model, b = model }, data, { latency = false, metrics = { stuck }, on_interrupt = o }) end",
  ]
  private static let told = "compare: unfinished: 1 of 2 models were measured; missing: b"

  private func prompt() throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      WaneCommand.path, environment: WaneCommand.environment(["TERM": "xterm", "NO_COLOR": "1"]), columns: 300)
    try terminal.expectPrompt()
    for line in Self.setup { try terminal.run(line + ";") }
    return terminal
  }

  @Test func thePromptHasWhatIsFinished() throws {
    let terminal = try prompt()
    terminal.type("r = compare()\r")
    try terminal.expect("going")
    terminal.type("\u{3}")
    try terminal.expect(Self.told)
    try terminal.expectPrompt()
    terminal.type("#r, r[1].name, r.missing[1]\r")
    try terminal.expect("1\t\"a\"\t\"b\"")
    // The next input can be interrupted again.
    try terminal.expectPrompt()
    terminal.type("#compare()\r")
    try terminal.expect("going")
    terminal.type("\u{3}")
    try terminal.expect(Self.told)
    try terminal.leave()
  }

  @Test func aLoopEndsAtTheNextComparison() throws {
    let terminal = try prompt()
    terminal.type("for i = 1, 9 do compare() print('round', i) end\r")
    try terminal.expect("going")
    terminal.type("\u{3}")
    try terminal.expect(Self.told)
    try terminal.expect("round\t1")
    #expect(try !terminal.expect("interrupted").contains("round"))
    try terminal.leave()
  }

  @Test func aScriptEndsAndTellsWhatIsFinished() throws {
    let script = Self.setup + ["pcall(compare)", "print 'went on'"]
    let result = try WaneCommand.run(["-e", script.joined(separator: "\n")], signaling: SIGINT)
    #expect(result.status == 130 && !result.out.contains("went on"))
    #expect(result.err.contains("\na ") && result.err.contains("unfinished: 1 of 2 models were measured; missing: b"))
  }

  @Test func aScriptGoesOnWhenItSaysSo() throws {
    let script = Self.setup + ["local r = compare('return')", "print(#r, r.missing[1], r.remark)"]
    let result = try WaneCommand.run(["-e", script.joined(separator: "\n")], signaling: SIGINT)
    #expect(result.status == 0, "\(result.err)")
    #expect(result.out.hasSuffix("1\tb\tunfinished: 1 of 2 models were measured; missing: b\n"))
    #expect(result.err == Self.told + "\n")
  }

  @Test func terminationIsNeverKept() throws {
    let script = Self.setup + ["compare('return')", "print 'went on'"]
    let result = try WaneCommand.run(["-e", script.joined(separator: "\n")], signaling: SIGTERM)
    #expect(result.status == 143 && !result.out.contains("went on"))
  }
}
