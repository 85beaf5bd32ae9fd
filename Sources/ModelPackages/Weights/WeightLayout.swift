// SPDX-License-Identifier: Apache-2.0
// Layout and writing of the blobs of a package that is being saved.

import Files
import Tensors

/// Assigns offsets in weight files, in the order in which constants are encoded.
///
/// Constants that share their bytes (for example between functions of a multi-function program) share a blob, as in
/// coremltools; equal bytes at different addresses are not deduplicated, as in coremltools.
final class WeightLayout {
  private struct Key: Hashable {
    var address: UInt
    var byteCount: Int
    var count: Int
    var dtype: DType
  }

  private struct File {
    var blobs: [Tensor] = []
    var offsets: [Key: UInt64] = [:]
    var end = UInt64(BlobHeader.byteCount)
  }

  private var files: [String: File] = [:]

  /// The offset that the program records for this constant: that of its blob's header.
  ///
  /// - Throws: `PackageError` for an element type that weight files cannot store.
  func place(_ tensor: Tensor, in name: String) throws -> UInt64 {
    guard tensor.dtype.blobCode != nil else {
      throw PackageError.unwritable(
        "a weight file cannot store \(tensor.dtype); store the constant in the program itself")
    }
    // Tensors that are alive at the same time and have the same address share their storage.
    let key = Key(
      address: tensor.withBytes { UInt(bitPattern: $0.baseAddress) }, byteCount: tensor.byteCount,
      count: tensor.count, dtype: tensor.dtype)
    if let known = files[name]?.offsets[key] { return known }
    var file = files.removeValue(forKey: name) ?? File()
    let offset = file.end.roundedUp(to: BlobHeader.alignment)
    file.offsets[key] = offset
    file.blobs.append(tensor)
    file.end = offset + UInt64(BlobHeader.byteCount) + UInt64(tensor.byteCount)
    files[name] = file
    return offset
  }

  /// Total size of all files in bytes.
  var byteCount: Int { files.values.reduce(0) { $0 + Int($1.end) } }

  /// The files that contain constants.
  var names: [String] { files.keys.sorted() }

  /// Writes a file; blobs are written directly from their (possibly mapped) memory.
  func write(_ name: String, to out: FileWriter) throws {
    guard let file = files[name] else { return }
    try out.write(BlobHeader.fileHeader(blobCount: file.blobs.count))
    var position = UInt64(BlobHeader.byteCount)
    for tensor in file.blobs {
      let start = position.roundedUp(to: BlobHeader.alignment)
      let data = start + UInt64(BlobHeader.byteCount)
      try out.write([UInt8](repeating: 0, count: Int(start - position)))
      guard let header = BlobHeader(tensor, dataOffset: data) else { continue }
      try out.write(header.bytes)
      try tensor.withBytes { try out.write($0) }
      position = data + UInt64(tensor.byteCount)
    }
  }
}

extension UInt64 {
  func roundedUp(to multiple: Int) -> UInt64 {
    let m = UInt64(multiple)
    return (self + m - 1) / m * m
  }
}
