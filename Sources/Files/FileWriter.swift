// SPDX-License-Identifier: Apache-2.0
// Writes a new file and flushes it to disk.

import Platform

/// A new file that is being written. Small writes are buffered; `close` flushes the content to disk.
package final class FileWriter {
  private let path: String
  private var descriptor: Int32
  private var pending: [UInt8] = []

  /// - Throws: `FileError`, including if the file exists.
  package init(creating path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError.failed(.create, path: path, code: errno) }
  }

  deinit {
    if descriptor >= 0 { _ = closeDescriptor(descriptor) }
  }

  /// - Throws: `FileError`.
  package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// - Throws: `FileError`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    if bytes.count < 1 << 16 {
      pending.append(contentsOf: bytes)
      if pending.count >= 1 << 18 { try flush() }
    } else {
      try flush()
      try writeThrough(bytes)
    }
  }

  /// Flushes to disk and closes the file. A full disk may only be detected here.
  ///
  /// - Throws: `FileError`.
  package func close() throws {
    try flush()
    guard fsync(descriptor) == 0 else {
      throw FileError.failed(.write, path: path, code: errno)
    }
    let status = closeDescriptor(descriptor)
    descriptor = -1
    guard status == 0 else { throw FileError.failed(.close, path: path, code: errno) }
  }

  private func flush() throws {
    try pending.withUnsafeBytes { try writeThrough($0) }
    pending.removeAll(keepingCapacity: true)
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      // Systems write at most about 2 GB in one call.
      let written = writeDescriptor(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError.failed(.write, path: path, code: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }
}

// Separate functions, since the class has methods with the names of the system calls.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func writeDescriptor(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

/// Flushes the entries of a folder to disk.
///
/// - Throws: `FileError`.
package func synchronizeFolder(_ path: String) throws {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError.failed(.open, path: path, code: errno) }
  defer { close(descriptor) }
  // Some file systems do not support this for folders. The files themselves have been flushed already.
  guard fsync(descriptor) == 0 || errno == EINVAL else {
    throw FileError.failed(.write, path: path, code: errno)
  }
}
