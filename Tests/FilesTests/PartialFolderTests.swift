// SPDX-License-Identifier: Apache-2.0
// Folders of killed writers are removed by the next write to the same target, and nothing else is.

import Files
import Foundation
import TestSupport
import Testing

struct PartialFolderTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private var entries: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() }
  }

  /// A folder as left by a killed writer: with a file and without a lock.
  private func abandon(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: scratch.file(name) + "/deep", withIntermediateDirectories: true)
    try Data("half".utf8).write(to: URL(fileURLWithPath: scratch.file(name) + "/deep/file"))
  }

  @Test func abandonedFoldersAreRemovedByTheNextWrite() throws {
    for mark in ["1x2y", "3k9b1c7wd2ao0", "0"] { try abandon(".report.csv.\(mark).partial") }
    try FileReplacement.replace(scratch.file("report.csv"), with: "whole")
    #expect(try entries == ["report.csv"])
  }

  @Test func othersAreLeftAlone() throws {
    let others = [
      ".other.csv.1x2y.partial", ".report.csv.more.1x2y.partial", ".report.csv.1x2y.partial.old", ".report.csv..partial",
      ".report.csv.NOT-OURS.partial", "report.csv.1x2y.partial", ".report.csv.1x2y.part",
    ]
    for name in others { try abandon(name) }
    // Files and symbolic links with such names are not removed.
    try Data("file".utf8).write(to: URL(fileURLWithPath: scratch.file(".report.csv.file.partial")))
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file(".report.csv.link.partial"), withDestinationPath: scratch.file(".other.csv.1x2y.partial"))
    try FileReplacement.replace(scratch.file("report.csv"), with: "whole")
    #expect(
      try entries == (others + [".report.csv.file.partial", ".report.csv.link.partial", "report.csv"]).sorted())
  }

  /// Folders that were moved aside by a process that was killed before it renamed its own folder.
  @Test func whatWasMovedAsideIsRemovedOnceTheTargetIsWhole() throws {
    let target = scratch.file("model.mlpackage")
    for mark in ["1x2y", "7"] { try abandon(".model.mlpackage.\(mark).partial.old") }
    let others = [".other.mlpackage.1x2y.partial.old", ".model.mlpackage.more.1x2y.partial.old", ".model.mlpackage.1x2y.old"]
    for name in others { try abandon(name) }
    let busy = try PartialFolder(beside: target)
    let aside = URL(fileURLWithPath: busy.path).lastPathComponent + PartialFolder.replacedSuffix
    try abandon(aside)
    #expect(try entries.count == 7)
    PartialFolder.removeReplaced(beside: target)
    #expect(try entries == (others + [aside, URL(fileURLWithPath: busy.path).lastPathComponent]).sorted())
    withExtendedLifetime(busy) {}
  }

  @Test func foldersInUseAreLeftAlone() throws {
    let target = scratch.file("model.mlpackage")
    let first = try PartialFolder(beside: target)
    let second = try PartialFolder(beside: target)
    #expect(try entries.count == 2)
    try Data("x".utf8).write(to: URL(fileURLWithPath: first.path + "/file"))
    second.remove()
    #expect(try entries == [URL(fileURLWithPath: first.path).lastPathComponent])
    withExtendedLifetime((first, second)) {}
  }

  @Test func aFolderWhoseOwnerIsGoneIsRemoved() throws {
    let target = scratch.file("model.mlpackage")
    var first: PartialFolder? = try PartialFolder(beside: target)
    #expect(try entries.count == 1 && first != nil)
    first = nil
    let next = try PartialFolder(beside: target)
    #expect(try entries == [URL(fileURLWithPath: next.path).lastPathComponent])
    next.remove()
    #expect(try entries.isEmpty)
  }

  @Test func aMissingFolderIsToldWithTheTarget() {
    let target = scratch.file("none/model.mlpackage")
    #expect(throws: FileError.failed(.create, path: target, code: ENOENT)) { try PartialFolder(beside: target) }
  }
}
