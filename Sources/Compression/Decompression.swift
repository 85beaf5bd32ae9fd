// SPDX-License-Identifier: Apache-2.0
// Back to plain constants.

import Encodings
import MIL
import Tensors

extension Compressor {
  /// The program with every compressed weight as a plain constant of the same name and value.
  ///
  /// - Throws: `CompressionError` naming a weight whose stored parts do not fit.
  package func decompress(_ program: Program) throws -> CompressionResult {
    var replacements: [WeightReplacement] = []
    var entries: [CompressionReport.Entry] = []
    for site in try program.weightSites(table) where site.isDecoded {
      if isCancelled() { throw CompressionError.cancelled }
      let dense: Tensor
      do { dense = try site.weight.decoded() } catch {
        throw CompressionError.encoding(weight: site.name, error)
      }
      replacements.append(
        WeightReplacement(site: site, parts: [.init(weight: .dense(dense), name: site.valueName)]))
      entries.append(
        CompressionReport.Entry(
          name: site.name, opType: site.consumers.first?.operatorType ?? "",
          opName: site.consumers.first?.operatorName ?? "",
          action: "decompressed", reason: "", scheme: EncodingScheme().description,
          bits: Double(dense.dtype.bits), count: dense.count,
          bytesBefore: site.weight.byteCount, bytesAfter: dense.byteCount, snrDB: .infinity))
    }
    let opset = program.opset
    return CompressionResult(
      program: try WeightRewrite.apply(replacements, to: program, opset: opset), opset: opset,
      report: CompressionReport(entries: entries))
  }
}
