// SPDX-License-Identifier: Apache-2.0
// wane.options: parsing of command line arguments according to a script's defaults.

import LuaAPI
import LuaHost
import Testing

struct ScriptOptionsTests {
  private static let declared = """
    local opt = wane.options{ model = "a.mlpackage", limit = 100, rate = 0.5, verbose = false, keep_going = { true, "after an error" } }

    """

  /// Runs a script with `arg` set as by the command.
  private func run(_ words: [String], _ checks: String) throws {
    let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
    try Script.run("arg = { [-1] = \"wane\", [0] = \"job.lua\", \(list) }\n" + Self.declared + checks)
  }

  @Test func withoutWordsTheDefaultsHold() throws {
    try run([], "assert(opt.model == 'a.mlpackage' and opt.limit == 100 and opt.rate == 0.5 and not opt.verbose and opt.keep_going)")
  }

  @Test func wordsAreReadByTheTypeOfTheDefault() throws {
    try run(
      ["--model=b", "--limit", "7", "--rate", "2", "--verbose", "--no-keep-going", "in.npz", "--", "--limit"],
      """
      assert(opt.model == "b" and math.type(opt.limit) == "integer" and opt.limit == 7)
      assert(math.type(opt.rate) == "float" and opt.rate == 2.0)
      assert(opt.verbose == true and opt.keep_going == false)
      assert(#opt == 2 and opt[1] == "in.npz" and opt[2] == "--limit")
      """)
  }

  @Test func underscoresMayBeWrittenAsTheyAre() throws {
    try run(["--keep_going=false"], "assert(opt.keep_going == false)")
  }

  @Test func atAPromptThereAreNoWords() throws {
    try Script.run("arg = { [0] = \"wane\", \"-e\", \"code\" }\n" + Self.declared + "assert(#opt == 0 and opt.limit == 100)")
  }

  @Test(arguments: [
    (["--limt", "3"], 2), (["--limit", "x"], 2), (["--limit"], 2), (["--verbose=maybe"], 2), (["--help"], 0),
  ])
  func helpAndFaultsEndTheScript(words: [String], status: Int) throws {
    do {
      try run(words, "error('went on')")
      Issue.record("the script went on")
    } catch let exit as LuaExit {
      #expect(Int(exit.status) == status)
    }
  }

  @Test(arguments: [
    ("wane.options{ 1 }", "options: defaults are named, such as options{ limit = 2000 }"),
    (
      "wane.options{ f = print }",
      "options: the default of 'f' must be a string, number or boolean, got function; false for a flag, \"\" for a text"
    ),
  ])
  func defaultsAreChecked(code: String, sentence: String) {
    #expect(Script.failure(code) == sentence)
  }
}
