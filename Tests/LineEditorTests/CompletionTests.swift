// SPDX-License-Identifier: Apache-2.0
// Tab completion.

import LineEditor
import Testing

private let words = ["model", "model:quantize", "model:palettize", "math"]

private func completing(_ before: String) -> Completion {
  let prefix = String(before.reversed().prefix { $0.isLetter || $0 == ":" }.reversed())
  return Completion(
    replacing: prefix.count, with: words.filter { $0.hasPrefix(prefix) }.map { .init($0) })
}

struct CompletionTests {
  @Test func insertsTheOnlyCandidate() {
    var editor = makeEditor(complete: completing)
    editor.type("x = mat+1")
    editor.press(.left, .left, .tab)
    #expect(editor.shown == "x = math|+1")
    #expect(editor.listing == [])
  }

  @Test func theOnlyCandidateBringsItsEndUnlessThatIsThere() {
    let names = ["uniform", "unique"]
    var editor = makeEditor { before in
      let prefix = String(before.reversed().prefix(while: \.isLetter).reversed())
      return Completion(
        replacing: prefix.count, with: names.filter { $0.hasPrefix(prefix) }.map { .init($0, suffix: "'") })
    }
    editor.type("'uni")
    editor.press(.tab)
    #expect(editor.shown == "'uni|" && editor.listing == names)
    editor.type("f")
    editor.press(.tab)
    #expect(editor.shown == "'uniform'|")
    editor.press(.left, .tab)
    #expect(editor.shown == "'uniform|'")
  }

  @Test func insertsTheCommonPartThenLists() {
    var editor = makeEditor(complete: completing)
    editor.type("mo")
    editor.press(.tab)
    #expect(editor.shown == "model|")
    #expect(editor.listing == [])
    editor.press(.tab)
    #expect(editor.listing == ["model", "model:quantize", "model:palettize"])
    editor.type(":")
    #expect(editor.listing == [])
  }

  @Test func nothingFoundChangesNothing() {
    var editor = makeEditor(complete: completing)
    editor.type("zz")
    editor.press(.tab)
    #expect(editor.shown == "zz|")
    #expect(editor.listing == [])
  }

  @Test func indentsABlankFurtherLine() {
    var editor = makeEditor(complete: completing)
    editor.type("f{\n")
    editor.press(.tab)
    #expect(editor.shown == "f{\n  |")
  }
}
