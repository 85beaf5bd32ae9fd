// SPDX-License-Identifier: Apache-2.0
// States: pairs of an input and an output, patterns, buffers without states.

import Conversion
import Foundation
import MIL
import ModelPackages
import Runtime
import Tensors
import Testing

struct StateTests {
  /// Two caches that new values are added to, and a result that reads them.
  private func caches(_ shape: [Int] = [2, 2], element: Int = 1, grows: Bool = false) -> OpModel {
    let nodes = (0..<2).flatMap { i in
      [
        grows
          ? OpNode("Concat", ["past.\(i).key", "x"], ["present.\(i).key"], [("axis", .int(0))])
          : OpNode("Add", ["past.\(i).key", "x"], ["present.\(i).key"])
      ]
    }
    let sum = OpNode("Add", ["present.0.key", "present.1.key"], ["y"])
    return OpModel(
      Graph(
        nodes: nodes + [sum],
        inputs: [Declared("x", [2, 2], element: element)] + (0..<2).map { Declared("past.\($0).key", shape, element: element) },
        outputs: (0..<2).map { Declared("present.\($0).key", []) } + [Declared("y", [])]))
  }

  private func options(_ pairs: [(String, String)]) -> ConversionOptions {
    var options = ConversionOptions.single
    options.states = .pairs(pairs.map { StatePair(input: $0, output: $1) })
    return options
  }

  @Test func aPatternMakesStatesOfAllCaches() throws {
    let (package, report) = try caches().convert(options([("past.*.key", "present.*.key")]))
    let function = package.interface.functions[0]
    #expect(function.states.map(\.name).sorted() == ["past_0_key", "past_1_key"])
    #expect(function.inputs.map(\.name) == ["x"])
    #expect(function.outputs.map(\.name) == ["y"])
    #expect(report.notes.contains { $0.subject == "past.0.key" && $0.text.contains("16-bit") })
    let executor = try Executor(program: package.program)
    let state = executor.makeState()
    for step in 1...3 {
      let outputs = try executor.run(["x": Tensor([Float(1), 2, 3, 4], shape: [2, 2])], state: state)
      guard case .tensor(let y)? = outputs["y"] else { throw OpModel.Missing() }
      #expect(y.floats() == [1, 2, 3, 4].map { 2 * Float(step) * $0 })
    }
  }

  @Test func onePairLeavesTheOtherInput() throws {
    let package = try caches().convert(options([("past.1.key", "present.1.key")])).package
    let function = package.interface.functions[0]
    #expect(function.states.map(\.name) == ["past_1_key"])
    #expect(function.inputs.map(\.name).sorted() == ["past_0_key", "x"])
    #expect(function.outputs.map(\.name) == ["present_0_key", "y"])
  }

  @Test(arguments: [
    ([("pest.*.key", "present.*.key")], "there is no input 'pest.*.key'"),
    ([("past.*.key", "presents.*.key")], "there is no output 'presents.0.key'"),
    ([("past.*.key", "present.key")], "same number of *"),
    ([("past.0.key", "present.0.key"), ("past.*.key", "present.*.key")], "another state"),
  ])
  func namesThatDoNotFitAreErrors(_ pairs: [(String, String)], _ part: String) {
    #expect {
      try caches().convert(options(pairs))
    } throws: { "\($0)".contains(part) }
  }

  @Test func whatCannotBeAStateIsRefused() {
    let pairs = [("past.*.key", "present.*.key")]
    #expect {
      try caches(grows: true).convert(options(pairs))
    } throws: { "\($0)".contains("[4, 2]") && "\($0)".contains("in place") }
    #expect {
      try caches(element: 7).convert(options(pairs))
    } throws: { "\($0)".contains("holds int64") }
    #expect {
      try caches([-1, 2]).convert(
        {
          var options = options(pairs)
          for i in 0..<2 {
            var input = InputOption()
            input.shape = [DimensionOption(SizeRange(1, 8)), DimensionOption(fixed: 2)]
            options.inputs["past.\(i).key"] = input
          }
          return options
        }())
    } throws: { "\($0)".contains("axis 0 must be fixed") }
    var old = options(pairs)
    old.target = .iOS17
    #expect {
      try caches().convert(old)
    } throws: { "\($0)".contains("iOS18") }
  }

  @Test func aModelReturnsMoreThanStates() {
    let only = OpModel(
      Graph(
        nodes: [OpNode("Add", ["past", "x"], ["present"])], inputs: [Declared("x", [2]), Declared("past", [2])],
        outputs: [Declared("present", [])]))
    #expect {
      try only.convert(options([("past", "present")]))
    } throws: { "\($0)".contains("at least one value") }
  }

  @Test func aStateMayAlsoBeReturned() throws {
    var options = options([("past", "present")])
    options.outputs = [("sum", "present")]
    let only = OpModel(
      Graph(
        nodes: [OpNode("Add", ["past", "x"], ["present"])], inputs: [Declared("x", [2]), Declared("past", [2])],
        outputs: [Declared("present", [])]))
    let function = try only.convert(options).package.interface.functions[0]
    #expect(function.outputs.map(\.name) == ["sum"])
    #expect(function.states.map(\.name) == ["past"])
  }
}
