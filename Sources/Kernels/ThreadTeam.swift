// SPDX-License-Identifier: Apache-2.0
// How many threads work, and for whom.

import CPrimitives
import Tensors

/// The team of threads that oneDNN and our own loops share.
package enum ThreadTeam {
  /// How many run a parallel region; primitives keep the number that held when they were made.
  package static var count: Int {
    get { Int(wp_threads()) }
    set { wp_set_threads(Int32(clamping: newValue)) }
  }

  /// The values of `body(0)`, `body(1)`, …, found side by side: for making kernels, each of which then runs on the whole team.
  ///
  /// - Throws: the error of one that failed.
  package static func prepare<Value>(_ count: Int, _ body: (Int) throws -> Value) throws -> [Value] {
    guard self.count > 1, count > 1 else { return try (0..<count).map(body) }
    let lanes = min(self.count, count)
    let made = try Parallel.tryMap(lanes) { lane in
      let before = wp_share_regions(false)
      defer { _ = wp_share_regions(before) }
      return try stride(from: lane, to: count, by: lanes).map(body)
    }
    return (0..<count).map { made[$0 % lanes][$0 / lanes] }
  }

  /// What `body` makes runs on the calling thread alone.
  package static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = wp_limit_threads(1)
    defer { _ = wp_limit_threads(before) }
    return try body()
  }
}
