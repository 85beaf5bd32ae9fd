// SPDX-License-Identifier: Apache-2.0
// The records of a weight file, version 2: a file header, and a header before each blob.
//
// All numbers are little-endian; headers and data start at multiples of 64 bytes.
//   file: blob count (4 bytes), version (4), zeros to 64
//   blob: 0xDEADBEEF (4), element type (4), data bytes (8), data offset (8), unused bits of the last byte (8), zeros to 64

import Tensors

/// The header of one blob in a weight file.
struct BlobHeader: Equatable {
  static let byteCount = 64
  static let alignment = 64
  static let sentinel: UInt32 = 0xDEAD_BEEF
  static let fileVersion: UInt32 = 2

  var dtypeCode: UInt32
  var dataByteCount: UInt64
  var dataOffset: UInt64
  var paddingBits: UInt64

  /// The header of a tensor whose data is at `dataOffset`; `nil` for a type that weight files cannot store.
  init?(_ tensor: Tensor, dataOffset: UInt64) {
    guard let code = tensor.dtype.blobCode else { return nil }
    dtypeCode = code
    dataByteCount = UInt64(tensor.byteCount)
    self.dataOffset = dataOffset
    paddingBits = UInt64(tensor.byteCount * 8 - tensor.count * tensor.dtype.bits)
  }

  /// Parses a header; `nil` if the bytes do not start with the sentinel.
  ///
  /// - Precondition: at least 64 bytes.
  init?(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count >= BlobHeader.byteCount)
    func word<T: FixedWidthInteger>(_ type: T.Type, _ offset: Int) -> T {
      T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
    guard word(UInt32.self, 0) == BlobHeader.sentinel else { return nil }
    dtypeCode = word(UInt32.self, 4)
    dataByteCount = word(UInt64.self, 8)
    dataOffset = word(UInt64.self, 16)
    paddingBits = word(UInt64.self, 24)
  }

  var bytes: [UInt8] {
    BlobHeader.record { put in
      put(UInt64(BlobHeader.sentinel) | UInt64(dtypeCode) << 32)
      put(dataByteCount)
      put(dataOffset)
      put(paddingBits)
    }
  }

  /// The header of a file with the given number of blobs.
  static func fileHeader(blobCount: Int) -> [UInt8] {
    record { put in put(UInt64(UInt32(truncatingIfNeeded: blobCount)) | UInt64(fileVersion) << 32) }
  }

  private static func record(_ fill: ((UInt64) -> Void) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    fill { word in withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    bytes += [UInt8](repeating: 0, count: byteCount - bytes.count)
    return bytes
  }
}
