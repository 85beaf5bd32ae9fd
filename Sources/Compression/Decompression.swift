// SPDX-License-Identifier: Apache-2.0
// Back to plain constants.

import Encodings
import MIL
import Tensors
import WeightStorage

extension Compressor {
  /// The program with every compressed weight as a plain constant of the same name and value.
  ///
  /// - Throws: `WeightStorageError` naming a weight whose stored parts do not fit.
  package func decompress(_ program: Program) throws -> CompressionResult {
    var replacements: [WeightReplacement] = []
    var rows: [CompressionReport.Row] = []
    // What functions share stays shared.
    var known: [[StoredBytes]: (weight: EncodedWeight, dense: Tensor)] = [:]
    for site in try program.weightSites(table, suffixes: techniques.suffixes) where site.isDecoded {
      if isCancelled() { throw CompressionError.cancelled }
      let dense: Tensor
      let place = site.weight.storedBytes
      if let before = known[place], before.weight == site.weight {
        dense = before.dense
      } else {
        do { dense = try site.weight.decoded() } catch {
          throw WeightStorageError.encoding(weight: site.name, error)
        }
        known[place] = (site.weight, dense)
      }
      replacements.append(
        WeightReplacement(site: site, parts: [.init(weight: .dense(dense), name: site.valueName)]))
      let entry = CompressionReport.Entry(
        name: site.name, opType: site.consumers.first?.operatorType ?? "",
        opName: site.consumers.first?.operatorName ?? "",
        action: "decompressed", reason: "", scheme: EncodingScheme().description,
        bits: Double(dense.dtype.bits), count: dense.count,
        bytesBefore: site.weight.byteCount, bytesAfter: dense.byteCount, snrDB: .infinity)
      rows.append(CompressionReport.Row(entry, function: site.function, before: site.weight, after: .dense(dense)))
    }
    let opset = program.opset
    return CompressionResult(
      program: try WeightRewrite.apply(replacements, to: program, opset: opset), opset: opset,
      report: CompressionReport(rows, functions: program.functions.map(\.name)))
  }
}
