// SPDX-License-Identifier: Apache-2.0
// Truncated and mutated files: reading them must return an error or a value.

import DataFiles
import Foundation
import Tensors
import Testing

@Suite struct FuzzTests {
  static let readable: [String] =
    fixtures(".npy").filter { !["complex.npy", "text.npy", "record.npy"].contains($0) && !$0.contains("g.npy") }
    + ["stored.npz", "deflated.npz"] + fixtures(".png").filter { $0 != "bomb.png" } + ["rgb.jpg", "gray.jpg", "progressive.jpg"]

  /// The number of mutants of each file; `WANE_FUZZ_ROUNDS` overrides it.
  static let rounds = ProcessInfo.processInfo.environment["WANE_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 60

  @Test func filesAreThere() { #expect(Self.readable.count > 20) }

  /// Reads a file according to its extension; `true` if it was valid.
  func read(_ path: String) throws -> Bool {
    do {
      if path.hasSuffix(".npy") {
        _ = try NPY.read(path).doubles()
      } else if path.hasSuffix(".npz") {
        _ = try NPZ.read(path, limits: DataLimits(arrayBytes: 1 << 24))
      } else {
        _ = try ImageFile.read(path, limits: DataLimits(imagePixels: 1 << 22))
      }
      return true
    } catch let error as DataFileError {
      #expect(error.description.contains(path))
      return false
    }
  }

  @Test(arguments: readable)
  func everyTruncationIsNoticed(_ name: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture(name)))
    try withTemporaryFolder { folder in
      let path = folder + "/" + name
      // An array without elements is complete after its header.
      let shortest = name == "empty.npy" ? 127 : bytes.count - 1
      for length in stride(from: shortest, through: 0, by: -max(bytes.count / 60, 1)) {
        try bytes.prefix(length).write(to: URL(fileURLWithPath: path))
        #expect(try !read(path), "\(name) cut to \(length) of \(bytes.count) bytes was taken")
      }
    }
  }

  @Test(arguments: readable)
  func mutationsGiveAnErrorOrAValue(_ name: String) throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture(name))))
    var random = SplitMix64(seed: 11)
    var refused = 0
    try withTemporaryFolder { folder in
      let path = folder + "/" + name
      for _ in 0..<Self.rounds {
        var mutant = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          mutant[Int.random(in: 0..<min(mutant.count, 400), using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        try Data(mutant).write(to: URL(fileURLWithPath: path))
        if try !read(path) { refused += 1 }
      }
    }
    #expect(refused > 0, "\(Self.rounds) mutants of \(name) and not one refused")
  }
}
