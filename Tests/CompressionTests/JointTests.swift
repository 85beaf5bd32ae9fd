// SPDX-License-Identifier: Apache-2.0
// Compression of compressed weights: storage forms, names, errors, and compatibility with coremltools.

import Compression
import Encodings
import Foundation
import MIL
import Operators
import Options
import Rules
import Tensors
import Testing
import WeightStorage

@Suite("Joint compression") struct JointTests {
  typealias Step = (name: String, options: [String: OptionValue])

  static let half: Step = ("prune", ["target_sparsity": .number(0.5)])
  static let table: Step = ("palettize", ["nbits": .integer(4)])
  static let codes: Step = ("quantize", [:])

  func compress(_ weight: EncodedWeight, _ steps: Step..., compatible: Bool = false) throws -> EncodedWeight {
    try steps.reduce(weight) { weight, step in
      try Techniques.standard.make(step: step.name, step.options).compress(
        weight, WeightContext(name: "w", compatible: compatible))
    }
  }

  func program(_ base: Program, _ steps: Step...) throws -> Program {
    try steps.reduce(base) { program, step in
      try Compressor(Catalog.weightTable).compress(program, Recipe(try Techniques.standard.make(step: step.name, step.options))).program
    }
  }

  func dense(_ values: [Float], _ shape: Shape) -> EncodedWeight { .dense(Tensor(values, shape: shape)) }

  // MARK: Pruning

  @Test func whatStaysKeepsItsCodes() throws {
    // Rows of scale 1 and 2: codes 127 −64 1 and 127 −32 2.
    let codes = EncodedWeight.blockwise(
      data: .dense(Tensor([Int8]([127, -64, 1, 127, -32, 2]), shape: [2, 3])),
      scale: Tensor([Float]([1, 2]), shape: [2, 1]), offset: nil)
    // Of the magnitudes 1 4 64 64 127 254 the median is 64.
    guard case .sparse(.blockwise(.plain(let mask, let kept), let scale, nil)) = try compress(codes, Self.half) else {
      Issue.record("codes are lost")
      return
    }
    #expect(mask.codes() == [1, 0, 0, 1, 0, 0])
    #expect(kept == Tensor([Int8]([127, 127])) && scale.floats() == [1, 2])
  }

  @Test func whatStaysKeepsItsTable() throws {
    let table = EncodedWeight.palette(
      indices: Tensor(codes: [3, 1, 2, 0], dtype: .uint2, shape: [2, 2]),
      lut: .dense(Tensor([Float]([-8, 0, 1, 4]), shape: [1, 1, 4, 1])), vectorAxis: nil)
    let sparse = try compress(table, ("prune", ["threshold": .number(2), "minimum_sparsity_percentile": .number(0)]))
    guard case .sparse(.palette(.plain(let mask, let indices), .dense(let lut), nil)) = sparse else {
      Issue.record("the table is lost")
      return
    }
    #expect(mask.codes() == [1, 0, 0, 1] && indices.codes() == [3, 0] && lut.count == 4)
    #expect(try sparse.decoded().floats() == [4, 0, 0, -8])
  }

  @Test func aMaskGetsSmaller() throws {
    let weight = dense([1, -2, 3, -4, 5, 6, 7, 8], [2, 4])
    let twice = try compress(weight, Self.half, ("prune", ["target_sparsity": .number(0.75)]))
    #expect(try twice.decoded().floats() == [0, 0, 0, 0, 0, 0, 7, 8])
    // A mask that is small enough already stays.
    #expect(try compress(twice, Self.half) == twice)
  }

  @Test func tablesOfVectorsAreWrittenOut() throws {
    let vectors: Step = ("palettize", ["nbits": .integer(1), "cluster_dim": .integer(2)])
    let weight = try compress(dense([0, 1, 5, 7, 1, 0, 7, 5], [4, 2]), vectors, Self.half)
    #expect(weight.scheme == .sparse)
    #expect(try weight.decoded().floats() == [0, 0, 5, 7, 0, 0, 7, 5])
  }

