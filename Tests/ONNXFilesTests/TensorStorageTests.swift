// SPDX-License-Identifier: Apache-2.0
// The places where a tensor's elements may be, and the checks of external files.

import Foundation
import ONNXFiles
import TestSupport
import Tensors
import Testing
import Wire

struct TensorStorageTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// The first initializer of a model whose tensor message `body` writes.
  private func read(_ body: (inout WireWriter) -> Void) throws -> Tensor {
    var w = WireWriter()
    w.message(7) { $0.message(5) { body(&$0) } }
    let path = scratch.file("m.onnx")
    try Data(w.bytes).write(to: URL(fileURLWithPath: path))
    let model = try ONNXModel.load(path)
    return try #require(model.graph.initializers.first).tensor(in: model)
  }

  private func raw(_ w: inout WireWriter, _ bytes: [UInt8]) { bytes.withUnsafeBytes { w.rawBytes(9, $0) } }

  @Test func rawBytes() throws {
    let tensor = try read {
      $0.int(1, 2)
      $0.int(2, 5)
      raw(&$0, [1, 0, 0xFF, 0xFF])
    }
    #expect(tensor.dtype == .int16)
    #expect(tensor.integers() == [1, -1])
  }

  @Test func typedLists() throws {
    let halves = try read {
      $0.packedVarints(1, [2])
      $0.int(2, 10)
      $0.packedVarints(5, [0x3C00, 0xC000])
    }
    #expect(halves.floats() == [1, -2])
    let unsigned = try read {
      $0.int(1, 1)
      $0.int(2, 12)
      $0.packedVarints(11, [4_000_000_000])
    }
    #expect(unsigned.dtype == .uint32)
    #expect(unsigned.integers() == [4_000_000_000])
    let scalars = try read {
      $0.int(2, 1)
      $0.fixed32(4, Float(2.5).bitPattern)
    }
    #expect(scalars.shape == [])
    #expect(scalars.floats() == [2.5])
  }

  @Test func smallIntegersShareBytes() throws {
    let packed = try read {
      $0.int(1, 3)
      $0.int(2, 22)
      raw(&$0, [0xF1, 0x07])
    }
    #expect(packed.dtype == .int4)
    #expect(packed.integers() == [1, -1, 7])
    let listed = try read {
      $0.int(1, 3)
      $0.int(2, 21)
      $0.packedVarints(5, [0xF1, 0x07])
    }
    #expect(listed.integers() == [1, 15, 7])
  }

  @Test func wrongLengthsNameTheTensor() throws {
    #expect {
      try read {
        $0.int(1, 3)
        $0.int(2, 1)
        $0.string(8, "weights")
        raw(&$0, [0, 0, 0, 0])
      }
    } throws: { "\($0)".contains("'weights'") && "\($0)".contains("12") }
  }

  private func external(_ location: String, offset: Int? = nil, length: Int? = nil) throws -> Tensor {
    try read { w in
      w.int(1, 2)
      w.int(2, 1)
      w.string(8, "w")
      for (key, value) in [("location", location), ("offset", offset.map(String.init)), ("length", length.map(String.init))] {
        guard let value else { continue }
        w.message(13) {
          $0.string(1, key)
          $0.string(2, value)
        }
      }
      w.int(14, 1)
    }
  }

  @Test func externalFilesAreMapped() throws {
    let values = Tensor([Float(0), 1.5, -2])
    try Data(values.withBytes { Array($0) }).write(to: URL(fileURLWithPath: scratch.file("w.data")))
    #expect(try external("w.data", offset: 4, length: 8).floats() == [1.5, -2])
    #expect(throws: ONNXError.self) { try external("w.data", offset: 8, length: 8) }
    #expect(throws: ONNXError.self) { try external("w.data", offset: 4, length: 4) }
    #expect(throws: ONNXError.self) { try external("w.data", offset: 12) }
  }

  @Test(arguments: ["../w.data", "/etc/passwd", "a/../../w.data", "link.data", "folder", ""])
  func externalFilesStayWithinTheFolder(_ location: String) throws {
    let outside = try Scratch()
    try Data(count: 8).write(to: URL(fileURLWithPath: outside.file("w.data")))
    try FileManager.default.createSymbolicLink(atPath: scratch.file("link.data"), withDestinationPath: outside.file("w.data"))
    try FileManager.default.createDirectory(atPath: scratch.file("folder"), withIntermediateDirectories: true)
    #expect(throws: ONNXError.self) { try external(location) }
  }

  @Test func missingFilesNameTheFolder() throws {
    #expect { try external("absent.data") } throws: { "\($0)".contains("absent.data") && "\($0)".contains(scratch.path) }
  }
}
