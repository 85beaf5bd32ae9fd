// SPDX-License-Identifier: Apache-2.0
// What a new file would replace.

import Platform

/// The regular file that a path leads to, or the free place.
struct ReplacementTarget {
  /// Where the new file belongs, after links.
  let path: String
  /// Those of the file that is there.
  let permissions: mode_t?

  /// - Throws: `FileError` where a new file must not or cannot stand.
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
    // Once renamed over, it would be written to without a name: what is printed would be gone.
    guard ![STDOUT_FILENO, STDERR_FILENO].contains(where: { Self.isOpen(status, as: $0) }) else {
      throw .takesOutput(path: path)
    }
    // Renaming asks for rights on the folder only; a file that is write-protected is meant to stay.
    guard access(path, W_OK) == 0, let real = realpath(path, nil) else { throw .failed(.write, path: path, code: errno) }
    defer { free(real) }
    self.path = String(cString: real)
    permissions = status.st_mode & 0o7777
  }

  private static func isOpen(_ file: stat, as descriptor: Int32) -> Bool {
    var output = stat()
    return fstat(descriptor, &output) == 0 && output.st_dev == file.st_dev && output.st_ino == file.st_ino
  }

  /// Where links lead at whose end there is nothing yet.
  private static func end(ofLinks path: String) -> String {
    var place = path
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    // `stat` has followed them: unless somebody changes them, they end.
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
