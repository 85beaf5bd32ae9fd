// SPDX-License-Identifier: Apache-2.0
// Sums and peaks of each element of the vectors that a weight multiplies.

/// For each element of a vector, its sum and its largest magnitude over all vectors.
package struct ChannelStatistics: Sendable, Equatable {
  package private(set) var sums: [Double]
  /// max |x|.
  package private(set) var peaks: [Float]
  /// Number of vectors.
  package private(set) var count: Double

  package init(size: Int) {
    sums = [Double](repeating: 0, count: size)
    peaks = [Float](repeating: 0, count: size)
    count = 0
  }

  /// - Precondition: `sums` and `peaks` have the same number of elements.
  package init(sums: [Double], peaks: [Float], count: Double) {
    precondition(sums.count == peaks.count, "\(sums.count) sums and \(peaks.count) peaks")
    (self.sums, self.peaks, self.count) = (sums, peaks, count)
  }

  package var size: Int { sums.count }
  /// E[x].
  package var means: [Double] { sums.map { $0 / max(count, 1) } }

  /// Adds vectors, which are the rows of a matrix.
  package mutating func add(_ rows: [Float]) {
    let size = size
    guard size > 0 else { return }
    let number = rows.count / size
    sums.withUnsafeMutableBufferPointer { sums in
      peaks.withUnsafeMutableBufferPointer { peaks in
        rows.withUnsafeBufferPointer { rows in
          // Sums of short stretches in float32 are exact enough and fast.
          withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { part in
            for start in stride(from: 0, to: number, by: 64) {
              part.initialize(repeating: 0)
              for row in start..<min(start + 64, number) {
                let at = row * size
                for i in 0..<size {
                  let value = rows[at + i]
                  part[i] += value
                  peaks[i] = max(peaks[i], abs(value))
                }
              }
              for i in 0..<size { sums[i] += Double(part[i]) }
            }
          }
        }
      }
    }
    count += Double(number)
  }

  /// Adds the vectors of other statistics.
  ///
  /// - Throws: `CalibrationError.sizes`.
  package mutating func merge(_ other: ChannelStatistics) throws(CalibrationError) {
    guard other.size == size else { throw .sizes(found: other.size, expected: size) }
    for i in sums.indices {
      sums[i] += other.sums[i]
      peaks[i] = max(peaks[i], other.peaks[i])
    }
    count += other.count
  }
}
