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
    func main<iOS16>(x: tensor<fp32, [2, 8]>) {
      w = const(val = tensor<fp32, [8, 8]>([WEIGHT]))
      b = const(val = tensor<fp32, [8]>([0, 1, 2, 3, 4, 5, 6, 7]))
      y = linear(x = x, weight = w, bias = b)
      z = relu(x = y)
    } -> (z)
    """

  /// A weight of rank two: element (i, j) is i j / 8 + (-1)^(i + j).
  private func layer() throws -> Program {
    let elements = (0..<64).map { Float($0 / 8 * ($0 % 8)) / 8 + (($0 / 8 + $0 % 8) % 2 == 0 ? 1 : -1) }
    return try Program(text: Self.text.replacing("WEIGHT", with: elements.map { "\($0)" }.joined(separator: ", "))) { operation, types in
      let op = try Catalog.find(operation)
      return try op.infer(try Call(operation, opset: .iOS16) { name in types[name].map { Operand(name: name, type: $0) } })
    }
  }

  private func run(_ program: Program) throws -> [Float] {
    let x = Tensor((0..<16).map { Float($0 % 5) - 1.5 }, shape: [2, 8])
    guard case .tensor(let z)? = try Executor(program: program).run(["x": x])["z"] else { return [] }
    return z.floats()
  }

  @Test func aWeightOfRankTwoNeedsTwoComponents() throws {
    let program = try layer()
    let (thin, weights) = try program.factorized(.rank(2), moments: { _ in nil }, chooses: { _ in true })
    #expect(weights.count == 1 && weights[0].count == 32)
    try thin.verify()
    for (a, b) in zip(try run(thin), try run(program)) { #expect(abs(a - b) < 1e-4) }
    let types = thin.functions[0].block.operations.map(\.type).filter { $0 != "const" }
    #expect(types == ["linear", "linear", "relu"])
    #expect(try program.factorized(.rank(1), moments: { _ in nil }, chooses: { _ in true }).weights[0].snrDB ?? 99 < 20)
  }

  @Test func weightsThatDoNotGetSmallerStay() throws {
    let program = try layer()
    let (same, weights) = try program.factorized(.rank(8), moments: { _ in nil }, chooses: { _ in true })
    #expect(weights[0].count == nil && weights[0].words == "the factors would not have fewer elements")
    #expect(same.functions[0].block.operations.count == program.functions[0].block.operations.count)
    #expect(try program.factorized(.rank(2), moments: { _ in nil }, chooses: { _ in false }).weights[0].words == "not chosen")
  }
}
