// SPDX-License-Identifier: Apache-2.0
// Support for tests of the C loops: all instruction sets, seeded values, differences between floats.

import CKernels
import Foundation
import Synchronization
import Tensors
import Testing

/// Contains all tests of `CKernels`.
@Suite enum FloatLoops {
  /// Runs `body` once for each level of code that this processor can run. The level applies to the calling thread only.
  static func onEachLevel(_ body: (Int32) throws -> Void) rethrows {
    defer { ck_force_isa(-1) }
    for level in [CK_PORTABLE, CK_AVX2, CK_AVX512].map({ Int32($0.rawValue) })
    where ck_force_isa(level) == level {
      try body(level)
    }
  }

  /// Tests run in parallel, and those of other suites compare bits.
  @Test static func aForcedLevelAppliesToOneThread() {
    let highest = ck_force_isa(-1)
    onEachLevel { level in
      let found = Mutex<Int32?>(nil)
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        found.withLock { $0 = ck_isa() }
        done.signal()
      }
      done.wait()
      #expect(ck_isa() == level)
      #expect(found.withLock { $0 } == highest)
    }
  }

  /// Sizes near every register width and block size of the loops.
  static let lengths = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 257, 1000, 4099]

  /// `count` values, uniform in `range`.
  static func uniform(_ count: Int, _ range: ClosedRange<Float>, seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      range.lowerBound + (range.upperBound - range.lowerBound) * Float(random.uniform())
    }
  }

  /// `count` bytes.
  static func bytes(_ count: Int, below limit: Int = 256, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8(random.next() % UInt64(limit)) }
  }

  /// Floats of every magnitude and sign: random bit patterns, and special values of the functions.
  static func everyMagnitude(seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    let patterns = (0..<20_000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
    }
    let turning: [Float] = [
      0, -0.0, 1, -1, 0.5, -0.5, 0.6, -0.6, 1.5, 2.5, -2.5, 88.7, -87.3, -103.9, 104, -150,
      .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 8388607.5,
      8388608,
    ]
    return patterns.filter { !$0.isNaN } + uniform(20_000, -12...12, seed: seed &+ 1)
      + uniform(5_000, -110...110, seed: seed &+ 2) + turning
  }

  /// Whether `found` equals `expected` up to `relative` and the smallest subnormal; infinities and NaN must be equal.
  static func agree(_ found: Float, _ expected: Double, relative: Double, absolute: Double = 0)
    -> Bool
  {
    if expected.isNaN || found.isNaN { return expected.isNaN && found.isNaN }
    let rounded = Float(expected)
    if rounded.isInfinite || found.isInfinite {
      return rounded == found || expected.magnitude > 3.40282e38 && found.magnitude > 3.40282e38
    }
    let error = (Double(found) - expected).magnitude
    return error <= relative * expected.magnitude + absolute + 0x1p-149
  }
}
