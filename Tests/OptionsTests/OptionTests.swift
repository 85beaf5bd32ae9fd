// SPDX-License-Identifier: Apache-2.0
// Options of every kind: accepted values, errors, and declarations.

import Options
import Testing

/// A type with options of every kind.
private struct Sample: Configurable, Equatable {
  enum Mode: String, CaseIterable, Sendable {
    case fast, slow
  }

  final class Callback: OptionFunction, Equatable {
    static func == (a: Callback, b: Callback) -> Bool { a === b }
  }

  final class Stranger: OptionFunction {}

  var flag = false
  var count = 2
  var limit: Int?
  var bits: Int?
  var rate = 0.5
  var share: Double?
  var mode = Mode.fast
  var ratio: [Int]?
  var steps: [Int]?
  var size = PerAxis.one(3)
  var stride: PerAxis?
  var padding = OptionValue.string("same")
  var title = "none"
  var plan = OptionValue.null
  var callback: Callback?

  static let name = "sample"
  static var options: [Option<Self>] {
    [
      .bool("flag", \.flag, "a flag"),
      .integer("count", \.count, in: 0...9, "how many"),
      .integer("limit", \.limit, in: 1...Int.max, "at most"),
      .integer("bits", \.bits, oneOf: [2, 4], "width").aliases("width", "n_bits"),
      .number("rate", \.rate, in: 0...1, "how fast"),
      .number("share", \.share, in: 0...Double.infinity, "how much"),
      .choice("mode", \.mode, "how"),
      .pair("ratio", \.ratio, in: 1...8, "n of m"),
      .integers("steps", \.steps, in: -1...Int.max, "when"),
      .perAxis("size", \.size, in: 1...Int.max, "extent"),
      .perAxis("stride", \.stride, in: 1...Int.max, "step"),
      .padding("padding", \.padding),
      .text("title", \.title, "a name"),
      .table("plan", \.plan, "a plan"),
      .function("callback", \.callback, expected: "a function of nothing", "called"),
      .only("device", .string("cpu"), "there is no other"),
    ]
  }

  func validate() throws(OptionError) {
    if flag, count == 9 { throw .combination(of: Self.name, problem: "flag excludes count 9") }
  }
}

@Suite("Option") struct OptionTests {
  @Test(
    arguments: [
      ("flag", .bool(true)), ("count", .integer(9)), ("limit", .integer(1)), ("bits", .integer(4)), ("rate", .number(0.25)),
      ("share", .number(7)), ("mode", .string("slow")), ("ratio", .list([.integer(2), .integer(4)])), ("steps", .list([.integer(-1)])),
      ("size", .list([.integer(1), .integer(2)])), ("stride", .integer(2)), ("padding", .integer(1)), ("title", .string("x")),
      ("plan", .dictionary(["a": .integer(1)])),
    ] as [(String, OptionValue)])
  func whatIsReadIsWritten(_ name: String, _ value: OptionValue) throws {
    let sample = try Sample([name: value])
    #expect(sample.changedOptions == [name: value])
    #expect(sample != Sample())
  }

  @Test(
    arguments: [
      // 4.0 is an integer, and integers are numbers.
      ("count", .number(4), .integer(4)), ("rate", .integer(1), .number(1)),
      // Choices are compared without regard to case.
      ("mode", .string("SLOW"), .string("slow")),
      ("steps", .list([]), .list([])),
    ] as [(String, OptionValue, OptionValue)])
  func spellingsOfTheSame(_ name: String, _ value: OptionValue, _ stored: OptionValue) throws {
    #expect(try Sample([name: value]).changedOptions == [name: stored])
  }

  @Test(arguments: ["limit", "bits", "share", "ratio", "steps", "stride", "callback"])
  func nothingIsTheDefaultOfWhatMayBeUnset(_ name: String) throws {
    #expect(try Sample([name: .null]) == Sample())
  }

  @Test func functionsAreOfTheirOwnType() throws {
    let callback = Sample.Callback()
    #expect(try Sample(["callback": .function(callback)]).callback === callback)
    #expect(OptionValue.function(callback) == .function(callback))
    #expect(OptionValue.function(callback) != .function(Sample.Callback()))
    let error = #expect(throws: OptionError.self) { try Sample(["callback": .function(Sample.Stranger())]) }
    #expect(error.map { "\($0)" } == "sample: option 'callback' must be a function of nothing, found a function (function)")
  }

