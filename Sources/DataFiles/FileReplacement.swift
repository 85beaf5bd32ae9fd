// SPDX-License-Identifier: Apache-2.0
// Writing a file beside its target and renaming it over the target when it is whole.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Replacing files so that an interrupted or failed write leaves the old file as it was.
package enum FileReplacement {
  /// Calls `write` with the path of a temporary file in the folder of `path`, then renames it to `path`.
  ///
  /// - Throws: what `write` throws (the temporary file is removed), or `DataFileError.cannotWrite`.
  package static func replace(_ path: String, write: (_ temporary: String) throws -> Void) throws {
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
    do {
      try write(temporary)
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let reason = systemReason(errno)
      unlink(temporary)
      throw DataFileError.cannotWrite(file: path, reason: reason)
    }
  }

  /// Writes the pieces one after the other as the whole new content of `path`.
  package static func replace(_ path: String, with pieces: [UnsafeRawBufferPointer]) throws {
    try replace(path) { temporary in
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw DataFileError.cannotWrite(file: path, reason: systemReason(errno)) }
      defer { close(descriptor) }
      for piece in pieces {
        var rest = piece
        while let base = rest.baseAddress, rest.count > 0 {
          let written = write(descriptor, base, rest.count)
          if written < 0, errno == EINTR { continue }
          guard written > 0 else { throw DataFileError.cannotWrite(file: path, reason: systemReason(errno)) }
          rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
      }
      // A full disk may show only here.
      guard fsync(descriptor) == 0 else { throw DataFileError.cannotWrite(file: path, reason: systemReason(errno)) }
    }
  }

  /// Writes `text` as the whole new content of `path`, in UTF-8.
  package static func replace(_ path: String, with text: String) throws {
    var text = text
    try text.withUTF8 { try replace(path, with: [UnsafeRawBufferPointer($0)]) }
  }
}
