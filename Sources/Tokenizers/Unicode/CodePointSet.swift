// SPDX-License-Identifier: Apache-2.0
// Sets of code points as sorted ranges.

/// A set of code points.
struct CodePointSet: Equatable, Sendable {
  /// Disjoint, in ascending order, not adjacent.
  private(set) var ranges: [ClosedRange<UInt32>]

  static let last: UInt32 = 0x10FFFF
  static let all = CodePointSet(ranges: [0...last])

  /// The union of ranges, in any order.
  init(ranges: [ClosedRange<UInt32>] = []) {
    var sorted: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let top = sorted.last, range.lowerBound <= top.upperBound || range.lowerBound == top.upperBound + 1 {
        sorted[sorted.count - 1] = top.lowerBound...max(top.upperBound, range.upperBound)
      } else {
        sorted.append(range)
      }
    }
    self.ranges = sorted
  }

  var isEmpty: Bool { ranges.isEmpty }

  /// The only element, if there is one.
  var single: UInt32? { ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil }

  func union(_ other: CodePointSet) -> CodePointSet { CodePointSet(ranges: ranges + other.ranges) }

  var inverted: CodePointSet {
    var out: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { out.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= Self.last { out.append(next...Self.last) }
    return CodePointSet(ranges: out)
  }

  func intersection(_ other: CodePointSet) -> CodePointSet { inverted.union(other.inverted).inverted }

  func contains(_ point: UInt32) -> Bool { ranges.contains { $0.contains(point) } }

  /// The set with the other cases of its letters.
  var ignoringCase: CodePointSet {
    var out = ranges
    for range in ranges where range.count < 0x3000 {
      for point in range {
        for other in CaseFolding.equivalents[point] ?? [] { out.append(other...other) }
      }
    }
    // Large ranges contain whole scripts; single letters of pairs are looked up from the other side.
    for range in ranges where range.count >= 0x3000 {
      for (point, others) in CaseFolding.equivalents where range.contains(point) {
        for other in others { out.append(other...other) }
      }
    }
    return CodePointSet(ranges: out)
  }
}

/// Letters that differ in case only.
enum CaseFolding {
  /// For each letter the others that are equal to it when case is ignored.
  static let equivalents: [UInt32: [UInt32]] = {
    var classes: [UInt32: [UInt32]] = [:]
    for (upper, lower) in UnicodeTables.lowercaseForms where lower.count == 1 { classes[lower[0], default: []].append(upper) }
    // Letters whose uppercase form is shared with another letter (CaseFolding.txt of Unicode).
    for (letter, folded): (UInt32, UInt32) in [
      (0x17F, 0x73), (0xB5, 0x3BC), (0x345, 0x3B9), (0x1FBE, 0x3B9), (0x3C2, 0x3C3), (0x3D0, 0x3B2), (0x3D1, 0x3B8), (0x3D5, 0x3C6),
      (0x3D6, 0x3C0), (0x3F0, 0x3BA), (0x3F1, 0x3C1), (0x3F5, 0x3B5), (0x1E9B, 0x1E61),
    ] { classes[folded, default: []].append(letter) }
    var out: [UInt32: [UInt32]] = [:]
    for (lower, others) in classes {
      let members = [lower] + others
      for member in members { out[member] = members.filter { $0 != member } }
    }
    return out
  }()
}
