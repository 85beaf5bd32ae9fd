// SPDX-License-Identifier: Apache-2.0
// Which file was probably meant by a path that leads nowhere.

import Foundation
import LuaHost
import Options

/// What to try instead of a path at which there is nothing.
enum NearbyFile {
  /// `did you mean 'models/digits_cnn.mlpackage'?`, where a name beside the missing part of `path` is spelled alike; else
  /// the last folder that exists, when that is not all but the file's own name. `nil` when nothing helps.
  static func hint(for path: String) -> String? {
    // Foundation's own functions for parts of paths trap on names of one character.
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
