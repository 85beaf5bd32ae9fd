// SPDX-License-Identifier: Apache-2.0
// A folder beside a target, in which what will take its place is written; those of processes that are gone are removed.

import Platform

/// `.NAME.MARK.partial` beside `NAME`, locked while this object lives.
///
/// A process that is killed leaves its folder behind without the lock, which the system releases: that is how the next
/// writer of the same name knows it from one that is being written to. Where a file system knows no locks, nothing is removed.
package final class PartialFolder {
  package let path: String
  private let descriptor: Int32

  private static let suffix = ".partial"
  /// What the name of a partial folder gets for the folder that it takes the place of.
  package static let replacedSuffix = ".old"

  /// Makes and locks a folder, after removing those that were left beside `target`.
  ///
  /// - Parameter permissions: before the process's mask.
  /// - Throws: `FileError` that names `target`.
  package init(beside target: String, permissions: mode_t = 0o777) throws(FileError) {
    let (folder, name) = Self.split(target)
    Self.removeAbandoned(name, in: folder)
    for _ in 0..<100 {
      let path = "\(folder)/\(Self.prefix(name))\(String(UInt32.random(in: 0 ... .max), radix: 36))\(Self.suffix)"
      guard mkdir(path, permissions) == 0 else {
        guard errno == EEXIST else { throw .failed(.create, path: target, code: errno) }
        continue
      }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else {
        // Somebody took it for abandoned between the two calls.
        if errno == ENOENT { continue }
        let code = errno
        rmdir(path)
        throw .failed(.create, path: target, code: code)
      }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || !Self.isAt(path, descriptor) {
        close(descriptor)
        continue
      }
      guard Self.isAt(path, descriptor) else {
        close(descriptor)
        continue
      }
      self.path = path
      self.descriptor = descriptor
      return
    }
    throw .failed(.create, path: target, code: EEXIST)
  }

  deinit { close(descriptor) }

  /// Removes the folder and what is in it, as far as it can be.
  package func remove() { Self.remove(path) }

  // MARK: Names

  /// The folder and the last name of a path.
  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  private static func prefix(_ name: String) -> String { ".\(name)." }

  // MARK: Folders of processes that are gone

  private static func removeAbandoned(_ name: String, in folder: String) {
    for entry in entries(folder) where isMark(entry, of: name) {
      let path = "\(folder)/\(entry)"
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      // The lock is held while it is removed: nobody begins to write into it meanwhile.
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0, isAt(path, descriptor) { remove(path) }
      close(descriptor)
    }
  }

  /// Removes what processes that are gone have moved aside for `target`: `.NAME.MARK.partial.old`.
  ///
  /// To be called once `target` is whole: what was moved aside may be all that was left of it.
  package static func removeReplaced(beside target: String) {
    let (folder, name) = split(target)
    for entry in entries(folder) where entry.hasSuffix(replacedSuffix) {
      let mark = String(entry.dropLast(replacedSuffix.count))
      guard isMark(mark, of: name), !isLocked("\(folder)/\(mark)") else { continue }
      remove("\(folder)/\(entry)")
    }
  }

  private static func isLocked(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0
  }

  /// Whether it is `.NAME.MARK.partial`; names that go on after `NAME` have more dots.
  private static func isMark(_ entry: String, of name: String) -> Bool {
    guard entry.hasPrefix(prefix(name)), entry.hasSuffix(suffix) else { return false }
    let mark = entry.dropFirst(prefix(name).count).dropLast(suffix.count)
    return (1...13).contains(mark.count) && mark.allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) }
  }

  /// Whether the path still leads to the folder that is open.
  private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
    var named = stat()
    var opened = stat()
    return lstat(path, &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino
  }

  private static func entries(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Links are removed, not followed.
  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard FileKind(mode: status.st_mode) == .folder else {
      unlink(path)
      return
    }
    for name in entries(path) { remove("\(path)/\(name)") }
    rmdir(path)
  }
}
