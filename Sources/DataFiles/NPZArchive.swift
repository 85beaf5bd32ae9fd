// SPDX-License-Identifier: Apache-2.0
// Lazy reading of a `.npz` archive: names first, arrays on demand.

import CZip
import Files
import Tensors

/// An open `.npz`: a zip archive whose entries `NAME.npy` are arrays, stored or deflated.
///
/// Not thread-safe.
package final class NPZArchive {
  package let path: String
  /// Names of the arrays (without `.npy`), in the archive's order. Entries that are not `.npy` are not listed.
  package let names: [String]

  private struct Entry {
    let index: zip_uint64_t
    let size: Int
    let isCompressed: Bool
    let compressedSize: Int
  }

  private let archive: OpaquePointer
  private let entries: [String: Entry]
  private let limits: DataLimits

  /// - Throws: `DataFileError` if the file is not a zip archive, or its directory states impossible sizes.
  package init(_ path: String, limits: DataLimits = DataLimits()) throws {
    // Opened to check that it is a readable regular file, and for its size.
    let file = try DataFileError.wrapping { try MappedFile(path) }
    let fileSize = file.bytes.count
    let isZip = file.bytes.prefix(2).elementsEqual("PK".utf8)
    var code: Int32 = 0
    guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
      guard !isZip else { throw DataFileError.damaged(file: path, offset: 0, problem: Self.reason(code)) }
      throw DataFileError.notA(format: ".npz", file: path, advice: "expected a zip archive of .npy arrays")
    }
    do {
      (names, entries) = try Self.directory(of: archive, path: path, fileSize: fileSize)
    } catch {
      zip_discard(archive)
      throw error
    }
    self.path = path
    self.archive = archive
    self.limits = limits
  }

  deinit { zip_discard(archive) }

  /// Names and sizes of the arrays; each size is accepted only as far as the file's own size allows.
  private static func directory(
    of archive: OpaquePointer, path: String, fileSize: Int
  ) throws -> ([String], [String: Entry]) {
    var names: [String] = []
    var entries: [String: Entry] = [:]
    var compressedTotal = 0
    for index in 0..<zip_uint64_t(max(zip_get_num_entries(archive, 0), 0)) {
      var status = zip_stat_t()
      let wanted = zip_uint64_t(ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD)
      guard zip_stat_index(archive, index, 0, &status) == 0, status.valid & wanted == wanted, let name = status.name else {
        throw DataFileError.damaged(file: path, offset: 0, problem: "entry \(index) of the directory is incomplete")
      }
      let entryName = String(cString: name)
      guard entryName.hasSuffix(".npy") else { continue }
      let file = "\(path):\(entryName)"
      guard status.comp_method == ZIP_CM_STORE || status.comp_method == ZIP_CM_DEFLATE else {
        throw DataFileError.unsupported(
          file: file, what: "compression method \(status.comp_method)", advice: "write it stored or deflated")
      }
      // Overlapping entries (as in zip bombs) add up to more than the file.
      compressedTotal += Int(clamping: status.comp_size)
      guard compressedTotal <= fileSize else {
        throw DataFileError.damaged(
          file: file, offset: 0, problem: "the entries declare \(compressedTotal) bytes or more, but the file has only \(fileSize)")
      }
      let compressed = Int(status.comp_size)
      let isCompressed = status.comp_method == ZIP_CM_DEFLATE
      let most = isCompressed ? DataLimits.inflated(compressed) : compressed
      guard status.size <= zip_uint64_t(most) else {
        throw DataFileError.damaged(
          file: file, offset: 0, problem: "\(compressed) compressed bytes cannot hold the declared \(status.size) bytes")
      }
      let array = String(entryName.dropLast(4))
      let entry = Entry(index: index, size: Int(status.size), isCompressed: isCompressed, compressedSize: compressed)
      guard entries.updateValue(entry, forKey: array) == nil else {
        throw DataFileError.damaged(file: file, offset: 0, problem: "two entries have this name")
      }
      names.append(array)
    }
    return (names, entries)
  }

  /// Reads the array of that name completely and verifies its checksum.
  ///
  /// - Throws: `DataFileError` with archive, entry and offset in it.
  package func array(_ name: String) throws -> Tensor {
    guard let entry = entries[name] else { throw DataFileError.noSuchArray(file: path, name: name, present: names) }
    let file = "\(path):\(name).npy"
    guard let stream = zip_fopen_index(archive, entry.index, 0) else {
      throw DataFileError.damaged(file: file, offset: 0, problem: String(cString: zip_strerror(archive)))
    }
    defer { zip_fclose(stream) }

    var prefix = [UInt8](repeating: 0, count: min(entry.size, 12 + NPYHeader.longestHeader))
    try prefix.withUnsafeMutableBytes { try Self.fill($0, from: stream, at: 0, file: file) }
    let header = try prefix.withUnsafeBytes { try NPYHeader(parsing: $0, file: file) }
    guard header.byteCount <= entry.size - header.dataOffset else {
      throw DataFileError.damaged(
        file: file, offset: entry.size,
        problem:
          "the array \(header.dtype)\(header.shape) takes \(header.byteCount) bytes, only \(entry.size - header.dataOffset) follow the header"
      )
    }
    guard header.byteCount <= limits.arrayBytes else {
      throw DataFileError.tooLarge(file: file, bytes: header.byteCount, limit: limits.arrayBytes)
    }
    var tensor = Tensor(uninitialized: header.dtype, header.shape)
    try tensor.withMutableBytes { to in
      let known = prefix[header.dataOffset...].prefix(to.count)
      to.copyBytes(from: known)
      try Self.fill(UnsafeMutableRawBufferPointer(rebasing: to[known.count...]), from: stream, at: prefix.count, file: file)
    }
    // libzip compares the checksum only at the end of the entry.
    var rest = entry.size - max(prefix.count, header.dataOffset + header.byteCount)
    var scratch = [UInt8](repeating: 0, count: 1 << 16)
    repeat {
      let piece = min(rest, scratch.count)
      try scratch.withUnsafeMutableBytes {
        try Self.fill(UnsafeMutableRawBufferPointer(rebasing: $0[..<piece]), from: stream, at: entry.size - rest, file: file)
      }
      rest -= piece
    } while rest > 0
    guard zip_fread(stream, &scratch, 1) == 0 else {
      throw DataFileError.damaged(file: file, offset: entry.size, problem: String(cString: zip_file_strerror(stream)))
    }
    return NPY.rowMajor(tensor, header)
  }

  private static func fill(
    _ to: UnsafeMutableRawBufferPointer, from stream: OpaquePointer, at offset: Int, file: String
  ) throws {
    var filled = 0
    while filled < to.count, let base = to.baseAddress {
      let got = zip_fread(stream, base + filled, zip_uint64_t(to.count - filled))
      guard got > 0 else {
        let problem = got == 0 ? "the entry ends early" : String(cString: zip_file_strerror(stream))
        throw DataFileError.damaged(file: file, offset: offset + filled, problem: problem)
      }
      filled += Int(got)
    }
  }

  /// libzip's message for an error code.
  static func reason(_ code: Int32) -> String {
    var error = zip_error_t()
    zip_error_init_with_code(&error, code)
    defer { zip_error_fini(&error) }
    return String(cString: zip_error_strerror(&error))
  }
}
