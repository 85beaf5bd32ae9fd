// SPDX-License-Identifier: Apache-2.0
// Names inside a package, which may be chosen by somebody hostile.

import Platform

/// Rules for relative paths inside a package.
enum PackagePath {
  /// Whether the path is relative and cannot leave the folder that it is relative to.
  static func isContained(_ path: String) -> Bool {
    guard !path.isEmpty, path.utf8.count < 1024, !path.utf8.contains(0) else { return false }
    return path.split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  /// The folders above a path, outermost first: `a/b/c` lies in `a` and `a/b`.
  static func ancestors(of path: String) -> [String] {
    path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }.map { String(path[..<$0]) }
  }

  /// The folder of a path, empty when it is a bare name.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
  }

  static func lastName(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The full path of a contained name, after making sure that no part of it is a symbolic link.
  ///
  /// - Throws: `PackageError.unsafePath` for a link on the way, `.missing` when there is nothing.
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

  /// The kind of file (`S_IFREG`, `S_IFDIR`, …) without following a link; `nil` when there is nothing.
  static func fileKind(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}
