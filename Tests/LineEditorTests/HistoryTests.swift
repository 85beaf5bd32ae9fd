// SPDX-License-Identifier: Apache-2.0
// Navigation, search and storage of the history.

import Foundation
import LineEditor
import Testing

struct HistoryTests {
  @Test func duplicatesMoveToTheEnd() {
    var history = History(["a", "b", "a", "c"])
    #expect(history.entries == ["b", "a", "c"])
    var isAdded = history.add("b")
    #expect(isAdded)
    #expect(history.entries == ["a", "c", "b"])
    isAdded = history.add("b")
    #expect(!isAdded)
    isAdded = history.add(" \n")
    #expect(!isAdded)
    #expect(history.entries == ["a", "c", "b"])
  }

  @Test func keepsTheNewestWithinTheLimit() {
    var history = History(["a", "b", "c"], limit: 2)
    #expect(history.entries == ["b", "c"])
    history.add("d")
    #expect(history.entries == ["c", "d"])
  }

  @Test func upShowsOlderAndDownComesBackToTheDraft() {
    var editor = makeEditor(history: ["first", "second"])
    editor.type("draft")
    editor.press(.up)
    #expect(editor.shown == "second|")
    editor.press(.up, .up)
    #expect(editor.shown == "first|")
    editor.press(.down, .down)
    #expect(editor.shown == "draft|")
    editor.press(.down)
    #expect(editor.shown == "draft|")
  }

  @Test func aBlockIsOneEntryAndUpMovesInsideItFirst() {
    var editor = makeEditor(history: ["before", "f{\nx}"])
    editor.press(.up)
    #expect(editor.shown == "f{\nx}|")
    editor.press(.up)
    #expect(editor.shown == "f{|\nx}")
    editor.press(.up)
    #expect(editor.shown == "before|")
  }

  @Test func submittedTextIsTheNewest() {
    var editor = makeEditor(history: ["old"])
    guard case .submitted(let text) = editor.type("new\n") else {
      Issue.record("not submitted")
      return
    }
    editor.remember(text)
    editor.press(.up)
    #expect(editor.shown == "new|")
  }

  @Test func searchNarrowsAsTheQueryGrowsAndWalksBack() {
    var editor = makeEditor(history: ["load a", "prune", "load b", "save"])
    editor.press(.control("r"))
    editor.type("lo")
    #expect(editor.shown == "|load b")
    editor.press(.control("r"))
    #expect(editor.shown == "|load a")
    editor.press(.control("s"))
    #expect(editor.shown == "|load b")
    editor.type("x")
    #expect(editor.search?.hasFailed == true)
    editor.press(.backspace)
    #expect(editor.search?.hasFailed == false)
    #expect(editor.shown == "|load b")
  }

  @Test func anyOtherKeyEndsTheSearchAndActs() {
    var editor = makeEditor(history: ["load a", "prune"])
    editor.press(.control("r"))
    editor.type("a")
    editor.press(.end)
    #expect(editor.search == nil)
    #expect(editor.shown == "load a|")
    editor.press(.down)
    #expect(editor.shown == "prune|")
    editor.press(.control("r"))
    let outcome = editor.type("oad\n")
    #expect(outcome == .submitted("load a"))
  }

  @Test func enterRunsABlockThatWasFound() {
    var editor = makeEditor(history: ["f{\nx}"])
    editor.press(.control("r"))
    editor.type("f")
    let outcome = editor.handle(.enter)
    #expect(outcome == .submitted("f{\nx}"))
  }

  @Test func escapeBringsBackWhatWasThere() {
    var editor = makeEditor(history: ["load a"])
    editor.type("draft")
    editor.press(.left, .control("r"))
    editor.type("load")
    editor.press(.control("g"))
    #expect(editor.shown == "draf|t")
    #expect(editor.search == nil)
  }
}

struct HistoryFileTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "wane-history-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test func blocksAndBackslashesSurvive() throws {
    try withFolder { folder in
      let file = HistoryFile(path: folder + "/deep/er/history")
      let entries = ["x = 1", "for i = 1, 2 do\n  print('\\n')\nend", "\\", "漢\té"]
      for entry in entries { try file.append(entry) }
      #expect(try file.load().entries == entries)
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
      #expect(mode as? Int == 0o600)
    }
  }

  @Test func noFileIsAnEmptyHistory() throws {
    #expect(try HistoryFile(path: "/nonexistent/history").load().entries == [])
  }

  @Test func unusableFileSaysWhichAndWhy() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      #expect {
        try HistoryFile(path: folder).append("x")
      } throws: {
        "\($0)".contains(folder) && "\($0)".contains("WANE_HISTORY")
      }
    }
  }

  @Test func overgrownFileIsRewrittenWithinTheLimit() throws {
    try withFolder { folder in
      let file = HistoryFile(path: folder + "/history")
      for index in 0..<40 { try file.append("entry \(index % 20)") }
      #expect(try file.load(limit: 10).entries == (10..<20).map { "entry \($0)" })
      let lines = try String(contentsOfFile: file.path, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 10)
    }
  }

  @Test func aLinkedFileIsRewrittenWhereItIs() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let real = HistoryFile(path: folder + "/real")
      for index in 0..<20 { try real.append("entry \(index)") }
      try FileManager.default.createSymbolicLink(atPath: folder + "/history", withDestinationPath: "real")
      #expect(try HistoryFile(path: folder + "/history").load(limit: 10).entries.count == 10)
      #expect(try String(contentsOfFile: real.path, encoding: .utf8).split(separator: "\n").count == 10)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/history") == "real")
    }
  }

  @Test func aPipeIsNoHistoryAndKeepsItsMode() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let path = folder + "/pipe"
      try #require(mkfifo(path, 0o666) == 0 && chmod(path, 0o666) == 0)
      let refusal = LineEditorError.history(action: "open", path: path, reason: "it is not a regular file")
      #expect(throws: refusal) { try HistoryFile(path: path).load() }
      #expect(throws: LineEditorError.self) { try HistoryFile(path: path).append("x") }
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o666)
    }
  }

  @Test func environmentNamesTheFile() {
    #expect(HistoryFile(environment: ["WANE_HISTORY": "/h"])?.path == "/h")
    #expect(HistoryFile(environment: ["WANE_HISTORY": "", "HOME": "/me"]) == nil)
    #expect(HistoryFile(environment: ["WANE_HISTORY": "/dev/null", "HOME": "/me"]) == nil)
    #expect(
      HistoryFile(environment: ["XDG_STATE_HOME": "/s", "HOME": "/me"])?.path == "/s/wane/history")
    #expect(HistoryFile(environment: ["HOME": "/me"])?.path == "/me/.local/state/wane/history")
    #expect(HistoryFile(environment: [:]) == nil)
  }

  @Test func concurrentAppendsAreAllKept() async throws {
    let path = NSTemporaryDirectory() + "wane-history-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let long = String(repeating: "x", count: 9000)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for index in 0..<25 { try HistoryFile(path: path).append("\(writer) \(index) \(long)") }
        }
      }
      try await group.waitForAll()
    }
    let entries = try HistoryFile(path: path).load().entries
    #expect(entries.count == 100)
    #expect(entries.allSatisfy { $0.hasSuffix(long) })
  }
}
