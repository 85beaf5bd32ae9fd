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
    var parent = path as NSString
    var missing = ""
    repeat {
      missing = parent.lastPathComponent
      let shorter = parent.deletingLastPathComponent as NSString
      guard shorter != parent else { return nil }
      parent = shorter
    } while parent.length > 0 && !FileManager.default.fileExists(atPath: parent as String)
    let folder = parent as String
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    if let near = Suggestion.nearest(to: missing, among: names) { return "did you mean '\(parent.appendingPathComponent(near))'?" }
    let isOnlyTheName = parent.appendingPathComponent(missing) == path
    return isOnlyTheName || folder.isEmpty ? nil : "\(folder) has no '\(missing)'"
  }
}
