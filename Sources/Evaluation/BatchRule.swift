// SPDX-License-Identifier: Apache-2.0
// Which batch sizes a model takes, and how a batch is cut to fit.

/// The numbers of samples that one call of a model takes.
package enum BatchRule: Sendable, Equatable {
  case any
  /// Exactly so many: most Core ML models take one.
  case fixed(Int)
  case range(ClosedRange<Int>)
  /// One of some sizes (enumerated shapes).
  case oneOf([Int])
  /// The inputs have no batch axis: one sample a call, its first axis dropped, and one is put before every output.
  case unbatched

  /// A call: `samples` rows of the batch, filled up to `size` by repeating the last one.
  package struct Piece: Equatable, Sendable {
    package let samples: Range<Int>
    package let size: Int
  }

  /// Cuts `count` samples into as few calls as the sizes allow; only the last piece is ever filled up.
  package func pieces(of count: Int) -> [Piece] {
    let sizes: (Int) -> (samples: Int, size: Int)
    switch self {
    case .any: sizes = { ($0, $0) }
    case .unbatched: sizes = { _ in (1, 1) }
    case .fixed(let n): sizes = { (min($0, n), n) }
    case .range(let range):
      sizes = { left in
        let samples = min(left, range.upperBound)
        return (samples, max(samples, range.lowerBound))
      }
    case .oneOf(let list):
      let sorted = list.sorted()
      sizes = { left in
        // The largest that needs no filling, else the smallest.
        let size = sorted.last { $0 <= left } ?? sorted.first ?? left
        return (min(left, size), size)
      }
    }
    var pieces: [Piece] = []
    var at = 0
    while at < count {
      let (samples, size) = sizes(count - at)
      precondition(samples > 0, "a batch rule without positive sizes: \(self)")
      pieces.append(Piece(samples: at..<at + samples, size: size))
      at += samples
    }
    return pieces
  }
}