  @Test func oneValueAlone() throws {
    #expect(try Sample(["device": .string("cpu")]) == Sample())
    let error = #expect(throws: OptionError.self) { try Sample(["device": .string("gpu")]) }
    #expect(error.map { "\($0)" } == "sample: device can only be \"cpu\", found \"gpu\": there is no other")
  }

  @Test(
    arguments: [
      ("flag", .integer(1), "must be true or false, found an integer (1)"),
      ("count", .integer(10), "must be an integer from 0 to 9, found 10"),
      ("count", .number(4.5), "must be an integer from 0 to 9, found a number (4.5)"),
      ("count", .null, "must be an integer from 0 to 9, found nothing (null)"),
      ("limit", .integer(0), "must be an integer of at least 1, found 0"),
      ("bits", .integer(3), "must be one of 2, 4, found 3"),
      ("rate", .number(.nan), "must be a number from 0.0 to 1.0, found nan"),
      ("share", .number(-1), "must be a number of at least 0.0, found -1.0"),
      ("mode", .string("medium"), "must be one of \"fast\", \"slow\", found \"medium\""),
      ("ratio", .list([.integer(1)]), "must be a pair of integers from 1 to 8, found [1]"),
      ("steps", .integer(3), "must be a list of integers of at least -1, found an integer (3)"),
      ("size", .list([.string("a")]), "must be an integer of at least 1, or a list of them with one for each axis, found a list ([\"a\"])"),
      ("stride", .integer(0), "must be an integer of at least 1, or a list of them with one for each axis, found 0"),
      ("padding", .string("full"), "must be \"same\", \"valid\", an integer, or a list of them with one for each axis, found \"full\""),
      ("title", .bool(true), "must be a string, found a boolean (true)"),
      ("plan", .integer(1), "must be a table, or a name, found an integer (1)"),
    ] as [(String, OptionValue, String)])
  func refusals(_ name: String, _ value: OptionValue, _ sentence: String) {
    let error = #expect(throws: OptionError.self) { try Sample([name: value]) }
    #expect(error.map { "\($0)" } == "sample: option '\(name)' \(sentence)")
  }

  @Test(arguments: [("cuont", "count"), ("n_bits", "bits"), ("width", "bits"), ("titl", "title")])
  func theNameThatWasMeant(_ name: String, _ meant: String) throws {
    let error = #expect(throws: OptionError.self) { try Sample([name: .integer(1)]) }
    #expect(
      try #require(error).description.hasPrefix("sample has no option '\(name)' (did you mean '\(meant)'?); its options are flag, count"))
  }

  @Test func optionsAreCheckedAgainstEachOther() throws {
    let values: [String: OptionValue] = ["flag": .bool(true), "count": .integer(9)]
    #expect(throws: OptionError.combination(of: "sample", problem: "flag excludes count 9")) { try Sample(values) }
  }

  /// The declarations for help, completion and annotations.
  @Test func declarations() throws {
    func declaration(_ name: String) throws -> OptionDeclaration { try #require(Sample.declarations.first { $0.name == name }) }
    #expect(try declaration("bits").aliases == ["width", "n_bits"] && declaration("bits").allowed == .integers([2, 4]))
    #expect(try declaration("mode").choices == ["fast", "slow"] && declaration("mode").defaultText == "\"fast\"")
    #expect(try declaration("limit").allowed == .range(lower: 1, upper: nil) && declaration("limit").defaultText == nil)
    #expect(try declaration("size").type == .union([.integer, .sequence(.integer)]) && declaration("size").defaultText == "3")
    #expect(try declaration("callback").type == .function && declaration("plan").defaultText == nil)
    #expect(Sample.declarations.allSatisfy { !$0.isRequired && !$0.doc.isEmpty })
  }

  @Test func entriesStartFromOthers() {
    let merged = Sample.inherited(base: ["count": .integer(1), "flag": .bool(true)], own: ["count": .integer(2)])
    #expect(merged == ["count": .integer(2), "flag": .bool(true)])
  }
}
