// SPDX-License-Identifier: Apache-2.0
// A memory-mapped file.

import Platform

/// The bytes of a regular file, mapped privately and read-only, as long as this object exists.
///
/// Pages are read on access. A file that is renamed or removed remains readable; a file that is truncated in place
/// does not, which is why saving never writes to an existing file.
///
/// Unchecked `Sendable`: the mapping is private and read-only.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// Valid as long as this object exists, so holders of the pointer must keep the object.
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: `FileError` if `path` is not a readable regular file.
  package init(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .failed(.open, path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .failed(.read, path: path, code: errno) }
    let kind = FileKind(mode: status.st_mode)
    guard kind == .file else { throw .notRegular(.read, path: path, kind: kind) }
    self.path = path
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw .failed(.map, path: path, code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  /// Calls `body` with the bytes, which must not escape.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
