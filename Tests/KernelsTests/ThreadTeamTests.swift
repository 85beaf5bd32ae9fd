// SPDX-License-Identifier: Apache-2.0
// Kernels prepared in parallel are complete and in order.

import Kernels
import Testing

@Suite struct ThreadTeamTests {
  private struct Fault: Error, Equatable { let index: Int }

  @Test(arguments: [0, 1, 2, 3, 100]) func preparesInOrder(_ count: Int) throws {
    #expect(try ThreadTeam.prepare(count) { $0 * $0 } == (0..<count).map { $0 * $0 })
    #expect(try ThreadTeam.alone { try ThreadTeam.prepare(count) { $0 * $0 } } == (0..<count).map { $0 * $0 })
  }

  @Test func failsWithOneOfTheFaults() {
    #expect(throws: Fault(index: 5)) { try ThreadTeam.prepare(10) { index in if index == 5 { throw Fault(index: index) } } }
  }

  /// Loops within preparation run on the same thread, and are complete.
  @Test func loopsWithinAreWhole() throws {
    let sums = try ThreadTeam.prepare(8) { index in
      var sum = 0
      ParallelFor.run(1000, grain: 1) { sum += $0.reduce(0, +) }
      return sum
    }
    #expect(sums == Array(repeating: 499_500, count: 8))
  }
}
