// SPDX-License-Identifier: Apache-2.0
// State dictionaries, and pickles that would call something.

import Foundation
import Tensors
import TestSupport
import Testing
import TorchFiles

struct StateDictionaryTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
    "Fixtures/torch")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func tensor(_ name: String) throws -> Tensor {
    let dictionary = try StateDictionary(path: Self.path("weights.pt"))
    return try #require(dictionary.tensors[name]).tensor(file: "weights.pt", name: name)
  }

  @Test func tensorsByName() throws {
    #expect(try StateDictionary(path: Self.path("weights.pt")).names == ["a.weight", "a.bias", "strided"])
    #expect(try tensor("a.weight") == Tensor([Float(0), 1, 2, 3, 4, 5], shape: [2, 3]))
    #expect(try tensor("a.bias").dtype == .bfloat16)
    #expect(try tensor("a.bias").floats() == [1, 2])
  }

  @Test func stridesAreFollowed() throws {
    #expect(try tensor("strided").shape == [3, 2])
    #expect(try tensor("strided").integers() == [0, 3, 1, 4, 2, 5])
  }

  /// A pickled module names its class, which is not imported.
  @Test func aClassIsAnErrorThatNamesIt() {
    #expect {
      try StateDictionary(path: Self.path("module.pt"))
    } throws: { error in
      let text = "\(error)"
      return text.contains("torch.nn.modules.linear.Linear") && text.contains("data.pkl")
    }
  }

  @Test(arguments: ["os.system", "builtins.eval", "torch.load", "torch.FloatStorage.from_file"])
  func aFunctionIsAnErrorThatNamesIt(_ name: String) throws {
    let parts = name.split(separator: ".")
    let code = "\u{80}\u{2}c\(parts.dropLast().joined(separator: "."))\n\(parts.last ?? "")\nX\u{2}\0\0\0ls\u{85}R."
    let archive = ZipWriter.archive([("a/data.pkl", code.unicodeScalars.map { UInt8($0.value) })])
    let scratch = try Scratch()
    let path = scratch.file("hostile.pt")
    try Data(archive).write(to: URL(fileURLWithPath: path))
    #expect { try StateDictionary(path: path) } throws: { "\($0)".contains("names \(name)") }
  }

  @Test(arguments: [
    "", "\u{80}\u{2}", "\u{80}\u{2}}(X\u{ff}\u{ff}\u{ff}\u{7f}a", "\u{80}\u{2}h\u{0}.", "\u{80}\u{2}R.", "\u{80}\u{2}i.",
    "\u{80}\u{2}(((((((((t.",
  ])
  func damagedPicklesAreErrors(_ code: String) throws {
    let archive = ZipWriter.archive([("a/data.pkl", code.unicodeScalars.map { UInt8($0.value) })])
    let scratch = try Scratch()
    let path = scratch.file("damaged.pt")
    try Data(archive).write(to: URL(fileURLWithPath: path))
    #expect { try StateDictionary(path: path) } throws: { "\($0)".contains("data.pkl") || "\($0)".contains("dictionary") }
  }

  /// A million tuples within each other are a value, but no dictionary; nothing recurses over them.
  @Test func deepNestingNeedsNoStack() throws {
    let code = [UInt8]([0x80, 2, UInt8(ascii: ")")]) + Array(repeating: 0x85, count: 1_000_000) + [UInt8(ascii: ".")]
    let scratch = try Scratch()
    let path = scratch.file("deep.pt")
    try Data(ZipWriter.archive([("a/data.pkl", code)])).write(to: URL(fileURLWithPath: path))
    #expect { try StateDictionary(path: path) } throws: { "\($0)".contains("no dictionary of tensors") }
  }

  /// Whatever byte of a file changes, reading it ends with a value or an error.
  @Test func damagedFilesNeverCrash() throws {
    let scratch = try Scratch()
    var random = SystemRandomNumberGenerator()
    for (name, isProgram) in [("weights.pt", false), ("views.pt2", true), ("recurrent.pt2", true)] {
      let original = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Self.path(name))))
      for trial in 0..<150 {
        var bytes = original
        if trial % 3 == 0 {
          bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        } else {
          for _ in 0..<(1 + trial % 5) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
          }
        }
        let path = scratch.file("damaged")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        if isProgram {
          guard let program = try? ExportedProgram.load(path) else { continue }
          for (name, tensor) in program.tensors { _ = try? tensor.tensor(file: path, name: name) }
        } else {
          guard let dictionary = try? StateDictionary(path: path) else { continue }
          for (name, tensor) in dictionary.tensors { _ = try? tensor.tensor(file: path, name: name) }
        }
      }
    }
  }
}

/// Writes zip archives with stored entries.
enum ZipWriter {
  static func archive(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    func little(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    var out: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in entries {
      let fields =
        little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4) + little(bytes.count, 4) + little(bytes.count, 4)
        + little(name.utf8.count, 2)
      directory +=
        little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + fields + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 2)
      directory += little(0, 4) + little(out.count, 4) + Array(name.utf8)
      out += little(0x0403_4B50, 4) + little(20, 2) + fields + little(0, 2) + Array(name.utf8) + bytes
    }
    let start = out.count
    out += directory
    return out + little(0x0605_4B50, 4) + little(0, 2) + little(0, 2) + little(entries.count, 2) + little(entries.count, 2)
      + little(directory.count, 4) + little(start, 4) + little(0, 2)
  }
}
