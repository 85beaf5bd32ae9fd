// SPDX-License-Identifier: Apache-2.0
// Where the zoo of real models lies, for the tests that want it.

import Foundation

/// Real models, data and reference outputs that are not part of this repository.
package enum Zoo {
  /// The folder named by `WANE_ZOO`, or `../shared/zoo` beside the repository; `nil` when there is none.
  package static let folder: String? = {
    let beside = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared/zoo").path
    let path = ProcessInfo.processInfo.environment["WANE_ZOO"] ?? beside
    return FileManager.default.fileExists(atPath: path + "/README.md") ? path : nil
  }()

  /// Why a test that needs the zoo is skipped.
  package static let absence: String = "no zoo beside the repository (set WANE_ZOO to its folder)"

  /// Whether tests on real models can run.
  package static var isPresent: Bool { folder != nil }

  /// All packages of the zoo, sorted; `compressed` ones too when asked.
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
