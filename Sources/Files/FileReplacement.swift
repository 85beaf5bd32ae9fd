// SPDX-License-Identifier: Apache-2.0
// Atomic replacement of files by writing a temporary file and renaming it.

import Platform

/// Replaces files such that an interrupted or failed write does not change the existing file.
package enum FileReplacement {
  /// Calls `write` with the path of a temporary file in a folder next to `path`, then renames the file to `path`.
  ///
  /// If `path` is a symbolic link, the file it points to is replaced. The permissions of an existing file are kept.
  /// Anything at `path` that is not a regular file (a device, pipe or folder) is not replaced.
  ///
  /// - Throws: any error from `write` (the temporary file is removed); `FileError` if `path` cannot be replaced,
  ///   before `write` is called.
  package static func replace(_ path: String, write: (_ temporary: String) throws -> Void) throws {
    let target = try ReplacementTarget(path)
    let folder = try PartialFolder(beside: target.path, permissions: 0o700)
    defer { folder.remove() }
    let temporary = folder.path + "/file"
    try write(temporary)
    if let permissions = target.permissions { _ = chmod(temporary, permissions) }
    guard rename(temporary, target.path) == 0 else { throw FileError.failed(.rename, path: path, code: errno) }
  }

  /// Writes the pieces as the new content of `path`.
  ///
  /// - Throws: `FileError` with the path.
  package static func replace(_ path: String, with pieces: [UnsafeRawBufferPointer]) throws {
    try replace(path) { temporary in
      do {
        let file = try FileWriter(creating: temporary)
        for piece in pieces { try file.write(piece) }
        try file.close()
      } catch FileError.failed(let action, _, let code) {
        throw FileError.failed(action, path: path, code: code)
      }
    }
  }

  /// Writes `text` in UTF-8 as the new content of `path`.
  ///
  /// - Throws: `FileError` with the path.
  package static func replace(_ path: String, with text: String) throws {
    var text = text
    try text.withUTF8 { try replace(path, with: [UnsafeRawBufferPointer($0)]) }
  }
}
