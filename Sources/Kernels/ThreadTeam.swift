// SPDX-License-Identifier: Apache-2.0
// The number of threads of the team, and how parallel regions use them.

import CPrimitives
import Tensors

/// The thread team that oneDNN and Wane's own loops share.
package enum ThreadTeam {
  /// Number of threads of a parallel region; a primitive keeps the number that was set when it was created.
  package static var count: Int {
    get { Int(wp_threads()) }
    set { wp_set_threads(Int32(clamping: newValue)) }
  }

  /// The values of `body(0)`, `body(1)`, …, computed in parallel; used to create kernels, each of which then runs on the
  /// whole team.
  ///
  /// - Throws: the error of a call that failed.
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

  /// Runs `body` on the calling thread alone; what it creates is single-threaded.
  package static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = wp_limit_threads(1)
    defer { _ = wp_limit_threads(before) }
    return try body()
  }
}
