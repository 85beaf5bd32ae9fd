// SPDX-License-Identifier: Apache-2.0
// Which file was probably meant by a path that leads nowhere.

import Foundation
import LuaHost

/// What to try instead of a path at which there is nothing.
enum NearbyFile {
  /// `did you mean 'models/digits_cnn.mlpackage'?`, where a name beside the missing part of `path` is spelled alike; else
  /// the last folder that exists, when that is not all but the file's own name. `nil` when nothing helps.
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
