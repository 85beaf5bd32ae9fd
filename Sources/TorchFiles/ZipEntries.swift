// SPDX-License-Identifier: Apache-2.0
// The entries of a zip archive in memory: stored ones are views of the bytes, deflated ones are read by libzip.

import CZip
import Files

/// Bytes, and the object that keeps them valid.
package struct FileBytes: @unchecked Sendable {
  package let bytes: UnsafeRawBufferPointer
  package let owner: AnyObject

  package init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    self.bytes = bytes
    self.owner = owner
  }

  package init(_ file: MappedFile) { self.init(file.bytes, owner: file) }

  package var count: Int { bytes.count }

  /// The bytes as an array.
  package func array() -> [UInt8] { withExtendedLifetime(owner) { Array(bytes) } }

  /// A part. The range must be within the bytes.
  func part(_ range: Range<Int>) -> FileBytes { FileBytes(UnsafeRawBufferPointer(rebasing: bytes[range]), owner: owner) }

  /// A little-endian integer of up to 8 bytes; 0 beyond the end.
  func integer(_ offset: Int, _ size: Int) -> Int {
    guard offset >= 0, offset <= count - size else { return 0 }
    var value: UInt64 = 0
    for i in 0..<size { value |= UInt64(bytes[offset + i]) << UInt64(8 * i) }
    return Int(clamping: value)
  }
}

/// The directory of a zip archive. Sizes are checked against the archive's own before anything is read.
package struct ZipEntries: Sendable {
  /// Names in the order of the directory.
  package let names: [String]
  private let places: [String: Place]
  private let content: FileBytes
  private let path: String

  private struct Place: Sendable {
    let index: Int
    let header: Int
    let stored: Int
    let size: Int
    let isDeflated: Bool
  }

  /// - Parameter place: names an archive within an archive, for messages.
  /// - Throws: `TorchFileError.malformed`.
  package init(_ content: FileBytes, path: String, place: String = "") throws {
    func fault(_ detail: String) -> TorchFileError { .malformed(file: path, place: place, detail: detail) }
    self.content = content
    self.path = path
    let size = content.count
    guard size >= 22, content.integer(0, 2) == 0x4B50 else { throw fault("this is not a zip archive") }
    // The end record is followed by a comment of at most 65,535 bytes.
    guard
      let end = stride(from: size - 22, through: max(size - 22 - 65_535, 0), by: -1).first(where: { content.integer($0, 4) == 0x0605_4B50 })
    else { throw fault("the zip archive has no directory: the file is truncated") }
    var (count, start) = (content.integer(end + 10, 2), content.integer(end + 16, 4))
    if end >= 20, content.integer(end - 20, 4) == 0x0706_4B50 {
      let wide = content.integer(end - 12, 8)
      guard wide <= size - 56, content.integer(wide, 4) == 0x0606_4B50 else { throw fault("the directory of the zip archive is damaged") }
      (count, start) = (content.integer(wide + 32, 8), content.integer(wide + 48, 8))
    }
    guard start <= end, count <= (end - start) / 46 + 1 else {
      throw fault("the directory states \(count) entries, more than fit the file")
    }
    var names: [String] = []
    var places: [String: Place] = [:]
    var total = 0
    var at = start
    for index in 0..<count {
      guard at <= end - 46, content.integer(at, 4) == 0x0201_4B50 else { throw fault("entry \(index) of the directory is damaged") }
      let (nameCount, extraCount, commentCount) = (content.integer(at + 28, 2), content.integer(at + 30, 2), content.integer(at + 32, 2))
      guard at + 46 + nameCount + extraCount + commentCount <= size else { throw fault("entry \(index) of the directory is damaged") }
      let name = String(decoding: content.bytes[at + 46..<at + 46 + nameCount], as: UTF8.self)
      var (stored, full, header) = (content.integer(at + 20, 4), content.integer(at + 24, 4), content.integer(at + 42, 4))
      var extra = at + 46 + nameCount
      let extraEnd = extra + extraCount
      while extra + 4 <= extraEnd {
        let (kind, length) = (content.integer(extra, 2), content.integer(extra + 2, 2))
        if kind == 1 {
          var field = extra + 4
          func wide(_ value: inout Int) {
            guard value == 0xFFFF_FFFF, field + 8 <= extraEnd else { return }
            value = content.integer(field, 8)
            field += 8
          }
          wide(&full)
          wide(&stored)
          wide(&header)
        }
        extra += 4 + length
      }
      let method = content.integer(at + 10, 2)
      guard content.integer(at + 8, 2) & 1 == 0 else { throw fault("the entry '\(name)' is encrypted") }
      guard method == 0 || method == 8 else {
        throw fault("the entry '\(name)' has compression method \(method), expected stored or deflated")
      }
      guard stored <= size, header <= size - 30, content.integer(header, 4) == 0x0403_4B50, method == 8 || stored == full else {
        throw fault("the entry '\(name)' lies outside of the file")
      }
      // Deflate cannot exceed a ratio of 1032.
      guard full <= max(stored, 1) * 1032 + 64 else { throw fault("\(stored) bytes of '\(name)' cannot hold the stated \(full)") }
      total += stored
      guard total <= size else { throw fault("the entries overlap: they state more bytes than the file has") }
      guard
        places.updateValue(Place(index: index, header: header, stored: stored, size: full, isDeflated: method == 8), forKey: name) == nil
      else { throw fault("two entries have the name '\(name)'") }
      names.append(name)
      at += 46 + nameCount + extraCount + commentCount
    }
    self.names = names
    self.places = places
  }

  package func contains(_ name: String) -> Bool { places[name] != nil }

  /// The content of an entry.
  ///
  /// - Throws: `TorchFileError.malformed` if there is no such entry, or if its bytes are damaged.
  package func bytes(_ name: String) throws -> FileBytes {
    guard let place = places[name] else { throw TorchFileError.malformed(file: path, place: name, detail: "the archive has no such entry") }
    let start = place.header + 30 + content.integer(place.header + 26, 2) + content.integer(place.header + 28, 2)
    guard start + place.stored <= content.count else {
      throw TorchFileError.malformed(file: path, place: name, detail: "the entry runs past the end of the file")
    }
    guard place.isDeflated else { return content.part(start..<start + place.stored) }
    return try inflated(name, place)
  }

  private func inflated(_ name: String, _ place: Place) throws -> FileBytes {
    func fault(_ detail: String) -> TorchFileError { .malformed(file: path, place: name, detail: detail) }
    var error = zip_error_t()
    guard let source = zip_source_buffer_create(content.bytes.baseAddress, zip_uint64_t(content.count), 0, &error) else {
      throw fault("the archive cannot be opened")
    }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw fault("the archive cannot be opened")
    }
    defer { zip_discard(archive) }
    guard let stream = zip_fopen_index(archive, zip_uint64_t(place.index), 0) else { throw fault("the entry cannot be read") }
    defer { zip_fclose(stream) }
    let memory = OwnedBytes(place.size)
    var filled = 0
    while filled < place.size, let base = memory.buffer.baseAddress {
      let got = zip_fread(stream, base + filled, zip_uint64_t(place.size - filled))
      guard got > 0 else { throw fault("the deflated bytes are damaged at byte \(filled)") }
      filled += Int(got)
    }
    return FileBytes(UnsafeRawBufferPointer(memory.buffer), owner: memory)
  }
}

/// Memory that lives as long as this object.
private final class OwnedBytes: @unchecked Sendable {
  let buffer: UnsafeMutableRawBufferPointer
  init(_ count: Int) { buffer = .allocate(byteCount: count, alignment: 64) }
  deinit { buffer.deallocate() }
}
