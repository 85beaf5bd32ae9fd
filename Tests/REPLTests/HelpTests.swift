// SPDX-License-Identifier: Apache-2.0
// help and `?`.

import LuaHost
import Options
import REPL
import Testing

struct HelpTests {
  private func makeSession(height: Int? = nil) throws -> RecordedSession {
    let session = try RecordedSession(height: height)
    try session.interpreter.register(
      LuaModule(
        "shop", "A shop.",
        functions: [
          LuaFunction(
            "buy", "Buys a thing.", Arg("what", "the thing"), Arg("count", "how many", default: 1),
            returns: "the price", example: "shop.buy(\"pear\")"
          ) { (what: String, count: Int) in what.count * count }
        ]))
    return session
  }

  @Test(arguments: [
    "help \"buy\"", "help 'shop.buy'", "help(shop.buy)", "?buy", "? shop.buy", "?shop['buy']",
  ])
  func everyWayLeadsToTheDeclaration(input: String) throws {
    let session = try makeSession()
    let text = session.out(input)
    #expect(text.hasPrefix("shop.buy(what, [count]) → integer\nBuys a thing.\n"))
    #expect(text.contains("the thing") && text.contains("shop.buy(\"pear\")"))
    #expect(session.err() == "")
  }

  @Test func modulesAndOverviewNameTheirFunctions() throws {
    let session = try makeSession()
    let module = session.out("?shop")
    #expect(module.hasPrefix("shop: A shop.\n") && module.contains("buy(what, [count])"))
    #expect(session.out("help(shop)") == module)
    let overview = session.out("?")
    #expect(overview.contains("shop.buy(what, [count])"))
    #expect(overview.contains("who()") && overview.contains("Ctrl-R"))
    #expect(session.out("help()") == overview)
  }

  /// Help that is longer than the screen is truncated, with a hint on how to display all of it.
  @Test func helpFitsTheScreen() throws {
    let session = try makeSession(height: 12)
    let whole = try makeSession().out("help 'pp'")
    #expect(whole.count(where: \.isNewline) > 10)
    for input in ["help 'pp'", "?pp", "help(pp)"] {
      let cut = session.out(input)
      #expect(cut.hasSuffix("; help(\"pp\", { all = true }) shows them\n") && cut.count(where: \.isNewline) <= 10, "\(cut)")
    }
    #expect(session.out("help('pp', { all = true })") == whole)
    let names = session.out("?")
    #expect(names.contains("shop.buy") && names.contains("Ctrl-R") && !names.contains("Buys a thing."))
    #expect(session.out("help(nil)").hasPrefix("nil: the value of a name"))
  }

  @Test func luasOwnFunctionsAreKnown() throws {
    let session = try makeSession()
    let expected = """
      table.concat(list, [separator], [i], [j])
      The elements as one string.
      Part of Lua: https://www.lua.org/manual/5.4/manual.html#pdf-table.concat

      """
    #expect(session.out("?table.concat") == expected)
    #expect(session.out("help(table.concat)") == expected)
    #expect(session.out("help 'table.concat'") == expected)
    #expect(session.err("?table.conct").contains("did you mean 'table.concat'?"))
    #expect(session.out("help(function() end)").hasPrefix("a function of a script"))
  }

  /// All names on the page exist, so that it cannot become outdated.
  @Test func luasOwnFunctionsExist() throws {
    let interpreter = try Interpreter()
    for entry in StandardLibrary.entries {
      let value = try interpreter.run("return " + entry.name).first
      #expect(value?.function != nil, "\(entry.name)")
    }
  }

  @Test func propertiesOfValuesAndVariablesAreMeantFirst() throws {
    let session = try makeSession()
    session.out("ok, err = pcall(shop.buy)")
    #expect(session.out("?err.kind") == "Error.kind: string\none of: usage not_found format unsupported io memory internal\n")
    #expect(session.out("?err.message").hasPrefix("Error.message: string\n"))
    // `depth` is an option of pp, unless there is a variable with that name.
    #expect(session.out("?depth").hasPrefix("option of pp\n"))
    session.out("depth = {1, 2}")
    #expect(session.out("?depth") == "a table of 2 elements\n\nhelp \"depth\" tells of depth of pp\n")
    #expect(session.out("?buy").hasPrefix("shop.buy("))
    session.out("buy = 1")
    #expect(session.out("?buy") == "1 (number)\n\nhelp \"buy\" tells of shop.buy\n")
    session.out("purchase = shop.buy")
    #expect(session.out("?purchase") == session.out("help 'buy'"))
    #expect(session.out("?print").hasPrefix("print(…)\n"))
  }

  @Test func unknownTopicsSaySoAndSuggest() throws {
    let session = try makeSession()
    #expect(session.err("?bux").contains("no help on 'bux'; did you mean 'buy'?"))
    #expect(session.err("help 'bux'").contains("did you mean 'buy'?"))
    #expect(session.err("?shop.bux").contains("did you mean 'shop.buy'?"))
    session.out("_, err = pcall(error, shop.buy)")
    #expect(session.err("?Error.knd").contains("no help on 'Error.knd'"))
    #expect(session.err("?x.y.z").contains("no help on 'x.y.z'"))
    #expect(session.out("?12") == "12 (number)\n")
  }

  @Test func aWordIsLookedForInEveryText() throws {
    let session = try makeSession()
    session.interpreter.register(LuaTopic("prices", "What things cost.", rows: [("pear", "the price of a green pear"), ("plum", "less")]))
    try session.interpreter.register(globals: [
      LuaFunction(
        "pack", "Packs.",
        .options(LuaOptionTable("PackOptions", [OptionDeclaration("paper", .string, "around it", allowed: .oneOf("brown", "white"))]))
      ) { (_: LuaOptions) in }
    ])
    #expect(session.out("help 'green'").contains("pear of prices"))
    #expect(session.out("?brown").contains("paper of pack") && session.out("help 'brown'").contains("one of its values"))
    #expect(session.out("?prices").hasPrefix("prices: What things cost.\n"))
    #expect(session.out("help 'thing'").contains("shop.buy"))
    #expect(session.out("?paper").hasPrefix("option of pack\n"))
    #expect(session.err("?zebra").contains("no help on 'zebra'"))
  }
}
