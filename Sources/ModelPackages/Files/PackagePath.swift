// SPDX-License-Identifier: Apache-2.0
// Paths inside a package, which may be malicious.

import Platform

/// Rules for relative paths inside a package.
enum PackagePath {
  /// Whether the path is relative and stays within its base folder.
  static func isContained(_ path: String) -> Bool {
    guard !path.isEmpty, path.utf8.count < 1024, !path.utf8.contains(0) else { return false }
    return path.split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  /// The parent folders of a path, outermost first: `a/b/c` is in `a` and `a/b`.
  static func ancestors(of path: String) -> [String] {
    path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }.map { String(path[..<$0]) }
  }

  /// The folder of a path; empty for a file name alone.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
  }

  static func lastName(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The full path of a name in a package, after checking that no component is a symbolic link.
  ///
  /// - Throws: `PackageError.unsafePath` for a symbolic link, `.missing` if the path does not exist.
  static func resolve(_ name: String, in folder: String, neededBy needer: String) throws -> String {
    guard isContained(name) else { throw PackageError.unsafePath(name, in: needer) }
    var path = folder
    for part in name.split(separator: "/") {
      path += "/" + part
      guard let kind = fileKind(path) else { throw PackageError.missing(path, neededBy: needer) }
      guard kind != S_IFLNK else { throw PackageError.unsafePath(name, in: needer) }
    }
    return path
  }

  /// The type of file (`S_IFREG`, `S_IFDIR`, …) without following a symbolic link; `nil` if it does not exist.
  static func fileKind(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}
