// SPDX-License-Identifier: Apache-2.0
// A loop whose iterations can be divided in any way.

/// A loop over rows of contiguous elements. A row is computed from its own elements alone, and constants.
package struct RowLoop {
  package let rows: Int
  /// Elements of a row.
  package let width: Int
  /// Computes some of the rows on the calling thread.
  package let run: (Range<Int>) -> Void

  package init(rows: Int, width: Int, run: @escaping (Range<Int>) -> Void) {
    (self.rows, self.width, self.run) = (rows, width, run)
  }

  /// Computes all rows, using all threads.
  package func runAll() { Chunks.forEachRow(of: rows, width: width, run) }
}
