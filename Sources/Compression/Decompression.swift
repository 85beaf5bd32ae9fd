// SPDX-License-Identifier: Apache-2.0
// Decompresses weights to plain constants.

import Encodings
import MIL
import WeightStorage

extension Compressor {
  /// The program with every compressed weight replaced by a constant of the same name and value.
  ///
  /// - Throws: `WeightStorageError` with the name of a weight whose stored parts are inconsistent.
  package func decompress(_ program: Program) throws -> CompressionResult {
    let dense = try program.storingWeightsDensely(table, suffixes: techniques.suffixes) {
      if isCancelled() { throw CompressionError.cancelled }
    }
    let rows = dense.changes.map {
      CompressionReport.Row($0.site, action: "decompressed", storedAs: .dense($0.dense), snrDB: .infinity)
    }
    return CompressionResult(program: dense.program, opset: program.opset, report: CompressionReport(rows))
  }
}
