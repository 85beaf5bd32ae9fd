// SPDX-License-Identifier: Apache-2.0
// A folder for a test's files.

import Foundation

/// A new empty folder, which is removed with the last reference.
package final class Scratch: Sendable {
  package let path: String

  package init() throws {
    path = FileManager.default.temporaryDirectory.path + "/wane-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file or folder in it.
  package func file(_ name: String) -> String { path + "/" + name }
}