  // MARK: Palettization of codes

  @Test func tablesOfCodes() throws {
    // The large row weighs a million times as much as the small one, so its two codes are the two entries.
    let codes = EncodedWeight.blockwise(
      data: .dense(Tensor([Int8]([-100, 90, 90, 0, 10, 20]), shape: [2, 3])),
      scale: Tensor([Float]([1, 0.001]), shape: [2, 1]), offset: nil)
    let weight = try compress(codes, ("palettize", ["nbits": .integer(1)]))
    guard case .palette(let indices, .blockwise(.dense(let table), let scale, nil), nil) = weight else {
      Issue.record("not a table of codes")
      return
    }
    #expect(table.dtype == .int8 && table.shape == [2, 1, 2, 1] && scale.shape == [2, 1, 1, 1])
    #expect(table.integers() == [-100, 90, -100, 90])
    #expect(indices.codes() == [0, 1, 1, 1, 1, 1])
  }

  @Test func uniformTablesOfCodes() throws {
    let codes = EncodedWeight.blockwise(
      data: .dense(Tensor([Int8]([-7, -2, 1, 7]), shape: [1, 4])), scale: Tensor([Float(1)], shape: [1, 1]), offset: nil)
    // Steps of 14/3: −7, −2.33, 2.33, 7; coremltools cuts off fractions, which here says the same.
    let uniform: Step = ("palettize", ["nbits": .integer(2), "mode": .string("uniform")])
    #expect(try compress(codes, uniform).decoded().floats() == [-7, -2, 2, 7])
    #expect(try compress(codes, uniform, compatible: true).decoded().floats() == [-7, -2, 2, 7])
    let shifted = EncodedWeight.blockwise(
      data: .dense(Tensor([Int8]([-8, -3, 3, 7]), shape: [1, 4])), scale: Tensor([Float(1)], shape: [1, 1]), offset: nil)
    // −8 −3 2 7, and with seven steps of 15/7: −8 −5.86 −3.71 −1.57 0.57 2.71 4.86 7.
    #expect(try compress(shifted, uniform).decoded().floats() == [-8, -3, 2, 7])
    let eight: Step = ("palettize", ["nbits": .integer(3), "mode": .string("uniform")])
    #expect(try compress(shifted, eight).decoded().floats() == [-8, -4, 3, 7])
    #expect(try compress(shifted, eight, compatible: true).decoded().floats() == [-8, -3, 2, 7])
  }

  @Test func groupsAndBlocksMustFit() throws {
    let codes = try compress(
      dense((0..<48).map { Float($0) }, [6, 8]),
      ("quantize", ["granularity": .string("per_block"), "block_size": .list([.integer(3), .integer(0)])]))
    func groups(_ size: Int) -> Step {
      (
        "palettize",
        ["nbits": .integer(2), "granularity": .string("per_grouped_channel"), "group_size": .integer(size)]
      )
    }
    #expect(throws: SkipReason.unnested(axis: 0, groups: 3, blocks: 2)) { try compress(codes, groups(2)) }
    for size in [1, 3, 6] {
      let weight = try compress(codes, groups(size))
      guard case .palette(_, let lut, _) = weight else { throw CompressionError.cancelled }
      #expect(lut.shape == [max(6 / size, 2), 1, 4, 1])
      #expect(try weight.decoded().shape == [6, 8])
    }
  }

  @Test func whatCodesCannotBe() {
    func rule(_ change: (inout Palettization) -> Void) -> JointRule {
      var technique = Palettization()
      change(&technique)
      return technique.joint(with: .quantized)
    }
    #expect(rule { _ in } == .allowed)
    #expect(rule { $0.clusterDim = 2 } != .allowed)
    #expect(rule { $0.enablePerChannelScale = true } != .allowed)
    #expect(rule { $0.mode = .custom } != .allowed)
  }

