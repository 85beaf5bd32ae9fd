// SPDX-License-Identifier: Apache-2.0
// A temporary folder next to a target, for content that will replace the target. Folders left behind by terminated
// processes are removed.

import Platform

/// The folder `.NAME.MARK.partial` next to `NAME`, locked while this object exists.
///
/// If a process is killed, its folder remains, but the system releases the lock. The next writer of the same name
/// uses this to distinguish abandoned folders from folders in use. On file systems without locks, nothing is removed.
package final class PartialFolder {
  package let path: String
  private let descriptor: Int32

  private static let suffix = ".partial"
  /// The suffix that marks the replaced folder, after the name of the partial folder that replaces it.
  package static let replacedSuffix = ".old"

  /// Removes abandoned folders next to `target`, then creates and locks a folder.
  ///
  /// - Parameter permissions: the permissions before the process's umask is applied.
  /// - Throws: `FileError` with the path of `target`.
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
        // Another process considered the folder abandoned and removed it between the two calls.
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

  /// Removes the folder and its content as far as possible.
  package func remove() { Self.remove(path) }

  // MARK: Names

  /// The parent folder and the last component of a path.
  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  private static func prefix(_ name: String) -> String { ".\(name)." }

  // MARK: Folders of processes that are gone

  private static func removeAbandoned(_ name: String, in folder: String) {
    for entry in folderNames(folder) where isMark(entry, of: name) {
      let path = "\(folder)/\(entry)"
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      // The lock is held during removal, so that no other process starts to write into the folder.
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0, isAt(path, descriptor) { remove(path) }
      close(descriptor)
    }
  }

  /// Removes the folders `.NAME.MARK.partial.old` of finished processes, which those moved aside to replace `target`.
  ///
  /// Call this only when `target` is complete: a folder that was moved aside may be the only copy of the old content.
  package static func removeReplaced(beside target: String) {
    let (folder, name) = split(target)
    for entry in folderNames(folder) where entry.hasSuffix(replacedSuffix) {
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

  /// Whether the entry is a `.NAME.MARK.partial` folder of this name. Names that start with `NAME` and continue have
  /// more dots.
  private static func isMark(_ entry: String, of name: String) -> Bool {
    guard entry.hasPrefix(prefix(name)), entry.hasSuffix(suffix) else { return false }
    let mark = entry.dropFirst(prefix(name).count).dropLast(suffix.count)
    return (1...13).contains(mark.count) && mark.allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) }
  }

  /// Whether the path still refers to the open folder.
  private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
    var named = stat()
    var opened = stat()
    return lstat(path, &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino
  }

  /// Removes a folder recursively. Symbolic links are removed, not followed.
  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard FileKind(mode: status.st_mode) == .folder else {
      unlink(path)
      return
    }
    for name in folderNames(path) { remove("\(path)/\(name)") }
    rmdir(path)
  }
}
