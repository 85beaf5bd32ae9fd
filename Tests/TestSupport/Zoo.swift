// SPDX-License-Identifier: Apache-2.0
// The location of the zoo of real models, for tests that use it.

import Foundation

/// Real models, data and reference outputs that are not part of this repository.
package enum Zoo {
  /// The folder given by `WANE_ZOO`, or `../shared/zoo` relative to the repository; `nil` if it does not exist.
  package static let folder: String? = {
    let beside = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared/zoo").path
    let path = ProcessInfo.processInfo.environment["WANE_ZOO"] ?? beside
    return FileManager.default.fileExists(atPath: path + "/README.md") ? path : nil
  }()

  /// The reason for skipping a test that needs the zoo.
  package static let absence: String = "no zoo beside the repository (set WANE_ZOO to its folder)"

  /// Whether tests on real models can run.
  package static var isPresent: Bool { folder != nil }

  /// All packages of the zoo, sorted; compressed ones are included if `compressed` is set.
  package static func packages(compressed: Bool = true) -> [String] {
    guard let folder, let all = FileManager.default.enumerator(atPath: folder) else { return [] }
    var found: [String] = []
    for case let path as String in all where path.hasSuffix(".mlpackage") {
      all.skipDescendants()
      if compressed || !path.contains("/compressed/") { found.append(folder + "/" + path) }
    }
    return found.sorted()
  }
}
