// SPDX-License-Identifier: Apache-2.0
// Malformed packages: the error for each describes the problem and its location.

import Foundation
import MIL
import ModelPackages
import Tensors
import Testing
import TestSupport

struct HostileTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// The error of loading a package of these parts.
  private func refusal(
    _ model: [UInt8], weights: [UInt8]? = nil, manifest: String = RawPackage.manifest
  ) throws -> String {
    let path = scratch.file("p.mlpackage")
    try? FileManager.default.removeItem(atPath: path)
    try RawPackage.write(model, weights: weights, manifest: manifest, to: path)
    let error = #expect(throws: PackageError.self) { try ModelPackage.load(path) }
    return error.map { "\($0)".replacing(path + "/", with: "") } ?? "loaded"
  }

  private static let fp32 = 11
  private static let one: [UInt8] = [0, 0, 128, 63]

  private func constant(_ type: Wire, _ payload: Wire) -> [UInt8] {
    Wire.model([.const(type: type, payload)]).bytes
  }

  // MARK: The model file

  @Test func lengthsBeyondTheEnd() throws {
    let huge: [UInt8] = [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
    #expect(
      try refusal([0x08, 8] + huge)
        == "Data/com.apple.CoreML/model.mlmodel, byte 12: a field has a length of 9223372036854775807 bytes, but only 0 remain"
    )
    #expect(
      try refusal([0x12, 0x7F]).contains("byte 2: a field has a length of 127 bytes, but only 0 remain"))
    #expect(try refusal([0x08]).contains("the message ends within a number"))
    #expect(
      try refusal([0x08] + [UInt8](repeating: 0xFF, count: 20)).contains("longer than 64 bits"))
    #expect(try refusal([0x0B]).contains("byte 0: wire type 3"))
    #expect(try refusal([0x00, 0x00]).contains("field number 0"))
    #expect(try refusal([]).contains("the file does not contain a model"))
  }

  @Test func depth() throws {
    // Nested types, far deeper than a stack would allow.
    var type = Wire.tensorType(Self.fp32, [])
    for _ in 0..<20_000 {
      type = Wire().message(2, Wire().message(1, type).message(2, Wire().message(2, Wire())))
    }
    #expect(try refusal(constant(type, Wire())).contains("nested deeper than 100"))
    var operation = Wire().string(1, "relu")
    for _ in 0..<200 {
      operation = Wire().string(1, "cond").message(4, Wire().message(3, operation))
    }
    #expect(try refusal(Wire.model([operation]).bytes).contains("nested deeper than 100"))
  }

  @Test func typesThatCannotBe() throws {
    func refused(_ type: Wire) throws -> String {
      try refusal(
        constant(
          type,
          Wire().message(2, type).message(
            3, Wire().message(1, Wire().message(1, Wire().data(1, Self.one))))))
    }
    #expect(try refused(.tensorType(99, [])).contains("99 is not the code of an element type"))
    #expect(try refused(.tensorType(0, [])).contains("0 is not the code of an element type"))
    #expect(
      try refused(.tensorType(Self.fp32, [1 << 40, 1 << 40])).contains(
        "more elements than can be counted"))
    #expect(
      try refused(.tensorType(Self.fp32, [1 << 40, 0, 1 << 40])).contains(
        "more elements than can be counted"))
    #expect(try refused(.tensorType(Self.fp32, [-1])).contains("18446744073709551615 is too large"))
    let rank = Wire().message(1, Wire().int(1, Self.fp32).int(2, 3))
    #expect(try refused(rank).contains("rank 3 has 0 dimensions"))
    #expect(try refused(Wire()).contains("a value type is empty"))
    #expect(try refused(Wire().message(9, Wire())).contains("field 9 of ValueType is unknown"))
    #expect(
      try refused(Wire().message(4, Wire().message(1, .tensorType(Self.fp32, [])))).contains(
        "key type and one value type"))
    #expect(try refused(Wire().message(5, Wire())).contains("wraps one type, not 0"))
  }

  @Test func constantsThatAreNotOfTheirType() throws {
    func refused(_ code: Int, _ shape: [Int], _ field: Int, _ values: Wire) throws -> String {
      let type = Wire.tensorType(code, shape)
      return try refusal(
        constant(
          type, Wire().message(2, type).message(3, Wire().message(1, Wire().message(field, values)))
        ))
    }
    #expect(
      try refused(Self.fp32, [3], 1, Wire().data(1, Self.one)).contains(
        "4 bytes for a constant of type tensor<fp32, [3]>, which takes 12"))
    // A large type with little data must not allocate memory.
    #expect(
      try refused(Self.fp32, [1 << 50], 1, Wire().data(1, Self.one)).contains(
        "4 bytes for a constant"))
    #expect(
      try refused(23, [1 << 50], 2, Wire().data(1, [1])).contains("1 elements in a constant"))
    #expect(
      try refused(2, [1 << 50], 4, Wire().string(1, "a")).contains("a constant has 1 strings, expected"))
    #expect(
      try refused(Self.fp32, [1], 2, Wire().data(1, [1])).contains(
        "written in field 2 of TensorValue"))
    #expect(
      try refused(31, [1], 2, Wire().data(1, [0x80, 2])).contains("256 is not a value of uint8"))
    #expect(try refused(2, [], 4, Wire().data(1, [0xFF])).contains("is not UTF-8"))
    #expect(try refused(35, [3], 7, Wire().data(1, [1, 2, 3])).contains("3 bytes"))
    let type = Wire.tensorType(Self.fp32, [1])
    #expect(
      try refusal(constant(type, Wire().message(2, type).message(3, Wire()))).contains(
        "an immediate value is empty"))
    #expect(
      try refusal(constant(type, Wire().message(2, type))).contains("unknown type of value"))
    #expect(try refusal(constant(type, Wire())).contains("a constant has no type"))
    #expect(
      try refusal(constant(type, Wire().message(2, type).message(3, Wire().message(3, Wire()))))
        .contains("does not have its declared type"))
    let open = Wire().message(
      1, Wire().int(1, Self.fp32).int(2, 1).message(3, Wire().message(2, Wire())))
    #expect(
      try refusal(constant(open, Wire().message(2, open).message(3, Wire().message(1, Wire()))))
        .contains("a constant has type tensor<fp32, [?]>, expected a fixed shape"))
  }

  @Test func structure() throws {
    #expect(
      try refusal(Wire().int(1, 8).message(502, Wire().int(1, 1)).bytes).contains(
        "the program has no functions"))
    let empty = Wire().string(2, "CoreML7")
    #expect(
      try refusal(Wire().message(502, Wire().entry(2, "main", empty)).bytes).contains(
        "no block for that opset"))
    let block = empty.entry(3, "CoreML7", Wire())
    #expect(
      try refusal(Wire().message(502, Wire().entry(2, "f", block).entry(2, "f", block)).bytes)
        .contains("function \"f\" appears twice"))
    #expect(
      try refusal(Wire().message(502, Wire().entry(2, "f", block)).message(502, Wire()).bytes)
        .contains("two programs"))
    #expect(
      try refusal(Wire().message(502, Wire().message(2, Wire().string(1, "f"))).bytes).contains(
        "function \"f\" has no value"))
    let many = (0..<50_000).reduce(into: [UInt8]()) { bytes, _ in
      bytes += Wire().entry(2, "x", Wire()).bytes
    }
    let operation = Wire().string(1, "f").raw(many)
    #expect(try refusal(Wire.model([operation]).bytes).contains("input \"x\" appears twice"))
  }

  @Test func otherKindsOfModels() throws {
    #expect(
      try refusal(Wire().int(1, 4).message(500, Wire()).bytes)
        == "Data/com.apple.CoreML/model.mlmodel holds a model of kind neuralNetwork; Wane reads ML Programs only")
    #expect(try refusal(Wire().int(1, 4).message(202, Wire()).bytes).contains("kind pipeline"))
    #expect(try refusal(Wire().message(777, Wire()).bytes).contains("kind unknown (777)"))
  }

  @Test func thingsThatAreNoPackages() throws {
    func refusal(_ path: String) -> String {
      let error = #expect(throws: PackageError.self) { try ModelPackage.load(path) }
      return error.map { "\($0)".replacing(scratch.path + "/", with: "") } ?? "loaded"
    }
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
      let path = scratch.file(name)
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      return path
    }
    #expect(refusal(scratch.file("none")) == "none: there is no such file or folder")
    #expect(refusal(try write("a.txt", [])).contains("a.txt is a file, not an .mlpackage"))
    #expect(
      refusal(try write("net.onnx", [])).hasSuffix(
        "net.onnx is an ONNX model, not an .mlpackage; wane.convert \"net.onnx\" makes an ML Program of it"))
    #expect(refusal(try write("net.PT2", [])).contains("wane.convert"))
    #expect(
      refusal(try write("nn.mlmodel", Wire().int(1, 4).message(403, Wire()).bytes)).contains(
        "an .mlmodel file of kind neuralNetworkClassifier"))
    #expect(
      refusal(try write("p.mlmodel", Wire().message(502, Wire()).bytes)).contains(
        "name the .mlpackage folder around it"))
    #expect(refusal(try write("x.mlmodel", [0xFF])).contains("an .mlmodel file, not an .mlpackage"))
    _ = try write("c.mlmodelc/model.mil", [])
    #expect(refusal(scratch.file("c.mlmodelc")).contains("a compiled model (.mlmodelc)"))
    _ = try write("empty.mlpackage/x", [])
    #expect(refusal(scratch.file("empty.mlpackage")).contains("a folder without Manifest.json"))
  }

  // MARK: The weight file

  /// A weight file of one blob of ten uint8, and the model that refers to it, with changes.
  private func weightRefusal(
    offset: Int = 64, code: Int = 31, shape: [Int] = [10],
    file: String = "@model_path/weights/weight.bin",
    keep: Int = 138, _ change: (inout [UInt8]) -> Void = { _ in }
  ) throws -> String {
    var weights = [UInt8](repeating: 0, count: 138)
    weights.replaceSubrange(0..<8, with: [1, 0, 0, 0, 2, 0, 0, 0])
    weights.replaceSubrange(64..<76, with: [0xEF, 0xBE, 0xAD, 0xDE, 3, 0, 0, 0, 10, 0, 0, 0])
    weights[80] = 128
    change(&weights)
    let type = Wire.tensorType(code, shape)
    let model = constant(
      type, Wire().message(2, type).message(5, Wire().string(1, file).int(2, offset)))
    return try refusal(model, weights: Array(weights.prefix(keep)))
  }

  @Test func blobs() throws {
    let path = "Data/com.apple.CoreML/weights/weight.bin, byte "
    #expect(
      try weightRefusal(offset: 128).hasPrefix(
        path + "128: expected a blob here, but the file has only 138"))
    #expect(try weightRefusal(offset: 0).hasPrefix(path + "0: no blob can start here"))
    #expect(try weightRefusal(offset: 65).hasPrefix(path + "65: no blob can start here"))
    #expect(
      try weightRefusal(offset: -64).hasPrefix(
        path + "9223372036854775807: expected a blob here"))
    #expect(
      try weightRefusal { $0[64] = 0 } == path + "64: no blob begins here (its sentinel is missing)"
    )
    #expect(try weightRefusal(code: 21).contains("the blob is uint8, but the program declares int8"))
    #expect(try weightRefusal { $0[68] = 200 }.contains("of unknown type 200"))
    #expect(
      try weightRefusal(shape: [11]).contains("the blob has 10 bytes, expected 11 for uint8[11]"))
    #expect(try weightRefusal(keep: 130).contains("declares 10 bytes at offset 128, but the file has only 130 bytes"))
    #expect(try weightRefusal { $0[79] = 0xFF }.contains("but the file has only"))
    #expect(try weightRefusal { $0[87] = 0xFF }.contains("but the file has only"))
    #expect(try weightRefusal { $0[80] = 127 }.contains("127, which is not a multiple of 64"))
    #expect(
      try weightRefusal { $0[4] = 1 } == path + "4: weight file version 1; Wane reads version 2")
    #expect(try weightRefusal(keep: 63).contains("the weight file ends within its header"))
    #expect(try weightRefusal(keep: 0).contains("the weight file ends within its header"))
    #expect(
      try weightRefusal(code: 35, shape: [19]) { $0[68] = 11 }.contains(
        "declares 0 unused bits in its last byte, expected 4"))
    #expect(
      try weightRefusal(file: "@model_path/weights/none.bin").contains(
        "weights/none.bin is missing"))
  }

  @Test(arguments: [
    "../../../../etc/passwd", "@model_path/../../Manifest.json", "/etc/passwd",
    "@model_path//etc/passwd", "",
    "@model_path/weights/./weight.bin", "@model_path/weights/../weights/weight.bin",
    "@model_path/weights/a\0b",
  ])
  func weightPathsThatLeaveThePackage(file: String) throws {
    #expect(try weightRefusal(file: file).contains("stays within the package"))
  }

  @Test func weightFilesThatNoItemHolds() throws {
    #expect(try weightRefusal(file: "@model_path/model.mlmodel").contains("weight file version"))
    #expect(try weightRefusal(file: "@model_path/elsewhere/weight.bin").contains("no item contains"))
  }

  @Test func links() throws {
    let path = scratch.file("p.mlpackage")
    let outside = scratch.file("outside.bin")
    try Data([UInt8](repeating: 0, count: 200)).write(to: URL(fileURLWithPath: outside))
    let type = Wire.tensorType(31, [10])
    let model = constant(
      type,
      Wire().message(2, type).message(
        5, Wire().string(1, "@model_path/weights/weight.bin").int(2, 64)))
    try RawPackage.write(model, to: path)
    try FileManager.default.createSymbolicLink(
      atPath: RawPackage.weightFile(path), withDestinationPath: outside)
    let error = #expect(throws: PackageError.self) { try ModelPackage.load(path) }
    #expect("\(error as Any)".contains("stays within the package"))
    // A folder where a file should be, and a file that can be opened but never ends.
    try FileManager.default.removeItem(atPath: RawPackage.weightFile(path))
    try FileManager.default.createDirectory(
      atPath: RawPackage.weightFile(path), withIntermediateDirectories: true)
    #expect(throws: PackageError.notARegularFile(RawPackage.weightFile(path))) {
      try ModelPackage.load(path)
    }
  }

  // MARK: The manifest

  @Test func manifests() throws {
    let model = constant(.tensorType(Self.fp32, []), Wire())
    func refused(_ old: String, _ new: String) throws -> String {
      #expect(RawPackage.manifest.contains(old))
      return try refusal(model, manifest: RawPackage.manifest.replacing(old, with: new))
    }
    #expect(try refusal(model, manifest: "").hasPrefix("Manifest.json: JSON, line 1, column 1: expected a value, found the end"))
    #expect(
      try refusal(model, manifest: "{\"a\": 1, \"a\": 2}").contains(
        "line 1, column 10: the name \"a\" occurs twice"))
    #expect(
      try refusal(model, manifest: String(repeating: "[", count: 100_000)).contains(
        "more than 512 arrays and objects within each other"))
    #expect(try refusal(model, manifest: "{} x").contains("line 1, column 4: expected the end of the text, found 'x'"))
    #expect(try refusal(model, manifest: "{\"a\": \"\\ud800\"}").contains("surrogate"))
    #expect(
      try refusal(model, manifest: "{\"a\": tru}").contains("line 1, column 7: expected a value, found 't'"))
    #expect(try refusal(model, manifest: "[]").contains("no fileFormatVersion"))
    #expect(try refused("1.0.0", "2.0.0").contains("version 2.0.0"))
    #expect(
      try refused("\"rootModelIdentifier\": \"m\"", "\"rootModelIdentifier\": \"x\"").contains(
        "\"x\" names none"))
    #expect(try refused("\"w\":", "\"m\":").contains("the name \"m\" occurs twice"))
    #expect(
      try refused("com.apple.CoreML/weights", "com.apple.CoreML/model.mlmodel").contains(
        "two items have the path"))
    #expect(
      try refused("com.apple.CoreML/weights", "com.apple.CoreML").contains(
        "lies inside the item \"com.apple.CoreML\""))
    for path in ["../x", "/etc/passwd", "a/../../b", "", "a//b", "./a", "a/."] {
      #expect(
        try refused("\"com.apple.CoreML/model.mlmodel\"", "\"\(path)\"").contains(
          "stays within the package"))
    }
    #expect(
      try refused("\"path\": \"com.apple.CoreML/weights\"", "\"p\": 1").contains(
        "item w has no path"))
    #expect(
      try refused("model.mlmodel\"},", "gone\"},").contains(
        "Data/com.apple.CoreML/gone is missing; Manifest.json refers to it"))
  }
}
