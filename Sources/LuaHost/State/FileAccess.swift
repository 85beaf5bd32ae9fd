// SPDX-License-Identifier: Apache-2.0
// Restricts the files that scripts may access.

import Platform

/// A set of folders in which files may be read and written.
///
/// Paths are compared after resolving symbolic links at the time of the check. This protects against mistakes, but
/// not against another process that replaces a link concurrently.
package struct FileAccess: Sendable {
  private let folders: [String]?

  /// All files of the user.
  package static let everywhere = FileAccess(folders: nil)

  private init(folders: [String]?) { self.folders = folders }

  /// - Parameter folders: the folders need not exist yet.
  package init(below folders: [String]) {
    self.init(folders: folders.map { Self.resolved($0) ?? $0 })
  }

  /// The reason why a path must not be accessed; `nil` if it may.
  package func refusal(of path: String) -> String? {
    guard let folders else { return nil }
    let isInside = Self.resolved(path).map { resolved in
      folders.contains { resolved == $0 || resolved.hasPrefix($0 == "/" ? $0 : $0 + "/") }
    }
    if isInside == true { return nil }
    let list = folders.map { "'\($0)'" }.joined(separator: " and ")
    return "'\(path)' lies outside of \(list), where safe mode keeps files"
  }

  /// The absolute path without symbolic links. A path that does not exist yet is used as given.
  ///
  /// - Returns: `nil` if the missing part contains `..`, or the path is empty.
  private static func resolved(_ path: String) -> String? {
    guard !path.isEmpty, !path.contains("\0") else { return nil }
    var existing = path
    var missing: [Substring] = []
    while true {
      if let real = realpath(existing, nil) {
        defer { free(real) }
        let base = String(cString: real)
        return missing.reversed().reduce(base == "/" ? "" : base) { $0 + "/" + $1 }
      }
      while existing.count > 1, existing.last == "/" { existing.removeLast() }
      let slash = existing.lastIndex(of: "/")
      let name = slash.map { existing[existing.index(after: $0)...] } ?? existing[...]
      guard name != "..", existing != "/", existing != "." else { return nil }
      // A dangling symbolic link would be followed when writing.
      var status = stat()
      guard lstat(existing, &status) != 0 else { return nil }
      if name != "." { missing.append(Substring(String(name))) }
      existing = slash.map { $0 == existing.startIndex ? "/" : String(existing[..<$0]) } ?? "."
    }
  }
}
