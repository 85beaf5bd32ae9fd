// SPDX-License-Identifier: Apache-2.0
// Reading and writing of `.npz` files.

import CZip
import Files
import Tensors

/// An array that an archive can store.
package enum NPZEntry {
  case tensor(Tensor)
  /// Strings, in row-major order: NumPy's `<U`, with the width of the longest.
  case strings([String], shape: Shape)

  /// The `.npy` header, and the bytes after it.
  fileprivate func encoded() throws -> (header: [UInt8], elements: Tensor) {
    switch self {
    case .tensor(let tensor): return (try NPYHeader(dtype: tensor.dtype, shape: tensor.shape).encoded(), tensor)
    case .strings(let strings, let shape):
      precondition(strings.count == shape.elementCount, "\(strings.count) strings in the shape \(shape)")
      // Four bytes per character, shorter strings padded with zeros; NumPy has no width of 0.
      let width = max(strings.map(\.unicodeScalars.count).max() ?? 0, 1)
      var characters: [UInt32] = []
      characters.reserveCapacity(strings.count * width)
      for string in strings {
        let scalars = string.unicodeScalars.map { $0.value.littleEndian }
        characters += scalars + Array(repeating: 0, count: width - scalars.count)
      }
      return (NPYHeader.encoded(descr: "<U\(width)", shape: shape), Tensor(characters))
    }
  }
}

/// NumPy's archive of named arrays.
package enum NPZ {
  /// All arrays, by name.
  ///
  /// - Throws: `DataFileError` with archive, entry and offset; one unsupported array fails the whole read.
  package static func read(_ path: String, limits: DataLimits = DataLimits()) throws -> [String: Tensor] {
    let archive = try NPZArchive(path, limits: limits)
    var arrays: [String: Tensor] = [:]
    for name in archive.names { arrays[name] = try archive.array(name) }
    return arrays
  }

  /// Writes the arrays in the given order, as `numpy.savez` (or `savez_compressed`) does; an existing file is replaced
  /// only by a complete new one. The same arrays give the same bytes.
  ///
  /// - Throws: `cannotStore` for element types that `.npy` lacks, `badName`, `cannotWrite`.
  package static func write(_ arrays: [(name: String, array: Tensor)], to path: String, compressed: Bool = false) throws {
    try write(entries: arrays.map { ($0.name, .tensor($0.array)) }, to: path, compressed: compressed)
  }

  /// The same for arrays that may contain strings.
  package static func write(entries: [(name: String, entry: NPZEntry)], to path: String, compressed: Bool = false) throws {
    var taken: Set<String> = []
    for (name, _) in entries where name.isEmpty || name.utf8.contains(0) || !taken.insert(name).inserted {
      throw DataFileError.badName(name: name, format: "a .npz file")
    }
    let arrays = try entries.map { item in
      let (header, elements) = try item.entry.encoded()
      return (name: item.name, header: Tensor(header), elements: elements)
    }
    try DataFileError.wrapping { try FileReplacement.replace(path) { try write(arrays, to: $0, as: path, compressed) } }
  }

  private static func write(
    _ arrays: [(name: String, header: Tensor, elements: Tensor)], to temporary: String, as path: String, _ compressed: Bool
  ) throws {
    var code: Int32 = 0
    guard let archive = zip_open(temporary, ZIP_CREATE | ZIP_EXCL, &code) else {
      throw DataFileError.cannotWrite(file: path, reason: NPZArchive.reason(code))
    }
    do {
      try withExtendedLifetime(arrays) {
        for item in arrays { try add(item.header, item.elements, as: item.name + ".npy", to: archive, compressed, path) }
        guard zip_close(archive) == 0 else { throw failure(archive, path) }
      }
    } catch {
      zip_discard(archive)
      throw error
    }
    // libzip writes no file for an empty archive; NumPy writes an empty central directory.
    if arrays.isEmpty {
      let emptyDirectory: [UInt8] = [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)
      try emptyDirectory.withUnsafeBytes { try FileReplacement.replace(temporary, with: [$0]) }
    }
  }

  private static func failure(_ archive: OpaquePointer, _ path: String) -> DataFileError {
    .cannotWrite(file: path, reason: String(cString: zip_strerror(archive)))
  }

  /// libzip reads header and elements when the archive is closed: the caller keeps both tensors alive until then. Their
  /// addresses do not change, because nothing writes to them meanwhile.
  private static func add(
    _ header: Tensor, _ tensor: Tensor, as name: String, to archive: OpaquePointer, _ compressed: Bool, _ path: String
  ) throws {
    let pieces = [header, tensor].filter { $0.byteCount > 0 }.map { piece in
      piece.withBytes { bytes in
        let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress.unsafelyUnwrapped)
        return zip_buffer_fragment_t(data: start.assumingMemoryBound(to: UInt8.self), length: zip_uint64_t(bytes.count))
      }
    }
    guard let source = zip_source_buffer_fragment(archive, pieces, zip_uint64_t(pieces.count), 0) else {
      throw failure(archive, path)
    }
    let index = zip_file_add(archive, name, source, zip_flags_t(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(source)
      throw failure(archive, path)
    }
    let method = compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE
    // 1980-01-01, the earliest date of a zip archive and the one that NumPy writes.
    guard zip_set_file_compression(archive, zip_uint64_t(index), method, 0) == 0,
      zip_file_set_dostime(archive, zip_uint64_t(index), 0, 1 << 5 | 1, 0) == 0
    else { throw failure(archive, path) }
  }
}
