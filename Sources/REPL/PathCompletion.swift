// SPDX-License-Identifier: Apache-2.0
// Completion of file paths within strings.

import LineEditor
import Platform

/// Completions of the path at the end of an unfinished string.
///
/// Folders end in `/`, except packages, which are folders on disk and files to people. Names that
/// would need an escape in a Lua string are left out. A leading `~/` is the home folder.
///
/// - Parameter quote: ends the string after the name of a file.
func completePath(_ path: String, quote: String = "") -> Completion {
  guard !path.contains("\\") else { return .none }
  let slash = path.lastIndex(of: "/")
  let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
  var folder = slash.map { String(path[...$0]) } ?? "./"
  if folder.hasPrefix("~/"), let home = getenv("HOME") {
    folder = String(cString: home) + folder.dropFirst()
  }
  let entries = folderNames(folder).filter {
    $0.hasPrefix(name) && $0.hasPrefix(".") == name.hasPrefix(".")
      && !$0.contains { "\"'\\".contains($0) || $0.isNewline }
  }
  let candidates = entries.sorted().map { (entry) -> Completion.Candidate in
    let isFolder = !entry.hasSuffix(".mlpackage") && isFolder(folder + entry)
    return isFolder ? .init(entry + "/") : .init(entry, suffix: quote)
  }
  return Completion(replacing: name.count, with: candidates)
}

private func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
