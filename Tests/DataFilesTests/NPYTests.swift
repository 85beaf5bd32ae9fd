// SPDX-License-Identifier: Apache-2.0
// Compares `.npy` files with NumPy, and tests malformed headers.

import DataFiles
import Foundation
import Tensors
import Testing

@Suite struct NPYTests {
  static let signed = (-3...8).map(Double.init)
  static let unsigned = (0...11).map(Double.init)

  @Test(arguments: ["float16", "float32", "float64", "int8", "int16", "int32", "int64"])
  func signedTypes(_ name: String) throws {
    let tensor = try NPY.read(fixture("\(name).npy"))
    #expect(tensor.dtype == DType(name: name))
    #expect(tensor.shape == [3, 4])
    #expect(tensor.doubles() == Self.signed)
    #expect(!tensor.storage.isOwned, "plain elements stay in the mapped file")
  }

  @Test(arguments: ["uint8", "uint16", "uint32", "uint64"])
  func unsignedTypes(_ name: String) throws {
    let tensor = try NPY.read(fixture("\(name).npy"))
    #expect(tensor.dtype == DType(name: name))
    #expect(tensor.doubles() == Self.unsigned)
  }

  @Test func otherOrders() throws {
    for (name, dtype) in [
      ("big_float32", DType.float32), ("big_int16", .int16), ("fortran", .float32), ("version2", .float32), ("version3", .float32),
    ] {
      let tensor = try NPY.read(fixture("\(name).npy"))
      #expect(tensor.dtype == dtype && tensor.shape == [3, 4], "\(name)")
      #expect(tensor.doubles() == Self.signed, "\(name)")
    }
    let cube = try NPY.read(fixture("fortran3.npy"))
    #expect(cube.shape == [2, 3, 4])
    #expect(cube.integers() == Array(0..<24))
  }

  @Test func smallShapes() throws {
    #expect(try NPY.read(fixture("scalar.npy")) == Tensor(scalar: 2.5))
    #expect(try NPY.read(fixture("empty.npy")) == Tensor(zeros: .float32, [0, 3]))
    #expect(try NPY.read(fixture("vector.npy")).doubles() == [1.5, -2])
    #expect(try NPY.read(fixture("python2.npy")) == Tensor([7, -7] as [Int32], shape: [2, 1]))
  }

  @Test func booleansBecomeZeroOrOne() throws {
    #expect(try NPY.read(fixture("bool.npy")).doubles() == (-3...8).map { $0 % 3 == 0 ? 1 : 0 })
    #expect(try NPY.read(fixture("loose_bool.npy")) == Tensor([false, true, true, true]))
  }

  @Test(arguments: ["complex", "text", "record"])
  func elementsThatTensorsLack(_ name: String) {
    let error = failure { _ = try NPY.read(fixture("\(name).npy")) }
    guard case .unsupported(let file, _, _)? = error else {
      Issue.record("\(name): \(String(describing: error))")
      return
    }
    #expect(file.hasSuffix("\(name).npy"))
  }

  @Test func writesWhatNumPyWrites() throws {
    try withTemporaryFolder { folder in
      for name in fixtures(".npy")
      where ![
        "complex", "text", "record", "big_float32", "big_int16", "fortran", "fortran3", "version2", "version3", "python2", "loose_bool",
      ].contains(String(name.dropLast(4))) {
        let copy = folder + "/" + name
        try NPY.write(NPY.read(fixture(name)), to: copy)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(contentsOf: URL(fileURLWithPath: fixture(name))), "\(name)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.hasSuffix(".tmp") })
    }
  }

  @Test func replacingAMappedFileLeavesTheMappingWhole() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x.npy"
      try NPY.write(Tensor([1, 2, 3] as [Float]), to: path)
      let old = try NPY.read(path)
      try NPY.write(Tensor([4] as [Float]), to: path)
      #expect(old.floats() == [1, 2, 3])
      #expect(try NPY.read(path).floats() == [4])
    }
  }

  @Test func refusesWhatTheFormatCannotHold() throws {
    try withTemporaryFolder { folder in
      let error = failure { try NPY.write(Tensor(codes: [1, 2], dtype: .uint4, shape: [2]), to: folder + "/x.npy") }
      guard case .cannotStore(let dtype, _, _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(dtype == "uint4")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func missingFilesAndFolders() {
    #expect(failure { _ = try NPY.read("/nowhere/x.npy") } == .cannotOpen(file: "/nowhere/x.npy", reason: "No such file or directory"))
    #expect(failure { _ = try NPY.read(fixture("")) } == .cannotOpen(file: fixture(""), reason: "it is a folder"))
    guard case .cannotWrite? = failure({ try NPY.write(Tensor(scalar: 1.0), to: "/nowhere/x.npy") }) else {
      Issue.record("writing into a missing folder must fail")
      return
    }
  }

  static let lies: [(header: String, offset: Int)] = [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,), }", 78),  // the file ends there
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2), }", 10),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 61),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 61),
    ("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", 44),
    ("{'descr': '<f4', 'shape': (1,), }", 43),
    ("{'descr': '<f4', 'descr': '<f4'}", 34),
    ("{'other': 1}", 19),
    ("{'descr': '<f4", 20),
    ("[]", 10),
    ("", 10),
  ]

  @Test(arguments: lies)
  func lyingHeaders(_ lie: (header: String, offset: Int)) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x.npy"
      var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(lie.header.utf8.count), 0]
      bytes += Array(lie.header.utf8)
      bytes += [UInt8](repeating: 0, count: 5)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      guard case .damaged(path, let offset, _)? = failure({ _ = try NPY.read(path) }) else {
        Issue.record("\(lie.header) was not refused as damaged")
        return
      }
      #expect(offset == lie.offset, "\(lie.header)")
    }
  }
}
