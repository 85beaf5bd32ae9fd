// SPDX-License-Identifier: Apache-2.0
// The knapsack's choices against all choices.

import Tensors
import Testing
import Workflows

@Suite struct KnapsackTests {
  private static func items(_ count: Int, _ random: inout SplitMix64) -> [[Knapsack.Choice]] {
    (0..<count).map { _ in
      (0..<Int(random.next() % 3) + 1).map { _ in
        Knapsack.Choice(bytes: Int(random.next() % 900) + 1, error: random.uniform())
      }
    }
  }

  /// The least error of all combinations within a budget.
  private static func least(_ items: [[Knapsack.Choice]], _ budget: Int) -> Double? {
    guard let first = items.first else { return budget >= 0 ? 0 : nil }
    return first.compactMap { choice in
      least(Array(items.dropFirst()), budget - choice.bytes).map { $0 + choice.error }
    }.min()
  }

  @Test(arguments: UInt64(1)...40) func noChoiceIsBetter(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let items = Self.items(Int(random.next() % 7) + 1, &random)
    let budget = Int(random.next() % 4000)
    let chosen = Knapsack.choose(items, budget: budget)
    let least = Self.least(items, budget)
    #expect((chosen == nil) == (least == nil))
    guard let chosen, let least else { return }
    let (bytes, error) = zip(items, chosen).reduce((0, 0.0)) { ($0.0 + $1.0[$1.1].bytes, $0.1 + $1.0[$1.1].error) }
    #expect(bytes <= budget)
    #expect(abs(error - least) < 1e-12)
  }

  /// Sizes beyond the number of units are rounded up, which costs little.
  @Test func largeSizesKeepToTheBudget() throws {
    var random = SplitMix64(seed: 3)
    let items = (0..<60).map { _ in
      let count = Int(random.next() % 5_000_000) + 100_000
      let weight = random.uniform()
      return [2, 3, 4, 6, 8, 16].map { bits in
        Knapsack.Choice(bytes: count * bits / 8, error: weight * Double(count) * Double(sign: .plus, exponent: -2 * bits, significand: 1))
      }
    }
    let total = items.reduce(0) { $0 + $1[5].bytes }
    for share in [0.15, 0.25, 0.4, 1] {
      let budget = Int(Double(total) * share)
      let chosen = try #require(Knapsack.choose(items, budget: budget))
      let bytes = zip(items, chosen).reduce(0) { $0 + $1.0[$1.1].bytes }
      #expect(bytes <= budget && (share == 1 || bytes > budget * 99 / 100))
    }
    #expect(Knapsack.choose(items, budget: total / 10) == nil)
  }
}
