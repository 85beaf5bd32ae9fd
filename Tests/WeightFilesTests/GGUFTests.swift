// SPDX-License-Identifier: Apache-2.0
// GGUF: tables, blocks, and files that contradict themselves.

import Foundation
import TestSupport
import Tensors
import Testing
import WeightFiles

struct GGUFTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func little(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  private func text(_ value: String) -> [UInt8] { little(value.utf8.count, 8) + Array(value.utf8) }

  /// A file with one tensor.
  private func write(_ type: Int, _ shape: [Int], _ data: [UInt8], offset: Int = 0) throws -> String {
    var bytes = Array("GGUF".utf8) + little(3, 4) + little(1, 8) + little(2, 8)
    bytes +=
      text("general.name") + little(8, 4) + text("made") + text("list") + little(9, 4) + little(4, 4) + little(2, 8) + little(7, 4)
      + little(8, 4)
    bytes += text("t") + little(shape.count, 4) + shape.reversed().flatMap { little($0, 8) } + little(type, 4) + little(offset, 8)
    while bytes.count % 32 != 0 { bytes.append(0) }
    let path = scratch.file("m.gguf")
    try Data(bytes + data).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Half of 0.5.
  private let half: [UInt8] = [0x00, 0x38]

  @Test func denseTensors() throws {
    let file = try WeightFile(write(24, [2, 3], [1, 2, 3, 4, 5, 255]))
    #expect(file.metadata["general.name"] == "made")
    #expect(try file.tensor("t") == Tensor([Int8(1), 2, 3, 4, 5, -1], shape: [2, 3]))
  }

  @Test func blocksOfEightBits() throws {
    let codes = (0..<32).map { UInt8(bitPattern: Int8($0 - 16)) }
    let tensor = try #require(try WeightFile(write(8, [32], half + codes)).tensor("t"))
    let expected = (0..<32).map { i -> Float in Float(i - 16) / 2 }
    #expect(tensor.floats() == expected)
  }

  /// The low halves of the bytes come first.
  @Test func blocksOfFourBits() throws {
    let codes = (0..<16).map { UInt8($0) | UInt8(15 - $0) << 4 }
    let tensor = try #require(try WeightFile(write(2, [1, 32], half + codes)).tensor("t"))
    let low = (0..<16).map { i -> Float in Float(i - 8) / 2 }
    let high = (0..<16).map { i -> Float in Float(7 - i) / 2 }
    #expect(tensor.floats() == low + high)
  }

  @Test func damageIsAnError() throws {
    #expect(throws: WeightFileError.self) { try WeightFile(write(0, [1 << 40], [0])) }
    #expect(throws: WeightFileError.self) { try WeightFile(write(0, [4], [0, 0, 0, 0], offset: 8)) }
    #expect(throws: WeightFileError.self) { try WeightFile(write(8, [31], half + Array(repeating: 0, count: 32))) }
    let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: write(24, [2], [1, 2]))))
    for count in 0..<whole.count {
      let path = scratch.file("cut.gguf")
      try Data(whole[..<count]).write(to: URL(fileURLWithPath: path))
      #expect(throws: (any Error).self) { try WeightFile(path) }
    }
  }
}
