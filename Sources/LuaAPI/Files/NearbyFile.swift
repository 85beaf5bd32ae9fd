// SPDX-License-Identifier: Apache-2.0
// Suggestions for paths that do not exist.

import Foundation
import LuaHost
import Options

/// Suggests an alternative to a path that does not exist.
enum NearbyFile {
  /// `did you mean 'models/digits_cnn.mlpackage'?` if there is a name similar to the missing part of `path`; else the
  /// last folder that exists, unless only the file name is missing. `nil` if there is no suggestion.
  static func hint(for path: String) -> String? {
    // Foundation's path functions trap on names with one character.
    var parts = path.split(separator: "/").map(String.init)
    let root = path.hasPrefix("/") ? "/" : ""
    guard var missing = parts.popLast() else { return nil }
    let name = missing
    func folder() -> String { root + parts.joined(separator: "/") }
    while let last = parts.last, !FileManager.default.fileExists(atPath: folder()) {
      missing = last
      parts.removeLast()
    }
    let isOnlyTheName = parts.count == path.split(separator: "/").count - 1 && missing == name
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parts.isEmpty && root.isEmpty ? "." : folder())) ?? []
    if let near = Suggestion.nearest(to: missing, among: names) {
      return "did you mean '\(root + (parts + [near]).joined(separator: "/"))'?"
    }
    return isOnlyTheName || parts.isEmpty ? nil : "\(folder()) has no '\(missing)'"
  }
}
