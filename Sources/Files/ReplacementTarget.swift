// SPDX-License-Identifier: Apache-2.0
// The path that a new file is written to.

import Platform

/// A path at which a regular file can be created or replaced.
struct ReplacementTarget {
  /// The path after following symbolic links.
  let path: String
  /// The permissions of the existing file.
  let permissions: mode_t?

  /// - Throws: `FileError` if no file can be created or replaced at the path.
  init(_ path: String) throws(FileError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw .failed(.write, path: path, code: errno) }
      self.path = Self.end(ofLinks: path)
      permissions = nil
      return
    }
    let kind = FileKind(mode: status.st_mode)
    guard kind == .file else { throw .notRegular(.write, path: path, kind: kind) }
    // After replacing a file that output is redirected to, output would be written to the unlinked file and be lost.
    guard ![STDOUT_FILENO, STDERR_FILENO].contains(where: { Self.isOpen(status, as: $0) }) else {
      throw .takesOutput(path: path)
    }
    // Renaming only requires permissions for the folder, but a write-protected file should not be replaced.
    guard access(path, W_OK) == 0, let real = realpath(path, nil) else { throw .failed(.write, path: path, code: errno) }
    defer { free(real) }
    self.path = String(cString: real)
    permissions = status.st_mode & 0o7777
  }

  private static func isOpen(_ file: stat, as descriptor: Int32) -> Bool {
    var output = stat()
    return fstat(descriptor, &output) == 0 && output.st_dev == file.st_dev && output.st_ino == file.st_ino
  }

  /// The target of a symbolic link that does not exist yet.
  private static func end(ofLinks path: String) -> String {
    var place = path
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    // `stat` has already followed the links, so there is no cycle unless they are modified concurrently.
    for _ in 0..<40 {
      let count = readlink(place, &buffer, buffer.count)
      guard count > 0 else { break }
      let next = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
      let folder = place.lastIndex(of: "/").map { place[...$0] } ?? ""
      place = next.hasPrefix("/") ? next : folder + next
    }
    return place
  }
}
