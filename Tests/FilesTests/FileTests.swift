// SPDX-License-Identifier: Apache-2.0
// Memory-mapped and replaced files.

import Files
import Foundation
import TestSupport
import Testing

struct FileTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/wane-files-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test func aReplacedFileIsWholeAndAloneAndItsOldMappingStays() throws {
    try inFolder { folder in
      let path = folder + "/a.txt"
      try FileReplacement.replace(path, with: "first")
      let mapped = try MappedFile(path)
      try FileReplacement.replace(path, with: "the second")
      #expect(mapped.withBytes { String(decoding: $0, as: UTF8.self) } == "first")
      #expect(try MappedFile(path).withBytes { String(decoding: $0, as: UTF8.self) } == "the second")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func aFailedReplacementLeavesTheOldFile() throws {
    struct Broken: Error {}
    try inFolder { folder in
      let path = folder + "/a.txt"
      try FileReplacement.replace(path, with: "old")
      #expect(throws: Broken.self) {
        try FileReplacement.replace(path) { temporary in
          try "half".write(toFile: temporary, atomically: false, encoding: .utf8)
          throw Broken()
        }
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func largeAndSmallPiecesKeepTheirOrder() throws {
    try inFolder { folder in
      let path = folder + "/pieces"
      // Pieces of 65,536 bytes or more bypass the buffer for small ones.
      let pieces = [3, 70_000, 1, 0, 65_535, 200_000].enumerated().map { [UInt8](repeating: UInt8($0.offset), count: $0.element) }
      let file = try FileWriter(creating: path)
      for piece in pieces { try file.write(piece) }
      try file.close()
      #expect(try MappedFile(path).withBytes { Array($0) } == pieces.flatMap { $0 })
    }
  }

  @Test func faultsNameThePathAndTheReason() throws {
    try inFolder { folder in
      func sentence(_ body: () throws -> Void) -> String {
        do {
          try body()
          return "no error"
        } catch { return "\(error)" }
      }
      #expect(sentence { _ = try MappedFile(folder) } == "cannot read \(folder): it is a folder")
      #expect(sentence { _ = try MappedFile("/nowhere/x") } == "cannot read /nowhere/x: No such file or directory")
      #expect(sentence { _ = try MappedFile("/dev/null") } == "cannot read /dev/null: it is a device, not a regular file")
      #expect(
        sentence { try FileReplacement.replace("/nowhere/x", with: "a") } == "cannot write /nowhere/x: No such file or directory")
      #expect(sentence { try FileReplacement.replace(folder, with: "a") } == "cannot write \(folder): it is a folder")
      // An empty file has no pages to map.
      try FileReplacement.replace(folder + "/empty", with: "")
      #expect(try MappedFile(folder + "/empty").bytes.isEmpty)
    }
  }
}
