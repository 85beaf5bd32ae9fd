// SPDX-License-Identifier: Apache-2.0
// A file mapped read-only into memory.

import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of a regular file, mapped privately and read-only, for as long as this object lives.
///
/// Pages are read when they are looked at. A file that is renamed or removed stays readable; one that another
/// process truncates in place does not, which is why a save never writes into an existing file.
final class MappedFile: Sendable {
  nonisolated(unsafe) private let bytes: UnsafeRawBufferPointer
  let path: String

  /// - Throws: `PackageError` when the file cannot be opened, is no regular file or cannot be mapped.
  init(path: String) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw PackageError.system("open", path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw PackageError.system("read", path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw PackageError.notARegularFile(path) }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else {
      throw PackageError.system("map", path: path, code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  /// Bytes in the file.
  var count: Int { bytes.count }

  /// Gives the bytes to `body`; they must not escape.
  func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// The bytes for tensors to borrow; the mapping lives as long as they do.
  func storage() -> TensorStorage { TensorStorage(borrowing: bytes, owner: self) }

  deinit {
    guard let address = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
  }
}
