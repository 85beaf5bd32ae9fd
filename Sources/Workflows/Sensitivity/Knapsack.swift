// SPDX-License-Identifier: Apache-2.0
// The multiple-choice knapsack problem: one choice for each item, with the least total error within a budget of bytes.

/// Choices of an item with their sizes and errors.
package enum Knapsack {
  package struct Choice: Sendable, Equatable {
    package let bytes: Int
    package let error: Double

    package init(bytes: Int, error: Double) {
      self.bytes = bytes
      self.error = error
    }
  }

  /// Units of the budget; sizes are rounded up to them. Several for each item, so that rounding costs little.
  private static func units(items: Int) -> Int { max(20_000, 64 * items) }

  /// The choice of each item with the least sum of errors whose sizes do not exceed the budget; `nil` if even the smallest
  /// choices do. By dynamic programming over the budget in units; exact if all sizes are whole units.
  package static func choose(_ items: [[Choice]], budget: Int) -> [Int]? {
    let least = items.map { choices in choices.map(\.bytes).min() ?? 0 }
    let spare = budget - least.reduce(0, +)
    guard spare >= 0, items.allSatisfy({ !$0.isEmpty }) else { return nil }
    let most = zip(items, least).reduce(0) { $0 + ($1.0.map(\.bytes).max() ?? 0) - $1.1 }
    // All that could be spent, in whole bytes where they are few.
    let useful = min(spare, most)
    let unit = max((useful + units(items: items.count) - 1) / units(items: items.count), 1)
    let capacity = useful / unit
    var best = [Double](repeating: 0, count: capacity + 1)
    var taken = [[UInt16]](repeating: [], count: items.count)
    for (number, choices) in items.enumerated() {
      let costs = choices.map { ($0.bytes - least[number] + unit - 1) / unit }
      var next = [Double](repeating: .infinity, count: capacity + 1)
      var own = [UInt16](repeating: 0, count: capacity + 1)
      for (choice, cost) in costs.enumerated() where cost <= capacity {
        let error = choices[choice].error
        for room in cost...capacity where best[room - cost] + error < next[room] {
          next[room] = best[room - cost] + error
          own[room] = UInt16(choice)
        }
      }
      (best, taken[number]) = (next, own)
    }
    var room = capacity
    var chosen = [Int](repeating: 0, count: items.count)
    for number in items.indices.reversed() {
      chosen[number] = Int(taken[number][room])
      room -= (items[number][chosen[number]].bytes - least[number] + unit - 1) / unit
    }
    return spending(spare - spent(items, chosen, least), on: items, chosen)
  }

  private static func spent(_ items: [[Choice]], _ chosen: [Int], _ least: [Int]) -> Int {
    items.indices.reduce(0) { $0 + items[$1][chosen[$1]].bytes - least[$1] }
  }

  /// Better choices with what rounding left, the greatest gains first.
  private static func spending(_ rest: Int, on items: [[Choice]], _ chosen: [Int]) -> [Int] {
    var (rest, chosen) = (rest, chosen)
    while true {
      var best: (item: Int, choice: Int, gain: Double)?
      for (number, choices) in items.enumerated() {
        let now = choices[chosen[number]]
        for (choice, other) in choices.enumerated() where other.bytes - now.bytes <= rest {
          let gain = now.error - other.error
          if gain > best?.gain ?? 0 { best = (number, choice, gain) }
        }
      }
      guard let best else { return chosen }
      rest -= items[best.item][best.choice].bytes - items[best.item][chosen[best.item]].bytes
      chosen[best.item] = best.choice
    }
  }
}
