// SPDX-License-Identifier: Apache-2.0
// Saving: replacement, failures, symbolic links, other items, the manifest.

import Foundation
import MIL
import ModelPackages
import Tensors
import Testing
import TestSupport

struct SaveTests {
  private let scratch: Scratch
  private let package: ModelPackage

  init() throws {
    scratch = try Scratch()
    package = try Self.package(value: 1)
  }

  private static func package(value: Float) throws -> ModelPackage {
    let weight = Constant(Tensor([Float](repeating: value, count: 1000)))
    let block = Block(operations: [.const("w", weight)], outputs: ["w"])
    return try ModelPackage(
      program: Program(functions: [Function(inputs: [], opset: .iOS16, block: block)]))
  }

  private func weight(_ package: ModelPackage) -> [Float] {
    package.program.functions[0].block.operations[0].constantValue?.tensor?.floats() ?? []
  }

  private var entries: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() }
  }

  @Test func whatIsWrittenForTrainingIsNotSaved() throws {
    let operation = Operation(
      type: "training_relu_gradient", inputs: [Argument("y", "x"), Argument("gradient", "x")],
      outputs: [NamedType("g", .tensor(.float32, [2]))])
    let function = Function(
      inputs: [NamedType("x", .tensor(.float32, [2]))], opset: .iOS16, block: Block(operations: [operation], outputs: ["g"]))
    let package = try ModelPackage(program: Program(functions: [function]))
    #expect(
      throws: PackageError.unwritable(
        "function 'main' is written for training: its operation training_relu_gradient 'g' is not one of MIL. "
          + "Save the original function with the trained weights")
    ) { try package.save(to: scratch.file("a.mlpackage")) }
    #expect(try entries.isEmpty)
  }

  @Test func anExistingPackageIsReplacedOnlyWhenAsked() throws {
    let path = scratch.file("a.mlpackage")
    try package.save(to: path)
    #expect(throws: PackageError.alreadyExists(path)) { try package.save(to: path) }
    let other = try Self.package(value: 2)
    try other.save(to: path, overwrite: true)
    #expect(weight(try .load(path)) == [Float](repeating: 2, count: 1000))
    #expect(try entries == ["a.mlpackage"])
  }

  @Test func aPackageMayBeSavedOverItself() throws {
    let path = scratch.file("a.mlpackage")
    try package.save(to: path)
    let loaded = try ModelPackage.load(path)
    try loaded.save(to: path, overwrite: true)
    try loaded.save(to: path + "/", overwrite: true)
    try FileManager.default.removeItem(atPath: path)
    // Its weights are still mapped, although the file has been removed.
    #expect(weight(loaded) == [Float](repeating: 1, count: 1000))
    try loaded.save(to: path)
    #expect(weight(try .load(path)) == [Float](repeating: 1, count: 1000))
  }

  @Test func aFailedSaveLeavesTheOldPackage() throws {
    let path = scratch.file("a.mlpackage")
    try package.save(to: path)
    // The second of two constants cannot be stored in a weight file, so saving fails midway.
    var program = package.program
    var strings = Constant("s")
    strings.placement = .file(Constant.weightFile)
    program.functions[0].block.operations.append(.const("s", strings))
    #expect(throws: PackageError.self) {
      try package.withProgram(program).save(to: path, overwrite: true)
    }
    #expect(weight(try .load(path)) == [Float](repeating: 1, count: 1000))
    #expect(try entries == ["a.mlpackage"])
  }

  @Test func whatKilledSavesLeftGoesWithTheNextSave() throws {
    let path = scratch.file("a.mlpackage")
    for mark in ["1x2y", "3k9b1c7wd2ao0"] {
      try package.save(to: scratch.file("b.mlpackage"), overwrite: true)
      try FileManager.default.moveItem(atPath: scratch.file("b.mlpackage"), toPath: scratch.file(".a.mlpackage.\(mark).partial"))
    }
    try FileManager.default.createDirectory(atPath: scratch.file(".c.mlpackage.1x2y.partial"), withIntermediateDirectories: true)
    try package.save(to: path)
    #expect(try entries == [".c.mlpackage.1x2y.partial", "a.mlpackage"])
    try package.save(to: path, overwrite: true)
    #expect(try entries == [".c.mlpackage.1x2y.partial", "a.mlpackage"])
  }

  @Test func onlyPackagesAreReplaced() throws {
    let folder = scratch.file("photos.mlpackage")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/holiday.jpg"))
    #expect(throws: PackageError.self) { try package.save(to: folder, overwrite: true) }
    #expect(FileManager.default.fileExists(atPath: folder + "/holiday.jpg"))
    let file = scratch.file("file.mlpackage")
    try Data("x".utf8).write(to: URL(fileURLWithPath: file))
    #expect(throws: PackageError.self) { try package.save(to: file, overwrite: true) }
    #expect(throws: PackageError.self) { try package.save(to: scratch.file("model.mlmodel")) }
    #expect(throws: PackageError.self) { try package.save(to: scratch.file("none/a.mlpackage")) }
  }

  @Test func aLinkStaysALink() throws {
    let path = scratch.file("real.mlpackage")
    let link = scratch.file("link.mlpackage")
    try package.save(to: path)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try Self.package(value: 3).save(to: link, overwrite: true)
    #expect(weight(try .load(path)) == [Float](repeating: 3, count: 1000))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
  }

  @Test func otherItemsComeAlong() throws {
    let path = scratch.file("a.mlpackage")
    try package.save(to: path)
    let extra = path + "/Data/com.example/notes/deep"
    try FileManager.default.createDirectory(atPath: extra, withIntermediateDirectories: true)
    try Data("hello".utf8).write(to: URL(fileURLWithPath: extra + "/a.txt"))
    let manifest = try String(contentsOfFile: path + "/Manifest.json", encoding: .utf8).replacing(
      "\"itemInfoEntries\": {",
      with:
        "\"itemInfoEntries\": { \"extra\": {\"author\": \"com.example\", \"name\": \"notes\", \"path\": \"com.example/notes\", \"description\": \"tab\\tand \\u00e9\"},"
    )
    try Data(manifest.utf8).write(to: URL(fileURLWithPath: path + "/Manifest.json"))
    let copy = scratch.file("b.mlpackage")
    try ModelPackage.load(path).save(to: copy)
    #expect(
      try String(contentsOfFile: copy + "/Data/com.example/notes/deep/a.txt", encoding: .utf8)
        == "hello")
    #expect(
      try String(contentsOfFile: copy + "/Manifest.json", encoding: .utf8).contains(
        "\"tab\\tand é\""))
    // A symbolic link inside such an item could refer to any path.
    try FileManager.default.createSymbolicLink(
      atPath: extra + "/link", withDestinationPath: "/etc/hostname")
    #expect(throws: PackageError.self) {
      try ModelPackage.load(path).save(to: scratch.file("c.mlpackage"))
    }
  }

  @Test func theManifestIsLaidOutAsCoremltoolsDoes() throws {
    let path = scratch.file("a.mlpackage")
    try package.save(to: path)
    let text = """
      {
          "fileFormatVersion": "1.0.0",
          "itemInfoEntries": {
              "2f0dd9a5-4f6b-4d3c-9c55-6b5d8e0a51c1": {
                  "author": "com.apple.CoreML",
                  "description": "CoreML Model Specification",
                  "name": "model.mlmodel",
                  "path": "com.apple.CoreML/model.mlmodel"
              },
              "b7c1f3de-8a42-4e07-a0f2-3d9c64e7b20f": {
                  "author": "com.apple.CoreML",
                  "description": "CoreML Model Weights",
                  "name": "weights",
                  "path": "com.apple.CoreML/weights"
              }
          },
          "rootModelIdentifier": "2f0dd9a5-4f6b-4d3c-9c55-6b5d8e0a51c1"
      }

      """
    #expect(try String(contentsOfFile: path + "/Manifest.json", encoding: .utf8) == text)
  }
}
