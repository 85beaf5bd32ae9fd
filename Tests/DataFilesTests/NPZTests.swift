// SPDX-License-Identifier: Apache-2.0
// Compares `.npz` archives with NumPy, and tests decompression bombs.

import DataFiles
import Foundation
import Tensors
import Testing

@Suite struct NPZTests {
  @Test(arguments: ["stored.npz", "deflated.npz"])
  func readsNumPysArchives(_ name: String) throws {
    let arrays = try NPZ.read(fixture(name))
    #expect(Set(arrays.keys) == ["x", "y", "big"])
    #expect(arrays["x"] == Tensor((0..<24).map(Float.init), shape: [2, 3, 4]))
    #expect(arrays["y"] == Tensor([1, 0] as [Int64]))
    #expect(arrays["big"] == Tensor([0, 1, 2, 3, 4, 5] as [Int32]))
  }

  @Test func namesComeBeforeArrays() throws {
    let archive = try NPZArchive(fixture("with_text.npz"))
    #expect(archive.names == ["x", "names"])
    #expect(try archive.array("x").count == 24)
    #expect(failure { _ = try archive.array("z") } == .noSuchArray(file: fixture("with_text.npz"), name: "z", present: ["x", "names"]))
    #expect(throws: DataFileError.self) { try archive.array("names") }
  }

  @Test(arguments: [false, true])
  func roundTrip(compressed: Bool) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      let arrays: [(name: String, array: Tensor)] = [
        ("weights/ß", Tensor((0..<1000).map { Float($0 % 7) }, shape: [10, 100])),
        ("empty", Tensor(zeros: .int64, [0, 2])), ("flag", Tensor(scalar: true)),
      ]
      try NPZ.write(arrays, to: path, compressed: compressed)
      let first = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(compressed ? first.count < 2000 : first.count > 4000)
      let read = try NPZ.read(path)
      #expect(read.count == 3)
      for (name, array) in arrays { #expect(read[name] == array, "\(name)") }
      try NPZ.write(arrays, to: path, compressed: compressed)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == first, "same arrays, same bytes")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npz"])
    }
  }

  /// `<U3`: three characters of four bytes, little-endian, filled up with zeros.
  @Test func textIsStoredAsNumPyStoresIt() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.npz"
      try NPZ.write(entries: [("names", .strings(["cat", "ß"], shape: [2]))], to: path)
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }"))
      let elements: [UInt8] = [99, 0, 0, 0, 97, 0, 0, 0, 116, 0, 0, 0, 0xDF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      #expect(bytes.indices.contains { bytes[$0...].starts(with: elements) })
    }
  }

  @Test func anArchiveMayBeEmpty() throws {
    try withTemporaryFolder { folder in
      try NPZ.write([], to: folder + "/e.npz")
      #expect(try NPZ.read(folder + "/e.npz").isEmpty)
    }
  }

  @Test func badNames() {
    let one = Tensor(scalar: 1.0)
    #expect(failure { try NPZ.write([("a", one), ("a", one)], to: "/tmp/never.npz") } == .badName(name: "a", format: "a .npz file"))
    #expect(failure { try NPZ.write([("", one)], to: "/tmp/never.npz") } == .badName(name: "", format: "a .npz file"))
  }

  @Test func largeArraysNeedPermission() throws {
    let path = fixture("zeros.npz")
    #expect(try NPZ.read(path)["z"]?.count == 1 << 20)
    #expect(
      failure { _ = try NPZ.read(path, limits: DataLimits(arrayBytes: 1000)) }
        == .tooLarge(file: path + ":z.npy", bytes: 1 << 20, limit: 1000))
  }

  @Test func aClaimBeyondDeflatesRatioIsRefusedBeforeAllocating() throws {
    try withTemporaryFolder { folder in
      // The directory's uncompressed size (offset 24 of its entry "PK\1\2") becomes 4 GB.
      var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture("zeros.npz"))))
      let entry = try #require(bytes.indices.dropLast(4).last { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
      bytes.replaceSubrange(entry + 24..<entry + 28, with: [0xFE, 0xFF, 0xFF, 0xFF])
      let path = folder + "/bomb.npz"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let error = failure { _ = try NPZ.read(path) }
      #expect(error?.description.contains("cannot hold the declared 4294967294") == true, "\(String(describing: error))")
    }
  }

  @Test func aFlippedBitFailsTheChecksum() throws {
    try withTemporaryFolder { folder in
      var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture("stored.npz"))))
      // Inside x's elements: the entry starts the archive, its header is 128 bytes long.
      bytes[200] ^= 1
      let path = folder + "/x.npz"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      guard case .damaged(let file, _, _)? = failure({ _ = try NPZ.read(path) }) else {
        Issue.record("the flipped bit went unnoticed")
        return
      }
      #expect(file == path + ":x.npy")
    }
  }
}
