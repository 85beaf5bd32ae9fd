// SPDX-License-Identifier: Apache-2.0
// The path that a package is saved to, and the atomic replacement of its folder.

import Files
import Foundation
import Platform

/// A path that a package may be saved to.
struct SaveTarget {
  let path: String
  private let exists: Bool

  /// - Throws: `PackageError` if no package can be saved at the path, or it contains one that must not be replaced.
  init(_ path: String, overwrite: Bool) throws {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard path.hasSuffix(".mlpackage"), PackagePath.lastName(of: path) != ".mlpackage" else {
      throw PackageError.unwritable("the name of a package must end in .mlpackage, found \"\(path)\"")
    }
    // A symbolic link to a package is kept, and its target is replaced.
    if PackagePath.fileKind(path) == S_IFLNK, let real = realpath(path, nil) {
      path = String(cString: real)
      free(real)
    }
    exists = PackagePath.fileKind(path) != nil
    self.path = path
    guard exists else { return }
    guard overwrite else { throw PackageError.alreadyExists(path) }
    // Only packages are replaced, never folders with other content.
    guard PackagePath.fileKind(path) == S_IFDIR,
      PackagePath.fileKind(path + "/" + Manifest.fileName) != nil || isEmptyFolder(path)
    else {
      throw PackageError.unwritable("\(path) exists and is not a package; choose another path")
    }
  }

  /// Calls `build` to fill a new folder next to the target, then replaces the target with it.
  func replace(_ build: (String) throws -> Void) throws {
    let partial = try makePartialFolder()
    // After an exchange, the partial folder contains the package that was replaced.
    defer { partial.remove() }
    try build(partial.path)
    try putInPlace(partial.path)
    PartialFolder.removeReplaced(beside: path)
  }

  private func makePartialFolder() throws -> PartialFolder {
    do {
      return try PartialFolder(beside: path)
    } catch FileError.failed(_, _, let code) {
      guard code != ENOENT else { throw PackageError.notFound(parent) }
      throw PackageError.system("create a folder in", path: parent, code: code)
    }
  }

  private var parent: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func putInPlace(_ folder: String) throws {
    if exists {
      try exchange(folder)
    } else {
      guard rename(folder, path) == 0 else {
        if errno == ENOTEMPTY || errno == EEXIST { throw PackageError.alreadyExists(path) }
        throw PackageError.system("rename to", path: path, code: errno)
      }
    }
    try synchronizeFolder(parent)
  }

  /// Exchanges the two folders atomically if the file system supports it; otherwise the old one is moved aside first.
  private func exchange(_ folder: String) throws {
    // The replaced package now has the name of the partial folder and is removed with it.
    if exchangeNames(folder, path) { return }
    let aside = folder + PartialFolder.replacedSuffix
    guard rename(path, aside) == 0 else {
      throw PackageError.system("rename", path: path, code: errno)
    }
    guard rename(folder, path) == 0 else {
      let code = errno
      _ = rename(aside, path)
      throw PackageError.system("rename to", path: path, code: code)
    }
    try? FileManager.default.removeItem(atPath: aside)
  }
}

private func isEmptyFolder(_ path: String) -> Bool {
  (try? FileManager.default.contentsOfDirectory(atPath: path).isEmpty) ?? false
}
