// SPDX-License-Identifier: Apache-2.0
// Pairs of weights and tensors of files.

import Models
import Tensors
import Testing

struct WeightMatchingTests {
  private let weights: [(name: String, shape: Shape)] = [("a_weight", [2, 3]), ("b_weight", [4, 4])]

  private func matching(
    _ sources: [(name: String, shape: Shape)], others: [(name: String, shape: Shape)] = [], transposes: Bool = true,
    rename: (String) -> String? = { $0 }
  ) -> WeightMatching {
    WeightMatching(weights: weights, others: others, sources: sources, allowsTransposes: transposes, rename: rename)
  }

  @Test func namesMayHaveDots() {
    let found = matching([("a.weight", [2, 3]), ("b_weight", [4, 4])])
    #expect(found.problems == nil)
    #expect(found.pairs.map(\.weight) == ["a_weight", "b_weight"])
  }

  @Test func matricesMayBeTransposed() {
    #expect(matching([("a.weight", [3, 2])]).pairs.map(\.isTransposed) == [true])
    #expect(matching([("a.weight", [3, 2])], transposes: false).unfit.count == 1)
  }

  /// A square matrix has the same shape either way: the others of its kind tell, or nothing does.
  @Test func squareMatricesFollowTheOthers() {
    let shapes: [String: Shape] = ["a_weight": [2, 3], "b_weight": [4, 4]]
    var exchanged = matching([("a.weight", [3, 2]), ("b.weight", [4, 4])])
    #expect(exchanged.settleSquares(["a_weight", "b_weight"], shapes: shapes) == [])
    #expect(exchanged.pairs.map(\.isTransposed) == [true, true])
    var plain = matching([("a.weight", [2, 3]), ("b.weight", [4, 4])])
    #expect(plain.settleSquares(["a_weight", "b_weight"], shapes: shapes) == [])
    #expect(plain.pairs.map(\.isTransposed) == [false, false])
    var alone = matching([("b.weight", [4, 4])])
    #expect(alone.settleSquares(["b_weight"], shapes: shapes) == ["b_weight"])
    #expect(alone.settleSquares([], shapes: shapes) == [])
    alone.exchangeSquares(["b_weight"], shapes: shapes)
    #expect(alone.pairs.map(\.isTransposed) == [true])
  }

  @Test func axesOfOneDoNotMatter() {
    #expect(matching([("a.weight", [2, 3, 1])]).pairs.count == 1)
  }

  @Test func otherConstantsAreTakenButNotMissed() {
    let found = matching([("a.weight", [2, 3]), ("b.weight", [4, 4]), ("a.bias", [2])], others: [("a_bias", [2]), ("table", [9])])
    #expect(found.problems == nil)
    #expect(found.pairs.count == 3)
  }

  @Test func everythingThatDoesNotFitIsListed() {
    let problems = matching([("a.weight", [5, 3]), ("c.weight", [1])]).problems ?? ""
    for words in ["a_weight is [2, 3], a.weight is [5, 3]", "without a tensor: b_weight", "without a weight: c.weight"] {
      #expect(problems.contains(words))
    }
  }

  @Test func namesCanBeChangedAndLeftOut() {
    let found = matching([("x", [2, 3]), ("y", [4, 4]), ("z", [1])]) { ["x": "a_weight", "y": "b_weight"][$0] }
    #expect(found.problems == nil)
  }
}
