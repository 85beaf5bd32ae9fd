// SPDX-License-Identifier: Apache-2.0
// The weight files of a package that is being loaded: mapped on first use, blobs as tensors that borrow the mapping.

import Files
import Tensors

/// Looks up blobs. Used by one decoder, on one thread.
final class WeightFiles {
  private struct Open {
    let path: String
    let storage: TensorStorage

    var byteCount: Int { storage.byteCount }
    /// - Precondition: the range is within the file.
    func load<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
      T(
        littleEndian: UnsafeRawPointer(storage.base).loadUnaligned(fromByteOffset: offset, as: type)
      )
    }
  }

  /// Maps a name in the program (`@model_path/weights/weight.bin`) to the path of the file.
  private let resolve: (String) throws -> String
  private var open: [String: Open] = [:]

  init(resolve: @escaping (String) throws -> String) { self.resolve = resolve }

  /// The blob whose header is at `offset` in the file that the program refers to as `name`.
  ///
  /// - Throws: `PackageError` if the file or the blob is missing or damaged, or has a different dtype or shape.
  func tensor(_ dtype: DType, _ shape: Shape, in name: String, at offset: UInt64) throws -> Tensor {
    let weights = try file(name)
    func damaged(_ at: UInt64, _ detail: String) -> PackageError {
      .malformed(file: weights.path, offset: Int(clamping: at), detail: detail)
    }
    guard offset % UInt64(BlobHeader.alignment) == 0, offset >= UInt64(BlobHeader.byteCount) else {
      throw damaged(
        offset, "no blob can start here: headers are at nonzero multiples of 64")
    }
    guard weights.byteCount >= BlobHeader.byteCount,
      offset <= UInt64(weights.byteCount - BlobHeader.byteCount)
    else {
      throw damaged(
        offset, "expected a blob here, but the file has only \(weights.byteCount) bytes")
    }
    let at = Int(offset)
    let record = UnsafeRawBufferPointer(
      start: weights.storage.base + at, count: BlobHeader.byteCount)
    guard let header = withExtendedLifetime(weights.storage, { BlobHeader(record) }) else {
      throw damaged(offset, "no blob begins here (its sentinel is missing)")
    }
    guard header.dtypeCode == dtype.blobCode else {
      let found = DType(blobCode: header.dtypeCode)?.name ?? "of unknown type \(header.dtypeCode)"
      throw damaged(offset, "the blob is \(found), but the program declares \(dtype.name)")
    }
    guard header.dataOffset <= UInt64(weights.byteCount),
      header.dataByteCount <= UInt64(weights.byteCount) - header.dataOffset
    else {
      throw damaged(
        offset,
        "the blob declares \(header.dataByteCount) bytes at offset \(header.dataOffset), but the file has only \(weights.byteCount) bytes"
      )
    }
    guard header.dataOffset % UInt64(BlobHeader.alignment) == 0 else {
      throw damaged(
        offset, "the blob's data start at \(header.dataOffset), which is not a multiple of 64")
    }
    // The program's types were checked to have a valid element count, so this does not overflow. Old writers did not set
    // the number of unused bits for types of whole bytes, where it is irrelevant.
    let count = shape.elementCount
    let size = dtype.byteCount(count)
    guard header.dataByteCount == UInt64(size) else {
      throw damaged(
        offset,
        "the blob has \(header.dataByteCount) bytes, expected \(size) for \(dtype.name)\(shape)")
    }
    guard !dtype.isSubByte || header.paddingBits == UInt64(size * 8 - count * dtype.bits) else {
      throw damaged(
        offset,
        "the blob declares \(header.paddingBits) unused bits in its last byte, expected \(size * 8 - count * dtype.bits)"
      )
    }
    return Tensor(
      dtype: dtype, shape: shape, storage: weights.storage, byteOffset: Int(header.dataOffset))
  }

  private func file(_ name: String) throws -> Open {
    if let found = open[name] { return found }
    let file = try MappedFile(try resolve(name))
    guard file.bytes.count >= BlobHeader.byteCount else {
      throw PackageError.malformed(
        file: file.path, offset: file.bytes.count,
        detail: "the weight file ends within its header of 64 bytes")
    }
    let opened = Open(path: file.path, storage: TensorStorage(borrowing: file.bytes, owner: file))
    let version = opened.load(UInt32.self, at: 4)
    guard version == BlobHeader.fileVersion else {
      throw PackageError.malformed(
        file: file.path, offset: 4,
        detail: "weight file version \(version); Wane reads version \(BlobHeader.fileVersion)")
    }
    open[name] = opened
    return opened
  }
}
