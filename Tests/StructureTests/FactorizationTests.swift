// SPDX-License-Identifier: Apache-2.0
// Ranks by hand-derived numbers; programs with factors compute what the original does.

import MIL
import Operators
import Runtime
import Structure
import Tensors
import Testing

@Suite("Low-rank factors") struct FactorizationTests {
  @Test func ranksOfMatrices() {
    // Squares 16, 4, 1, 0: 21 in all.
    let values = [4.0, 2, 1, 0]
    #expect(FactorSize.rank(3).rank(rows: 4, columns: 6, values: values) == 3)
    #expect(FactorSize.rank(9).rank(rows: 4, columns: 6, values: values) == 4)
    #expect(FactorSize.energy(16.0 / 21).rank(rows: 4, columns: 6, values: values) == 1)
    #expect(FactorSize.energy(0.77).rank(rows: 4, columns: 6, values: values) == 2)
    #expect(FactorSize.energy(1).rank(rows: 4, columns: 6, values: values) == 3)
    // 24 elements; a component has 10.
    #expect(FactorSize.ratio(0.9).rank(rows: 4, columns: 6, values: values) == 2)
    #expect(FactorSize.ratio(0.1).rank(rows: 4, columns: 6, values: values) == 1)
  }

  @Test func ranksOfKernels() {
    let ranks = FactorSize.ratio(0.5).ranks(outputs: 8, inputs: 4, taps: 9, outputValues: [], inputValues: [])
    #expect(ranks.input * 4 + ranks.output * ranks.input * 9 + ranks.output * 8 <= 144)
    #expect(ranks.output > 1 && ranks.input > 1)
    // Each projection may lose an eighth of the squares: 9 + 4 of 14 are kept by two, 100 of 101 by one.
    #expect(FactorSize.energy(0.75).ranks(outputs: 3, inputs: 2, taps: 9, outputValues: [3, 2, 1], inputValues: [10, 1]) == (2, 1))
  }

  private static let text = """
    func main<iOS16>(x: tensor<fp32, [2, 48]>) {
      w = const()[val = tensor<fp32, [48, 48]>([WEIGHT])]
      b = const()[val = tensor<fp32, [48]>([BIAS])]
      y = linear(x = x, weight = w, bias = b)
      z = relu(x = y)
    } -> (z)
    """

  /// A weight of rank two: element (i, j) is i j / 256 + (-1)^(i + j).
  private func layer() throws -> Program {
    let elements = (0..<48 * 48).map { (index: Int) -> Float in
      let (row, column) = (index / 48, index % 48)
      let sign: Float = (row + column) % 2 == 0 ? 1 : -1
      return Float(row * column) / 256 + sign
    }
    func text(_ numbers: [Float]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
    let bias = (0..<48).map { Float($0) }
    return try Program(text: Self.text.replacing("WEIGHT", with: text(elements)).replacing("BIAS", with: text(bias))) { operation, types in
      if let value = operation.constantValue { return [value.type] }
      let op = try Catalog.find(operation)
      return try op.infer(try Call(operation, opset: .iOS16) { name in types[name].map { Operand(name: name, type: $0) } })
    }
  }

  private func run(_ program: Program) throws -> [Float] {
    let x = Tensor((0..<96).map { Float($0 % 5) - 1.5 }, shape: [2, 48])
    guard case .tensor(let z)? = try Executor(program: program).run(["x": x])["z"] else { return [] }
    return z.floats()
  }

  @Test func aWeightOfRankTwoNeedsTwoComponents() throws {
    let program = try layer()
    let (thin, weights) = try program.factorized(.rank(2), moments: { _ in nil }, chooses: { _ in true })
    // The bias is no matrix.
    try #require(weights.map(\.count) == [192, nil])
    try thin.verify()
    for (a, b) in zip(try run(thin), try run(program)) { #expect(abs(a - b) < 1e-3) }
    let types = thin.functions[0].block.operations.map(\.type).filter { $0 != "const" }
    #expect(types == ["linear", "linear", "relu"])
    let (_, worse) = try program.factorized(.rank(1), moments: { _ in nil }, chooses: { _ in true })
    #expect((worse[0].snrDB ?? 99) < 20 && (weights[0].snrDB ?? 0) > 80)
  }

  @Test func weightsThatDoNotGetSmallerStay() throws {
    let program = try layer()
    let (same, weights) = try program.factorized(.rank(48), moments: { _ in nil }, chooses: { _ in true })
    #expect(weights.map(\.count) == [nil, nil] && weights[0].words == "the factors would not have fewer elements")
    #expect(same.functions[0].block.operations.count == program.functions[0].block.operations.count)
    #expect(try program.factorized(.rank(2), moments: { _ in nil }, chooses: { _ in false }).weights.first?.words == "not chosen")
  }
}
