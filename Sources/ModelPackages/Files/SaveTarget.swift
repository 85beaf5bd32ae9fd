// SPDX-License-Identifier: Apache-2.0
// The place that a package is saved to, and putting a new folder there in one step.

import Files
import Foundation
import Platform

/// A path that a package may be saved to.
struct SaveTarget {
  let path: String
  private let exists: Bool

  /// - Throws: `PackageError` when the path is no place for a package, or holds one that may not be replaced.
  init(_ path: String, overwrite: Bool) throws {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard path.hasSuffix(".mlpackage"), PackagePath.lastName(of: path) != ".mlpackage" else {
      throw PackageError.unwritable("a package's name ends in .mlpackage, and \"\(path)\" does not")
    }
    // A link to a package stays a link: its target is replaced.
    if PackagePath.fileKind(path) == S_IFLNK, let real = realpath(path, nil) {
      path = String(cString: real)
      free(real)
    }
    exists = PackagePath.fileKind(path) != nil
    self.path = path
    guard exists else { return }
    guard overwrite else { throw PackageError.alreadyExists(path) }
    // Only packages are replaced, never a folder that somebody keeps other things in.
    guard PackagePath.fileKind(path) == S_IFDIR,
      PackagePath.fileKind(path + "/" + Manifest.fileName) != nil || isEmptyFolder(path)
    else {
      throw PackageError.unwritable("\(path) exists and is not a package; it is left alone")
    }
  }

  /// Lets `build` fill a new folder beside the target, then puts that folder in the target's place.
  func replace(_ build: (String) throws -> Void) throws {
    let partial = try makePartialFolder()
    // What is there after an exchange is the package that was replaced.
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

  /// Swaps the two folders in one step where the file system can; else moves the old one aside first.
  private func exchange(_ folder: String) throws {
    // What was replaced now has the partial folder's name, and is removed with it.
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
