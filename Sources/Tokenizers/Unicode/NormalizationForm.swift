// SPDX-License-Identifier: Apache-2.0
// Unicode normalization forms.

/// The normalization forms of Unicode (UAX 15).
enum NormalizationForm: Sendable {
  case nfc, nfd, nfkc, nfkd

  private var isCompatible: Bool { self == .nfkc || self == .nfkd }
  private var composes: Bool { self == .nfc || self == .nfkc }

  private static let canonical = UnicodeTables.mapping(UnicodeTables.canonicalDecomposition)
  private static let compatible = UnicodeTables.mapping(UnicodeTables.compatibilityDecomposition)
  private static let classes = CodePointValues(runs: UnicodeTables.runs(UnicodeTables.combiningClass))
  private static let compositions: [UInt64: UInt32] = {
    let numbers = UnicodeTables.numbers(UnicodeTables.composition)
    var out: [UInt64: UInt32] = [:]
    for at in stride(from: 0, to: numbers.count - 2, by: 3) {
      out[UInt64(numbers[at]) << 32 | UInt64(numbers[at + 1])] = UInt32(numbers[at + 2])
    }
    return out
  }()

  /// Code points that normalization may change, or that may change others.
  private static let active: CodePointFlags = {
    var ranges: [ClosedRange<UInt32>] = [0x1100...0x11FF, 0xAC00...0xD7A3]
    for map in [canonical, compatible] { ranges += map.keys.map { $0...$0 } }
    ranges += UnicodeTables.runs(UnicodeTables.combiningClass).filter { $0.value != 0 }.map { $0.first...$0.last }
    ranges += compositions.keys.map { UInt32(truncatingIfNeeded: $0) }.map { $0...$0 }
    return CodePointFlags(CodePointSet(ranges: ranges))
  }()

  /// The normalized text; `nil` if it is the text itself.
  func normalized(_ bytes: Bytes) -> [UInt8]? {
    var at = 0
    while at < bytes.count, bytes[at] < 0x80 { at += 1 }
    if at == bytes.count { return nil }
    var isActive = false
    while at < bytes.count {
      let (point, length) = UTF8Text.decode(bytes, at: at)
      if point >= 0x80, Self.active[point] {
        isActive = true
        break
      }
      at += length
    }
    guard isActive else { return nil }
    var points: [UInt32] = []
    points.reserveCapacity(bytes.count)
    at = 0
    while at < bytes.count {
      let (point, length) = UTF8Text.decode(bytes, at: at)
      at += length
      decompose(point, into: &points)
    }
    var levels = points.map { $0 < 0x300 ? 0 : Self.classes[$0] }
    Self.order(&points, &levels)
    if composes { Self.compose(&points, levels) }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 16)
    for point in points { UTF8Text.append(point, to: &out) }
    return out
  }

  private func decompose(_ point: UInt32, into points: inout [UInt32]) {
    if point < 0x80 {
      points.append(point)
    } else if point >= 0xAC00, point < 0xD7A4 {
      let index = point - 0xAC00
      points.append(0x1100 + index / 588)
      points.append(0x1161 + index % 588 / 28)
      if index % 28 > 0 { points.append(0x11A7 + index % 28) }
    } else if isCompatible, let mapped = Self.compatible[point] {
      points += mapped
    } else if let mapped = Self.canonical[point] {
      points += mapped
    } else {
      points.append(point)
    }
  }

  /// Sorts each run of marks by its combining classes, and keeps the order of equal ones.
  private static func order(_ points: inout [UInt32], _ levels: inout [UInt8]) {
    var at = 0
    while at < points.count {
      guard levels[at] != 0 else {
        at += 1
        continue
      }
      var end = at
      while end < points.count, levels[end] != 0 { end += 1 }
      if end - at > 1 {
        let sorted = (at..<end).sorted { (levels[$0], $0) < (levels[$1], $1) }
        let run = sorted.map { (points[$0], levels[$0]) }
        for (offset, item) in run.enumerated() { (points[at + offset], levels[at + offset]) = item }
      }
      at = end
    }
  }

  private static func compose(_ points: inout [UInt32], _ levels: [UInt8]) {
    var out: [UInt32] = []
    out.reserveCapacity(points.count)
    var starter = -1
    var lastLevel = -1
    for (point, level) in zip(points, levels) {
      if starter >= 0, lastLevel < Int(level) || lastLevel == -1, let composed = pair(out[starter], point) {
        out[starter] = composed
        continue
      }
      if level == 0 {
        starter = out.count
        lastLevel = -1
      } else {
        lastLevel = Int(level)
      }
      out.append(point)
    }
    points = out
  }

  private static func pair(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if first >= 0x1100, first < 0x1113, second >= 0x1161, second < 0x1176 {
      return 0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28
    }
    if first >= 0xAC00, first < 0xD7A4, (first - 0xAC00) % 28 == 0, second > 0x11A7, second < 0x11C3 { return first + second - 0x11A7 }
    return compositions[UInt64(first) << 32 | UInt64(second)]
  }
}
