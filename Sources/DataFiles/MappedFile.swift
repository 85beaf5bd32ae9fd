// SPDX-License-Identifier: Apache-2.0
// A whole file as read-only memory.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A regular file mapped for reading, unmapped with its last reference.
///
/// Whoever replaces the file must rename a new one over it (as everything in this module does): bytes cut off
/// a mapped file in place cannot be read any more.
///
/// Unchecked `Sendable`: the mapping is private and read-only.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: `DataFileError.cannotOpen` when `path` is not a readable regular file.
  package init(_ path: String) throws {
    func failure(_ code: Int32) -> DataFileError { .cannotOpen(file: path, reason: systemReason(code)) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DataFileError.cannotOpen(
        file: path, reason: status.st_mode & S_IFMT == S_IFDIR ? "it is a folder" : "it is not a regular file")
    }
    self.path = path
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw failure(errno)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}

/// The system's words for an `errno`.
func systemReason(_ code: Int32) -> String {
  String(cString: strerror(code))
}
