// SPDX-License-Identifier: Apache-2.0
// Thousands of damaged packages: loading must succeed or throw an error, and so must saving and verifying loaded
// packages.

import Foundation
import MIL
import ModelPackages
import Tensors
import Testing
import TestSupport

struct FuzzTests {
  /// Small packages to damage: generated ones, and some written by coremltools.
  private static func sources(_ scratch: Scratch) throws -> [String] {
    var paths: [String] = Fixtures.packages
    for seed in UInt64(1000)..<1006 {
      var generator = ProgramGenerator(seed: seed)
      let path = scratch.file("\(seed).mlpackage")
      try ModelPackage(
        program: generator.program(operations: 12), interface: RoundTripTests.anyInterface
      ).save(to: path)
      paths.append(path)
    }
    return paths
  }

  /// One to four kinds of damage to a file.
  private static func damage(_ original: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes.removeLast(bytes.count - at)
      case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes[at] = .random(in: 0...255, using: &random)
      // Maximum lengths, counts and offsets.
      case 3:
        bytes.replaceSubrange(
          at..<min(at + 9, bytes.count), with: [UInt8](repeating: 0xFF, count: 8) + [0x7F])
      case 4: bytes.remove(at: at)
      case 5: bytes.insert(.random(in: 0...255, using: &random), at: at)
      default:
        let to = Int.random(in: 0..<bytes.count, using: &random)
        let count = min(Int.random(in: 1...40, using: &random), bytes.count - at)
        bytes.insert(contentsOf: Array(bytes[at..<at + count]), at: to)
      }
    }
    return bytes
  }

  /// The sum of the sizes in bytes that the constants declare.
  private static func sum(_ program: Program) -> UInt64 {
    var sum: UInt64 = 0
    for function in program.functions {
      function.block.forEachOperation { _, operation in
        operation.constantValue?.tensor?.withBytes { for byte in $0 { sum = sum &* 31 &+ UInt64(byte) } }
      }
    }
    return sum
  }

  private static func exercise(_ path: String, _ copy: String) throws -> Bool {
    let package: ModelPackage
    do {
      package = try ModelPackage.load(path)
    } catch is PackageError {
      return false
    }
    let before = sum(package.program)
    do { try package.program.verify() } catch is MILError {}
    try package.save(to: copy, overwrite: true)
    let again = try ModelPackage.load(copy)
    #expect(again.program == package.program)
    #expect(sum(again.program) == before && sum(package.program) == before)
    return true
  }

  @Test(arguments: UInt64(0)..<3)
  func damagedPackages(seed: UInt64) throws {
    let scratch = try Scratch()
    var random = SplitMix64(seed: seed)
    var loaded = 0
    var refused = 0
    for path in try Self.sources(scratch) {
      let work = scratch.file("work.mlpackage")
      let files = [
        RawPackage.modelFile(path), path + "/Manifest.json", RawPackage.weightFile(path),
      ]
      .filter { FileManager.default.fileExists(atPath: $0) }
      for round in 0..<16 {
        try? FileManager.default.removeItem(atPath: work)
        try FileManager.default.copyItem(atPath: path, toPath: work)
        // The model file is damaged most often, since it has the most complex structure.
        let file = files[round % 4 < 2 ? 0 : round % files.count]
        let target = work + file.dropFirst(path.count)
        let bytes = Self.damage(try RawPackage.read(file), &random)
        try FileManager.default.removeItem(atPath: target)
        try Data(bytes).write(to: URL(fileURLWithPath: target))
        if try Self.exercise(work, scratch.file("copy.mlpackage")) {
          loaded += 1
        } else {
          refused += 1
        }
      }
    }
    // The test is only meaningful if some damaged packages load and some do not.
    #expect(loaded > 10 && refused > 10, "\(loaded) loaded, \(refused) refused")
  }

  @Test func everyTruncationOfAModelFileIsRefusedOrLoads() throws {
    let scratch = try Scratch()
    let path = scratch.file("a.mlpackage")
    let program = try Program(
      text: """
        func main<iOS17>(x: tensor<fp32, [1, 2]>) {
          w = tensor<fp16, [3]>([1, 2, 3])
          tensor<fp32, [1, 2]> y = relu(x = x, t = list<string, 1>([string("a")]))
        } -> (y)
        """)
    try ModelPackage(program: program).save(to: path)
    let bytes = try RawPackage.read(RawPackage.modelFile(path))
    for count in 0..<bytes.count {
      try Data(bytes[..<count]).write(to: URL(fileURLWithPath: RawPackage.modelFile(path)))
      #expect(throws: PackageError.self, "\(count) of \(bytes.count) bytes") {
        try ModelPackage.load(path)
      }
    }
  }
}
