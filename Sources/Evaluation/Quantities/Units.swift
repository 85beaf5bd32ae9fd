// SPDX-License-Identifier: Apache-2.0
// Units of bytes and of time that a whole column or axis shares.

/// A unit of bytes for a column or axis, in powers of 1000.
package struct ByteUnit: Sendable, Equatable {
  package let name: String
  package let bytes: Double

  package static let all = [
    ByteUnit(name: "B", bytes: 1), ByteUnit(name: "kB", bytes: 1e3), ByteUnit(name: "MB", bytes: 1e6), ByteUnit(name: "GB", bytes: 1e9),
  ]

  /// The largest unit that is not greater than the number of bytes.
  package static func fitting(_ bytes: Double) -> ByteUnit { all.last { $0.bytes <= abs(bytes) } ?? all[0] }
}

/// A unit of time for a column or axis.
package struct DurationUnit: Sendable, Equatable {
  package let name: String
  package let seconds: Double

  package static let all = [
    DurationUnit(name: "ns", seconds: 1e-9), DurationUnit(name: "µs", seconds: 1e-6), DurationUnit(name: "ms", seconds: 1e-3),
    DurationUnit(name: "s", seconds: 1),
  ]

  /// The largest unit that is not greater than the duration.
  package static func fitting(_ seconds: Double) -> DurationUnit { all.last { $0.seconds <= abs(seconds) } ?? all[0] }
}
