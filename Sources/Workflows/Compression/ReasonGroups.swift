// SPDX-License-Identifier: Apache-2.0
// Merges reasons that differ only in their numbers.

import Evaluation

/// Skipped weights, grouped by reason.
struct ReasonGroups<Element> {
  /// Elements with the same reason, apart from its numbers: `768…1536 elements do not exceed weight_threshold 2048`.
  struct Group {
    let reason: String
    let elements: [Element]
  }

  let groups: [Group]

  /// - Parameters:
  ///   - elements: the elements; their order determines that of the groups.
  ///   - reason: returns the reason for an element.
  init(_ elements: some Sequence<Element>, reason: (Element) -> String) {
    var found: [(key: String, reasons: [String], elements: [Element])] = []
    for element in elements {
      let text = reason(element)
      let key = text.replacing(Self.number, with: "#")
      if let index = found.firstIndex(where: { $0.key == key }) {
        found[index].reasons.append(text)
        found[index].elements.append(element)
      } else {
        found.append((key, [text], [element]))
      }
    }
    groups = found.map { Group(reason: Self.common($0.reasons), elements: $0.elements) }
  }

  private static var number: Regex<(Substring, Substring?)> { /[0-9]+(\.[0-9]+)?/ }

  /// Merges sentences that differ only in their numbers into one.
  private static func common(_ reasons: [String]) -> String {
    guard let first = reasons.first, reasons.contains(where: { $0 != first }) else { return reasons.first ?? "" }
    let numbers = reasons.map { $0.matches(of: number).map { String($0.output.0) } }
    var place = 0
    return first.replacing(number) { match -> String in
      defer { place += 1 }
      let values = Set(numbers.compactMap { $0.indices.contains(place) ? Double($0[place]) : nil })
      guard values.count > 1, let low = values.min(), let high = values.max() else { return String(match.output.0) }
      return "\(Quantity.significant(low, 6))…\(Quantity.significant(high, 6))".replacing(/(\.[0-9]*?)0+(?=…|$)/) { String($0.output.1) }
        .replacing(/\.(?=…|$)/, with: "")
    }
  }
}
