// SPDX-License-Identifier: Apache-2.0
// help and `?`.

import LuaHost
import REPL
import Testing

struct HelpTests {
  private func makeSession() throws -> RecordedSession {
    let session = try RecordedSession()
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

  private static let buy = """
    shop.buy(what, count)
    Buys a thing.
      what: string  the thing
      count: integer = 1  how many
    returns the price
    example
      shop.buy("pear")

    """

  @Test(arguments: [
    "help \"buy\"", "help 'shop.buy'", "help(shop.buy)", "?buy", "? shop.buy", "?shop['buy']",
  ])
  func everyWayLeadsToTheDeclaration(input: String) throws {
    #expect(try makeSession().out(input) == Self.buy)
  }

  @Test func modulesAndOverviewNameTheirFunctions() throws {
    let session = try makeSession()
    #expect(session.out("?shop") == "shop: A shop.\n  buy(what, count)  Buys a thing.\n")
    #expect(session.out("help(shop)") == "shop: A shop.\n  buy(what, count)  Buys a thing.\n")
    let overview = session.out("?")
    #expect(overview.contains("shop.buy(what, count)  Buys a thing.\n"))
    #expect(overview.contains("who()"))
    #expect(session.out("help()") == overview)
  }

  @Test func unknownTopicsSaySo() throws {
    let session = try makeSession()
    #expect(session.err("?nonsense").contains("no help on 'nonsense'"))
    #expect(session.err("help 'nonsense'").contains("no help on 'nonsense'"))
    #expect(session.out("?12") == "a value of type number\n")
  }
}
