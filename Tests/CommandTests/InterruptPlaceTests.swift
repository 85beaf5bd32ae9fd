// SPDX-License-Identifier: Apache-2.0
// Tests Ctrl-C and SIGTERM during every kind of work: the prompt returns, or the process ends, and values and files
// are intact.
//
// scripts/interrupts measures the delays.

import Foundation
import TerminalSupport
import Testing

/// A row of Tests/Fixtures/interrupts.tsv.
struct InterruptPlace: CustomTestStringConvertible {
  let name: String
  /// Run before the work as a separate input; may be empty.
  let setup: String
  /// The work, which prints `going` when it has started.
  let work: String

  var testDescription: String { name }

  static let all: [InterruptPlace] = {
    let path = root.appendingPathComponent("Tests/Fixtures/interrupts.tsv")
    let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return cells.count == 3 ? InterruptPlace(name: cells[0], setup: cells[1], work: cells[2]) : nil
    }
  }()

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}

@Suite(.serialized)
struct InterruptPlaceTests {
  /// Starts a prompt with the values of the table and an empty folder, and waits until the work has started.
  private func begin(_ place: InterruptPlace, in scratch: String) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(
      WaneCommand.path, environment: WaneCommand.environment(["TERM": "xterm", "NO_COLOR": "1"]))
    try terminal.expectPrompt()
    let examples = InterruptPlace.root.path + "/examples"
    for input in [
      "x = 41", "model = wane.load '\(examples)/digits_cnn.mlpackage'",
      "digits = wane.load_npz '\(examples)/digits.npz'",
      "data = wane.dataset{ inputs = { image = digits.test_x:reshape{ -1, 1, 8, 8 } }, labels = digits.test_y }",
      "scratch = '\(scratch)'", place.setup,
    ] where !input.isEmpty {
      try terminal.run(input + ";")
    }
    terminal.type(place.work.replacing("examples/", with: examples + "/") + "\r")
    try terminal.expect("\u{1B}[?2004l")
    try terminal.expect("going")
    usleep(50_000)  // interrupt at an arbitrary point during the work
    return terminal
  }

  private func withScratch(_ body: (String) throws -> Void) throws {
    let scratch = NSTemporaryDirectory() + "wane-interrupt-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    try body(scratch)
  }

  /// No partial files remain, and existing files are readable.
  private func expectWholeFiles(in scratch: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch)
    #expect(Set(names).isSubset(of: ["m.mlpackage", "x.npz", "p.svg"]), "left behind: \(names)")
    let read = """
      local scratch, names = ...
      for name in names:gmatch '%S+' do
        if name == 'm.mlpackage' then print(#wane.load(scratch .. '/' .. name).weights) end
        if name == 'x.npz' then print(wane.load_npz(scratch .. '/' .. name).x.count) end
        if name == 'p.svg' then print(io.open(scratch .. '/' .. name):read('a'):match('</svg>%s*$') ~= nil) end
      end
      """
    let result = try WaneCommand.run(["-", scratch, names.joined(separator: " ")], input: read)
    #expect(result.status == 0, "\(result.err)")
    #expect(!result.out.contains("false"))
  }

  @Test func theTableIsThere() { #expect(InterruptPlace.all.count > 25) }

  @Test(arguments: InterruptPlace.all)
  func oneControlCBringsBackThePrompt(place: InterruptPlace) throws {
    try withScratch { scratch in
      let terminal = try begin(place, in: scratch)
      terminal.type("\u{3}")
      try terminal.expect("interrupted\r\n")
      try terminal.expectPrompt()
      // All earlier values are unchanged, and every kind of work is still possible.
      terminal.type("'still ' .. x + 1 .. model.name .. model:evaluate(data).samples\r")
      try terminal.expect("still 42digits_cnn397")
      try terminal.leave()
      try expectWholeFiles(in: scratch)
    }
  }

  @Test(arguments: InterruptPlace.all)
  func terminationEndsTheProcess(place: InterruptPlace) throws {
    try withScratch { scratch in
      let terminal = try begin(place, in: scratch)
      kill(terminal.processID, SIGTERM)
      #expect(try terminal.finish().status == 128 + SIGTERM)
      try expectWholeFiles(in: scratch)
    }
  }

  /// A second Ctrl-C is for work that cannot be interrupted, here a finalizer while the interpreter is being closed.
  @Test func aSecondControlCKills() throws {
    let terminal = try PseudoTerminal(
      WaneCommand.path, environment: WaneCommand.environment(["TERM": "xterm", "NO_COLOR": "1"]))
    try terminal.expectPrompt()
    terminal.type(
      "do local x <close> = setmetatable({}, { __close = function() print 'closing' while true do end end }) print 'going' while true do end end\r"
    )
    try terminal.expect("going\r\n")
    terminal.type("\u{3}")
    try terminal.expect("closing\r\n")
    terminal.type("\u{3}")
    #expect(try terminal.finish().status == 128 + SIGINT)
  }
}
