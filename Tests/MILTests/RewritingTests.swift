// SPDX-License-Identifier: Apache-2.0
// Use maps, rewriting, fresh names and differences.

import MIL
import Tensors
import Testing
import TestSupport

struct RewritingTests {
  private static let text = """
    func main(x: fp32) {
      fp32 a = relu(x = x)
      fp32 b = add(x = a, y = a)
      fp32 c = cond(p = b) block () { fp32 d = exp(x = a) } -> (d) block () { fp32 e = log(x = x) } -> (a)
      fp32 dead = relu(x = b)
    } -> (c)
    """

  private func function() throws -> Function { try Program(text: Self.text).functions[0] }

  @Test func useMapFindsMakersAndUsers() throws {
    let function = try function()
    let uses = UseMap(function)
    #expect(uses.producer(of: "x") == nil)
    #expect(uses.producer(of: "b") == Location(1))
    let d = try #require(uses.producer(of: "d"))
    #expect(d == Location(2).inner(block: 0, operation: 0))
    #expect(d.depth == 1)
    #expect(function.block[d].type == "exp")
    #expect(
      uses.uses(of: "a") == [
        .input(Location(1), parameter: "x"), .input(Location(1), parameter: "y"),
        .blockOutput(Location(2), block: 1), .input(d, parameter: "x"),
      ])
    #expect(uses.consumers(of: "a") == [Location(1), d])
    #expect(uses.uses(of: "c") == [.result])
    #expect(uses.uses(of: "nothing").isEmpty)
    #expect(uses.names == ["x", "a", "b", "c", "d", "e", "dead"])
  }

  @Test func editsAreMadeTogether() throws {
    var rewriter = Rewriter(try function())
    let q = rewriter.freshName("a")
    #expect(q == "a_1")
    #expect(rewriter.freshName("a") == "a_2")
    func operation(_ type: String, _ x: String, _ out: String) -> Operation {
      Operation(
        type: type, inputs: [Argument("x", x)], outputs: [NamedType(out, .scalar(.float32))])
    }
    // Wrap a: its users read the wrapper, and the wrapper reads a.
    rewriter.insert([operation("wrap", "a", q)], after: Location(0))
    rewriter.replaceUses(of: "a", with: q)
    rewriter.insert([operation("first", "x", "f")], before: Location(0))
    rewriter.replace(Location(1), with: [operation("double", q, "b")])
    rewriter.remove(Location(2).inner(block: 1, operation: 0))
    rewriter.remove(Location(3))
    let result = rewriter.rewritten()
    let expected = try Program(
      text: """
        func main(x: fp32) {
          fp32 f = first(x = x)[]
          fp32 a = relu(x = x)
          fp32 a_1 = wrap(x = a)[]
          fp32 b = double(x = a_1)[]
          fp32 c = cond(p = b) block () { fp32 d = exp(x = a_1) } -> (d) block () {} -> (a_1)
        } -> (c)
        """)
    #expect(Program(functions: [result]).differences(from: expected) == [])
    #expect(rewriter.function == (try function()))
    try Program(functions: [result]).verify()
  }

  @Test func replacementsChain() throws {
    var rewriter = Rewriter(try function())
    rewriter.replaceUses(of: "b", with: "a")
    rewriter.replaceUses(of: "a", with: "x")
    let result = rewriter.rewritten()
    #expect(result.block.operations[2].inputs == [Argument("p", "x")])
    #expect(result.block.operations[2].blocks[1].outputs == ["x"])
  }

  @Test(arguments: UInt64(0)..<30)
  func withoutEditsNothingChanges(seed: UInt64) {
    var generator = ProgramGenerator(seed: seed)
    for function in generator.program().functions {
      #expect(Rewriter(function).rewritten() == function)
    }
  }

  @Test func freshNamesAreFresh() {
    var names = FreshNames(avoiding: ["a", "a_1", "a_3"])
    #expect((0..<3).map { _ in names.take("a") } == ["a_2", "a_4", "a_5"])
    #expect(names.take("b") == "b")
    #expect(names.take("b") == "b_1")
  }

  @Test func differencesNameTheirPlace() throws {
    let a = try Program(text: Self.text)
    let b = try Program(text: Self.text.replacing("exp(x = a)", with: "exp(x = x)"))
    #expect(a.differences(from: a) == [])
    #expect(a.differences(from: b) == ["main, c, block 0, d: input x: [\"a\"] against [\"x\"]"])
    let c = try Program(text: "func other() {} -> ()")
    #expect(a.differences(from: c) == ["functions: [\"main\"] against [\"other\"]"])
  }
}
