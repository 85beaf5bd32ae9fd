// SPDX-License-Identifier: Apache-2.0
// A whole file as read-only memory.

import Platform

/// The bytes of a regular file, mapped privately and read-only, for as long as this object lives.
///
/// Pages are read when they are looked at. A file that is renamed or removed stays readable; one that is cut off in
/// place does not, which is why a save never writes into an existing file.
///
/// Unchecked `Sendable`: the mapping is private and read-only.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// Valid while this object lives: whoever keeps them keeps it, too.
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: `FileError` when `path` is not a readable regular file.
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

  /// Gives the bytes to `body`; they must not escape.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
