// SPDX-License-Identifier: Apache-2.0
// Paths of fixtures, and temporary folders.

import DataFiles
import Foundation

/// The path of a file that `Tests/Fixtures/DataFiles/make.py` made.
func fixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/DataFiles/\(name)").path
}

/// Calls `body` with the path of an empty folder that is removed afterwards.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("wane-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// The error that `body` throws, or `nil`.
func failure(_ body: () throws -> Void) -> DataFileError? {
  do {
    try body()
    return nil
  } catch {
    return error as? DataFileError
  }
}

/// Names of the fixtures with that ending.
func fixtures(_ ending: String) -> [String] {
  let folder = fixture("")
  return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(ending) }.sorted()
}
