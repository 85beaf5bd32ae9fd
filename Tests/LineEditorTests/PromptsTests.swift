// SPDX-License-Identifier: Apache-2.0
// Prompts, and their removal from pasted text.

import LineEditor
import Testing

struct PromptsTests {
  @Test func continuationIsAsWideAsThePrompt() {
    #expect(testPrompts.continuation == " ...> ")
  }

  @Test(arguments: [
    ("x = 1", "x = 1"),
    ("x = 1\n", "x = 1"),
    ("a\nwane> b", "a\nwane> b"),
    ("wane> x = 1", "x = 1"),
    ("wane> x = 1\nwane> x\n1\n", "x = 1\nx"),
    (
      "\nwane> for i = 1, 2 do\n ...>   print(i)\n...> end\n1\n2\n",
      "for i = 1, 2 do\n  print(i)\nend"
    ),
    ("wane>\nwane> y", "\ny"),
    ("wane> for i = 1, 2 do\n   > print(i)\n     > end\n1\n2", "for i = 1, 2 do\nprint(i)\nend"),
    ("> x = 1\n> for i = 1, 1 do\n>> x = 2\n>> end\n2\n", "x = 1\nfor i = 1, 1 do\nx = 2\nend"),
    ("wane> x\r\n1\r\nwane> y\r\n", "x\ny"),
  ])
  func stripsTranscripts(pasted: String, input: String) {
    #expect(testPrompts.stripped(from: pasted) == input)
  }

  @Test func pastedTranscriptIsEditedAsItsInput() {
    var editor = makeEditor()
    editor.press(.paste("wane> x{\n ...> }\nresult\n"))
    #expect(editor.shown == "x{\n}|")
  }
}
