// SPDX-License-Identifier: Apache-2.0
// What may exist at the path of a file that is written, and the result.

import Files
import Foundation
import TestSupport
import Testing

struct ReplacementTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private var entries: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() }
  }

  private func kind(_ path: String) throws -> FileAttributeType? {
    try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func aPipeIsLeftAlone() throws {
    let path = scratch.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    var isAsked = false
    let refusal = FileError.notRegular(.write, path: path, kind: .pipe)
    #expect(throws: refusal) { try FileReplacement.replace(path) { _ in isAsked = true } }
    #expect(throws: refusal) { try FileReplacement.replace(path, with: "text") }
    #expect("\(refusal)" == "cannot write \(path): it is a named pipe, not a regular file")
    // The content is not computed if the path cannot be replaced.
    #expect(!isAsked)
    #expect(try kind(path) == .typeUnknown)
    #expect(try entries == ["pipe"])
    // The same applies to a symbolic link to it.
    let link = scratch.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    #expect(throws: FileError.notRegular(.write, path: link, kind: .pipe)) { try FileReplacement.replace(link, with: "text") }
    #expect(try kind(path) == .typeUnknown)
    #expect(try kind(link) == .typeSymbolicLink)
  }

  @Test func aFolderIsLeftAlone() throws {
    let path = scratch.file("folder")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(throws: FileError.notRegular(.write, path: path, kind: .folder)) { try FileReplacement.replace(path, with: "text") }
    #expect(try kind(path) == .typeDirectory)
    #expect(try entries == ["folder"])
  }

  @Test func linksAreWrittenThrough() throws {
    let folder = scratch.file("elsewhere")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let file = folder + "/file"
    try FileReplacement.replace(file, with: "old")
    try FileManager.default.createSymbolicLink(atPath: folder + "/second", withDestinationPath: "file")
    let first = scratch.file("first")
    try FileManager.default.createSymbolicLink(atPath: first, withDestinationPath: "elsewhere/second")
    try FileReplacement.replace(first, with: "new")
    #expect(try kind(first) == .typeSymbolicLink)
    #expect(try kind(folder + "/second") == .typeSymbolicLink)
    #expect(try text(file) == "new")
    // The target of a symbolic link is created if necessary, as by a shell's > operator.
    try FileManager.default.removeItem(atPath: file)
    try FileReplacement.replace(first, with: "again")
    #expect(try kind(first) == .typeSymbolicLink)
    #expect(try text(file) == "again")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["file", "second"])
  }

  @Test func linksThatLeadInACircleAreAnError() throws {
    let (a, b) = (scratch.file("a"), scratch.file("b"))
    try FileManager.default.createSymbolicLink(atPath: a, withDestinationPath: b)
    try FileManager.default.createSymbolicLink(atPath: b, withDestinationPath: a)
    #expect(throws: FileError.failed(.write, path: a, code: ELOOP)) { try FileReplacement.replace(a, with: "text") }
  }

  @Test func permissionsStay() throws {
    let path = scratch.file("private")
    try FileReplacement.replace(path, with: "old")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try FileReplacement.replace(path, with: "new")
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everything"))
  func aFileThatIsWriteProtectedStays() throws {
    let path = scratch.file("protected")
    try FileReplacement.replace(path, with: "old")
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    #expect(throws: FileError.failed(.write, path: path, code: EACCES)) { try FileReplacement.replace(path, with: "new") }
    #expect(try text(path) == "old")
  }
}
