// SPDX-License-Identifier: Apache-2.0
// The syntax tree of a regular expression.

/// A part of a regular expression.
indirect enum PatternNode: Equatable {
  case empty
  /// One code point of a set.
  case set(CodePointSet)
  case sequence([PatternNode])
  case alternatives([PatternNode])
  /// At most `maximum` repetitions; `nil` for any number.
  case loop(PatternNode, minimum: Int, maximum: Int?, Greed)
  case look(PatternNode, isAhead: Bool, isNegative: Bool)
  case atomic(PatternNode)
  case assertion(Assertion)

  enum Greed: Equatable { case greedy, lazy, possessive }

  enum Assertion: Equatable, Sendable { case lineStart, lineEnd, textStart, textEnd, lastLineEnd, wordBoundary, noWordBoundary }

  /// Whether the part can match the empty text.
  var isNullable: Bool {
    switch self {
    case .empty, .look, .assertion: true
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.isNullable)
    case .alternatives(let parts): parts.contains(where: \.isNullable)
    case .loop(let part, let minimum, _, _): minimum == 0 || part.isNullable
    case .atomic(let part): part.isNullable
    }
  }

  /// The number of code points of every match, if it is the same for all.
  var fixedLength: Int? {
    switch self {
    case .empty, .look, .assertion: return 0
    case .set: return 1
    case .sequence(let parts):
      var sum = 0
      for part in parts {
        guard let length = part.fixedLength else { return nil }
        sum += length
      }
      return sum
    case .alternatives(let parts):
      let lengths = Set(parts.map(\.fixedLength))
      return lengths.count == 1 ? lengths.first ?? nil : nil
    case .loop(let part, let minimum, let maximum, _):
      guard minimum == maximum, let length = part.fixedLength else { return nil }
      return length * minimum
    case .atomic(let part): return part.fixedLength
    }
  }

  /// The bytes with which a match can begin; all when the part can match the empty text.
  var firstBytes: ByteSet {
    if isNullable { return .all }
    switch self {
    case .empty, .look, .assertion: return .all
    case .set(let set): return ByteSet(firstOf: set)
    case .sequence(let parts):
      var out = ByteSet()
      for part in parts {
        if !part.isNullable { return out.union(part.firstBytes) }
        if part.isTransparent { continue }
        guard let more = part.optionalFirstBytes else { return .all }
        out = out.union(more)
      }
      return .all
    case .alternatives(let parts): return parts.reduce(into: ByteSet()) { $0 = $0.union($1.firstBytes) }
    case .loop(let part, _, _, _), .atomic(let part): return part.firstBytes
    }
  }

  /// Whether the part never consumes text.
  private var isTransparent: Bool {
    switch self {
    case .empty, .look, .assertion: true
    default: false
    }
  }

  /// The bytes with which a non-empty match of a nullable part can begin.
  private var optionalFirstBytes: ByteSet? {
    switch self {
    case .loop(let part, _, _, _), .atomic(let part): part.isNullable ? part.optionalFirstBytes : part.firstBytes
    default: nil
    }
  }
}

/// A set of bytes.
struct ByteSet: Equatable, Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  static let all = {
    var set = ByteSet()
    set.words = (.max, .max, .max, .max)
    return set
  }()

  init() {}

  /// The first bytes of the code points of a set.
  init(firstOf set: CodePointSet) {
    for range in set.ranges {
      for (first, last, lead): (UInt32, UInt32, (UInt32) -> UInt32) in [
        (0, 0x7F, { $0 }), (0x80, 0x7FF, { 0xC0 | $0 >> 6 }), (0x800, 0xFFFF, { 0xE0 | $0 >> 12 }),
        (0x10000, 0x10FFFF, { 0xF0 | $0 >> 18 }),
      ] where range.lowerBound <= last && range.upperBound >= first {
        for byte in lead(max(first, range.lowerBound))...lead(min(last, range.upperBound)) { insert(UInt8(byte)) }
      }
    }
  }

  mutating func insert(_ byte: UInt8) {
    let bit = UInt64(1) << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    let word =
      switch byte >> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word >> UInt64(byte & 63) & 1 != 0
  }

  func union(_ other: ByteSet) -> ByteSet {
    var out = self
    out.words = (words.0 | other.words.0, words.1 | other.words.1, words.2 | other.words.2, words.3 | other.words.3)
    return out
  }

  static func == (a: ByteSet, b: ByteSet) -> Bool { a.words == b.words }
}
