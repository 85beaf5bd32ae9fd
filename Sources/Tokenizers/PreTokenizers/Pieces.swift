// SPDX-License-Identifier: Apache-2.0
// A text while it is divided into words.

/// A text and the ranges into which it is divided.
struct Pieces {
  struct Piece {
    var start: Int
    var end: Int
    /// Whether the piece begins with the first character of the input.
    var isStart: Bool
  }

  var bytes: [UInt8]
  var pieces: [Piece]

  /// A text as one piece.
  init(_ text: NormalizedText) {
    bytes = text.bytes
    pieces = text.bytes.isEmpty ? [] : [Piece(start: 0, end: text.bytes.count, isStart: text.isStart)]
  }

  /// Divides each piece: the function is given its text and appends ranges within it; empty ones are dropped.
  mutating func divide(_ body: (Bytes, inout [Range<Int>]) throws(TokenizerError) -> Void) throws(TokenizerError) {
    var out: [Piece] = []
    out.reserveCapacity(pieces.count * 2)
    var ranges: [Range<Int>] = []
    var failure: TokenizerError?
    bytes.withUnsafeBufferPointer { bytes in
      for piece in pieces {
        ranges.removeAll(keepingCapacity: true)
        do throws(TokenizerError) {
          try body(Bytes(rebasing: bytes[piece.start..<piece.end]), &ranges)
        } catch {
          failure = error
          return
        }
        for range in ranges where !range.isEmpty {
          let start = piece.start + range.lowerBound
          out.append(Piece(start: start, end: piece.start + range.upperBound, isStart: piece.isStart && range.lowerBound == 0))
        }
      }
    }
    if let failure { throw failure }
    pieces = out
  }

  /// Writes each piece anew.
  mutating func rewrite(_ body: (Bytes, Bool, inout [UInt8]) -> Void) {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 2)
    bytes.withUnsafeBufferPointer { bytes in
      for at in pieces.indices {
        let start = out.count
        body(Bytes(rebasing: bytes[pieces[at].start..<pieces[at].end]), pieces[at].isStart, &out)
        pieces[at].start = start
        pieces[at].end = out.count
      }
    }
    bytes = out
  }
}

/// What becomes of the matches of a pattern at which a text is divided.
enum SplitBehavior: String, Sendable, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// A match, or the text between two of them.
  struct Segment {
    var range: Range<Int>
    var isMatch: Bool
  }

  /// Appends the ranges for segments that cover a text.
  func collect(_ segments: [Segment], _ ranges: inout [Range<Int>]) {
    switch self {
    case .removed: ranges += segments.lazy.filter { !$0.isMatch }.map(\.range)
    case .isolated: ranges += segments.lazy.map(\.range)
    case .contiguous:
      let start = ranges.count
      var wasMatch = false
      for segment in segments {
        if segment.isMatch == wasMatch, ranges.count > start {
          ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<segment.range.upperBound
        } else {
          ranges.append(segment.range)
        }
        wasMatch = segment.isMatch
      }
    case .mergedWithPrevious:
      let start = ranges.count
      var wasMatch = false
      for segment in segments {
        if segment.isMatch, !wasMatch, ranges.count > start {
          ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<segment.range.upperBound
        } else {
          ranges.append(segment.range)
        }
        wasMatch = segment.isMatch
      }
    case .mergedWithNext:
      let start = ranges.count
      var wasMatch = false
      for segment in segments.reversed() {
        if segment.isMatch, !wasMatch, ranges.count > start {
          ranges[ranges.count - 1] = segment.range.lowerBound..<ranges[ranges.count - 1].upperBound
        } else {
          ranges.append(segment.range)
        }
        wasMatch = segment.isMatch
      }
      ranges[start...].reverse()
    }
  }
}
