// SPDX-License-Identifier: Apache-2.0
// Patterns of paths.

import Foundation

/// A path with wildcards: `*` and `?` within a name, `[a-z]`, `{a,b}`, and `**` for any number of folders.
///
/// As in a shell, a name that starts with a dot is matched only by a pattern that does.
struct FilePattern {
  private let pattern: String

  init(_ pattern: String) { self.pattern = pattern }

  /// The path up to the last slash before the first wildcard; empty if there is none.
  var fixedFolder: String {
    guard let wild = pattern.firstIndex(where: { "*?[{".contains($0) }) else { return pattern }
    return pattern[..<wild].lastIndex(of: "/").map { String(pattern[...$0]) } ?? ""
  }

  /// The existing paths that match, sorted.
  ///
  /// - Parameter isCancelled: polled for each folder; true ends the search.
  func matches(isCancelled: () -> Bool = { false }) -> [String] {
    var found: Set<String> = []
    for pattern in Self.alternatives(pattern) {
      let isAbsolute = pattern.hasPrefix("/")
      let names = pattern.split(separator: "/").map(String.init)
      Self.search(isAbsolute ? "/" : "", names[...], &found, isCancelled)
    }
    return found.sorted()
  }

  /// The patterns without braces.
  private static func alternatives(_ pattern: String) -> [String] {
    guard let open = pattern.firstIndex(of: "{") else { return [pattern] }
    var (depth, close): (Int, String.Index?) = (0, nil)
    var cuts = [open]
    for index in pattern[open...].indices {
      switch pattern[index] {
      case "{": depth += 1
      case "}":
        depth -= 1
        if depth == 0 { close = index }
      case "," where depth == 1: cuts.append(index)
      default: break
      }
      if close != nil { break }
    }
    guard let close else { return [pattern] }
    cuts.append(close)
    let (head, tail) = (pattern[..<open], pattern[pattern.index(after: close)...])
    return zip(cuts, cuts.dropFirst()).flatMap { (start: String.Index, end: String.Index) -> [String] in
      alternatives(String(head) + pattern[pattern.index(after: start)..<end] + tail)
    }
  }

  private static func search(_ folder: String, _ names: ArraySlice<String>, _ found: inout Set<String>, _ isCancelled: () -> Bool) {
    guard !isCancelled(), found.count < 1 << 22 else { return }
    guard let name = names.first else {
      if !folder.isEmpty, exists(folder) { found.insert(folder) }
      return
    }
    func joined(_ name: String) -> String { folder.isEmpty || folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }
    if name == "**" {
      search(folder, names.dropFirst(), &found, isCancelled)
      // Symbolic links to folders are not followed, since they may lead back.
      for entry in entries(folder) where !entry.hasPrefix(".") && isFolder(joined(entry)) {
        search(joined(entry), names, &found, isCancelled)
      }
      if names.count == 1 { for entry in entries(folder) where !entry.hasPrefix(".") { found.insert(joined(entry)) } }
      return
    }
    guard name.contains(where: { "*?[".contains($0) }) else { return search(joined(name), names.dropFirst(), &found, isCancelled) }
    for entry in entries(folder) where fnmatch(name, entry, FNM_PERIOD) == 0 {
      search(joined(entry), names.dropFirst(), &found, isCancelled)
    }
  }

  private static func entries(_ folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
