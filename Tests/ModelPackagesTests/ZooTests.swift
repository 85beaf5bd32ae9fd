// SPDX-License-Identifier: Apache-2.0
// Properties of real packages: loading and saving changes nothing.

import Foundation
import MIL
import ModelPackages
import Testing
import TestSupport

@Suite(.enabled(if: Zoo.isPresent, Comment(rawValue: Zoo.absence)))
struct ZooTests {
  /// If `WANE_ROUNDTRIP` is a folder, the saved packages are kept there for `scripts/roundtrip_check.py`.
  static let keep = ProcessInfo.processInfo.environment["WANE_ROUNDTRIP"]

  @Test(arguments: Zoo.packages())
  func loadSaveLoadIsTheSame(path: String) throws {
    let scratch = try Scratch()
    let package = try ModelPackage.load(path)
    let name = path.dropFirst((Zoo.folder ?? "").count + 1).replacing("/", with: "__")
    let copy = (Self.keep ?? scratch.path) + "/" + name
    try package.save(to: copy, overwrite: true)
    let again = try ModelPackage.load(copy)
    #expect(again.program == package.program)
    #expect(again.interface == package.interface)
    #expect(again.specificationVersion == package.specificationVersion)
  }

  @Test(arguments: Zoo.packages())
  func interfaceFitsItsProgram(path: String) throws {
    let package = try ModelPackage.load(path)
    #expect(try package.interface.adapted(to: package.program) == package.interface)
  }
}

@Suite(.enabled(if: Zoo.isPresent, Comment(rawValue: Zoo.absence)))
struct ZooTextTests {
  @Test(arguments: Zoo.packages())
  func fullTextReadsBack(path: String) throws {
    let program = try ModelPackage.load(path).program
    try program.verify()
    let again = try Program(text: program.text(.full))
    #expect(again.differences(from: program) == [])
    #expect(again == program)
  }

  @Test(arguments: Zoo.packages())
  func rewritingNothingChangesNothing(path: String) throws {
    for function in try ModelPackage.load(path).program.functions {
      #expect(Rewriter(function).rewritten() == function)
    }
  }
}