  @Test func refusedBeforeAnyWork() throws {
    let once = try program(Small.layers(), Self.codes)
    for step: Step in [Self.codes, ("palettize", ["nbits": .integer(2), "cluster_dim": .integer(2)])] {
      let error = #expect(throws: CompressionError.self) { try program(once, step) }
      #expect(error.map { "\($0)".hasPrefix("a is already quantized: \(step.name) cannot follow, ") } == true)
    }
    #expect(throws: CompressionError.self) { try program(try program(Small.layers(), Self.table), Self.table) }
  }

  // MARK: Names

  @Test func namesOfChains() throws {
    func names(_ steps: Step...) throws -> [String] {
      let made = try steps.reduce(Small.layers()) { try program($0, $1) }
      #expect(try made.weights(Catalog.weightTable).map(\.name) == ["a", "a_bias", "b"])
      return made.operations.filter { $0.type.hasPrefix("constexpr_") && $0.name.hasPrefix("a_") }
        .map { "\($0.type.dropFirst(10)) \($0.name)" }
    }
    let scaled: Step = ("palettize", ["nbits": .integer(4), "enable_per_channel_scale": .bool(true)])
    #expect(try names(scaled) == ["blockwise_shift_scale a_palettized", "lut_to_dense a_palettized_pcs"])
    #expect(
      try names(Self.codes, Self.table) == [
        "blockwise_shift_scale a_quantized_data_0_palettized", "lut_to_dense a_quantized",
      ])
    #expect(
      try names(Self.table, Self.half) == [
        "lut_to_sparse a_palettized_sparsified_nonzero_data_0_palettized", "sparse_to_dense a_palettized_sparsified",
      ])
    #expect(try names(Self.half, Self.half) == ["sparse_to_dense a_sparsified"])
  }

  @Test func aTakenNameOfATable() throws {
    var base = Small.layers()
    base.functions[0].block.operations.insert(Small.operation("relu", "a_palettized", ["x": "x"]), at: 0)
    let made = try program(base, ("palettize", ["nbits": .integer(4), "enable_per_channel_scale": .bool(true)]))
    let names = made.operations.flatMap(\.outputs).map(\.name)
    #expect(Set(names).count == names.count && names.contains("a_palettized_pcs_lut_0_quantized"))
  }

  // MARK: Against coremltools

  struct Fixture: Decodable {
    struct Case: Decodable {
      struct Step: Decodable {
        let verb: String
        let options: String
      }
      let weight: String
      let steps: [Step]
      let operators: [String]
      let dense: String
      var name: String { "\(weight) " + steps.map { "\($0.verb) \($0.options)" }.joined(separator: ", ") }
    }
    let weights: [String: ReferenceFixture.Weight]
    let cases: [Case]
  }

  /// coremltools reads the same numbers in every form (Fixtures/joint_reference.py).
  @Test func asCoremltoolsReadsThem() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/joint_reference.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
    #expect(fixture.cases.count == 52)
    for c in fixture.cases {
      let tensor = try #require(fixture.weights[c.weight]).tensor
      let base = Small.program(
        [.const("w", Constant(tensor)), Small.operation("linear", "y", ["x": "x", "weight": "w"])], outputs: ["y"])
      let made = try c.steps.reduce(base) { base, step in
        guard case .dictionary(let options) = try OptionText.read(step.options) else { return base }
        return try program(base, (step.verb, options))
      }
      let theirs = ReferenceFixture.Weight(dtype: c.weight, shape: tensor.shape, data: c.dense).tensor
      #expect(try made.weights(Catalog.weightTable)[0].weight.decoded().floats() == theirs.floats(), "\(c.name)")
      #expect(made.operations.map(\.type).filter { $0.hasPrefix("constexpr_") } == c.operators, "\(c.name)")
    }
  }
}
