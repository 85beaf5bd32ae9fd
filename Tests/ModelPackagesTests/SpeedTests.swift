// SPDX-License-Identifier: Apache-2.0
// Measures the time for loading, which is only printed, and checks that weights are not read.

import Foundation
import MIL
import ModelPackages
import Tensors
import Testing
import TestSupport

@Suite(.serialized)
struct SpeedTests {
  /// The median over several runs, in milliseconds of this thread's processor time, which excludes other work on the
  /// machine.
  private func milliseconds(_ runs: Int = 11, _ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
    let times = try (0..<runs).map { _ in
      let start = now()
      try body()
      return now() - start
    }.sorted()
    return times[runs / 2]
  }

  /// A program like a large converted model: convolutions with options as constants, activations, sums.
  private func largeProgram(operations: Int) -> Program {
    let type = ValueType.tensor(.float32, [1, 64, 56, 56])
    var x = NamedType("x", type)
    let weight = Constant(
      Tensor([Float](repeating: 0.5, count: 64 * 64 * 9), shape: [64, 64, 3, 3]))
    var made: [MIL.Operation] = []
    func add(_ type: String, _ inputs: [(String, String)], name: String) {
      let inputs = inputs.map { Argument($0, [.name($1)]) }
      x = NamedType(name, x.type)
      made.append(MIL.Operation(type: type, inputs: inputs, outputs: [x], attributes: [Attribute("name", Constant(name))]))
    }
    while made.count < operations {
      let stem = "layer\(made.count)_conv"
      let constants = [
        ("weight", weight), ("strides", .int32s([1, 1])), ("pad", .int32s([1, 1, 1, 1])), ("pad_type", Constant("custom")),
      ]
      made += constants.map { MIL.Operation.const("\(stem)_\($0)_0", $1) }
      add("conv", [("x", x.name)] + constants.map { ($0.0, "\(stem)_\($0.0)_0") }, name: stem)
      add("relu", [("x", x.name)], name: stem + "_relu")
    }
    let block = Block(operations: made, outputs: [x.name])
    return Program(functions: [
      Function(inputs: [NamedType("x", type)], opset: .iOS17, block: block)
    ])
  }

  @Test func aProgramOf32000Operations() throws {
    let scratch = try Scratch()
    let path = scratch.file("a.mlpackage")
    let program = largeProgram(operations: 32_000)
    try ModelPackage(program: program).save(to: path)
    let bytes = try RawPackage.read(RawPackage.modelFile(path)).count
    let package = try ModelPackage.load(path)
    #expect(package.program == program)
    // The packages are kept, so that releasing one is not included in the time for loading the next.
    var kept: [ModelPackage] = []
    let load = try milliseconds { kept.append(try ModelPackage.load(path)) }
    let save = try milliseconds(3) { try package.save(to: path, overwrite: true) }
    let verify = try milliseconds(3) { try package.program.verify() }
    print(
      "32,000 operations, \(bytes) bytes: load \(load) ms, save \(save) ms, verify \(verify) ms")
    // The weight that all convolutions share is one blob.
    #expect(try RawPackage.read(RawPackage.weightFile(path)).count == 128 + 64 * 64 * 9 * 4)
  }

  @Test(.enabled(if: Zoo.isPresent, Comment(rawValue: Zoo.absence)))
  func aPackageOf45Megabytes() throws {
    let folder = try #require(Zoo.folder)
    let path = folder + "/minilm_l6/minilm_l6_fp16_iOS16_len128.mlpackage"
    let before = residentBytes()
    let packages = try (0..<20).map { _ in try ModelPackage.load(path) }
    let grown = residentBytes() - before
    #expect(packages.count == 20)
    // It would be twenty times 45 MB if the weights had been read.
    #expect(grown < 200 << 20, "\(grown) bytes more are resident")
    let load = try milliseconds { _ = try ModelPackage.load(path) }
    print("MiniLM: load \(load) ms")
  }

  private func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(
      separator: " ")
    return (pages.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4096
  }
}
