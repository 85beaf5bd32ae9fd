// SPDX-License-Identifier: Apache-2.0
// The batch sizes that a model accepts, and how a batch is split into calls.

/// The batch sizes that one call of a model accepts.
package enum BatchRule: Sendable, Equatable {
  case any
  /// Exactly this size; most Core ML models accept one sample.
  case fixed(Int)
  case range(ClosedRange<Int>)
  /// One of several sizes (enumerated shapes).
  case oneOf([Int])
  /// The inputs have no batch axis: one sample per call; the first axis is dropped from inputs and added to every output.
  case unbatched

  /// One call: `samples` rows of the batch, padded to `size` by repeating the last one.
  package struct Piece: Equatable, Sendable {
    package let samples: Range<Int>
    package let size: Int
  }

  /// Splits `count` samples into as few calls as the sizes allow; only the last piece is ever padded.
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
        // The largest size that needs no padding, else the smallest.
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
