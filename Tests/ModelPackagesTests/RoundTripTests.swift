// SPDX-License-Identifier: Apache-2.0
// Reading what was written: programs, interfaces, unknown fields, weight files.

import Foundation
import MIL
import ModelPackages
import Tensors
import Testing
import TestSupport

struct RoundTripTests {
  /// An interface that does not match a particular program.
  static let anyInterface = Interface(
    functions: [FunctionInterface(inputs: [Feature("x", .array(ArrayFeature(.float32, [1])))])])

  @Test(arguments: UInt64(0)..<60)
  func generatedProgramsReadBack(seed: UInt64) throws {
    let scratch = try Scratch()
    var generator = ProgramGenerator(seed: seed)
    let program = generator.program()
    let package = try ModelPackage(program: program, interface: Self.anyInterface)
    let path = scratch.file("a.mlpackage")
    try package.save(to: path)
    let again = try ModelPackage.load(path)
    #expect(again.program.differences(from: program) == [])
    #expect(again.program == program)
    #expect(again.interface == package.interface)
    // Writing what was read yields the same bytes.
    let second = scratch.file("b.mlpackage")
    try again.save(to: second)
    #expect(
      try RawPackage.read(RawPackage.modelFile(path))
        == RawPackage.read(RawPackage.modelFile(second)))
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: path + "/Manifest.json"))
        == Data(contentsOf: URL(fileURLWithPath: second + "/Manifest.json")))
    let weights = RawPackage.weightFile(path)
    if FileManager.default.fileExists(atPath: weights) {
      #expect(try RawPackage.read(weights) == RawPackage.read(RawPackage.weightFile(second)))
    }
  }

  @Test func everyKindOfFeatureReadsBack() throws {
    var enumerated = Feature(
      "e",
      .array(
        ArrayFeature(
          .float16, [1, 2], flexibility: .enumerated([[1, 2], [3, 4]]), defaultValue: .float(-0.5))),
      shortDescription: "words", isOptional: true)
    enumerated.shortDescription += " and more"
    let size = ImageFeature.Size(width: 8, height: 6)
    let features = [
      enumerated,
      Feature(
        "r",
        .array(
          ArrayFeature(
            .int32, [1], flexibility: .ranges([SizeRange(1, nil), SizeRange(0, 5)]),
            defaultValue: .int(-3)))),
      Feature("d", .array(ArrayFeature(.float64, [], defaultValue: .double(2.5)))),
      Feature("n", .array(ArrayFeature(nil, []))),
      Feature("i8", .array(ArrayFeature(.int8, [2]))),
      Feature("g", .image(ImageFeature(size, .grayscale))),
      Feature("h", .image(ImageFeature(size, .grayscaleFloat16, flexibility: .enumerated([size])))),
      Feature(
        "b",
        .image(
          ImageFeature(
            size, .bgr, flexibility: .ranges(width: SizeRange(1, nil), height: SizeRange(2, 9))))),
      Feature("i", .int64), Feature("f", .double), Feature("s", .string),
      Feature("k", .dictionary(key: .int64)), Feature("l", .dictionary(key: .string)),
      Feature("o", .dictionary(key: nil)),
      Feature("q", .sequence(.string, SizeRange(1, nil))), Feature("p", .sequence(.int64, nil)),
    ]
    var metadata = Metadata()
    metadata.author = "a"
    metadata.license = "l"
    metadata.version = "1"
    metadata.shortDescription = "d"
    metadata.userDefined = ["k": "v", "": "", "é": "\u{0}"]
    let functions = [
      FunctionInterface(
        name: "main", inputs: features, outputs: [Feature("y", .string)],
        states: [Feature("st", .state(ArrayFeature(.float16, [1, 2])))],
        predictedFeatureName: "label",
        predictedProbabilitiesName: "probs"),
      FunctionInterface(name: "other"),
    ]
    let scratch = try Scratch()
    let program = try Program(text: "func main() { c = 1 } -> (c)")
    for interface in [
      Interface(functions: [functions[0]], metadata: metadata),
      Interface(
        functions: functions, defaultFunctionName: "other", listsFunctions: true,
        metadata: Metadata()),
    ] {
      let path = scratch.file("a.mlpackage")
      try ModelPackage(program: program, interface: interface).save(to: path, overwrite: true)
      #expect(try ModelPackage.load(path).interface == interface)
    }
  }

  @Test func unknownFieldsSurvive() throws {
    let scratch = try Scratch()
    let path = scratch.file("a.mlpackage")
    let unknown = Wire().int(77, 5).string(90, "kept").raw([0x9D, 0x06, 1, 2, 3, 4]).bytes
    // Attributes of a tensor type, field 4, are preserved like unknown fields.
    let type = Wire().message(
      1, Wire().int(1, 11).entry(4, "layout", Wire().string(1, "?")).raw(unknown))
    let value = Wire().string(1, "doc").message(2, type)
      .message(3, Wire().message(1, Wire().message(1, Wire().data(1, [0, 0, 128, 63])))).raw(
        unknown)
    let operation = Wire.const(type: type, value).raw(unknown)
    let argument = Wire().message(1, Wire().string(1, "c")).raw(unknown)
    let relu = Wire().string(1, "relu").entry(2, "x", argument)
      .message(3, Wire().string(1, "y").message(2, type).raw(unknown))
    let block = Wire().string(2, "y").message(3, operation).message(3, relu).raw(unknown)
    let function = Wire().string(2, "CoreML7").entry(3, "CoreML7", block).raw(unknown)
    let feature = Wire().string(1, "y").message(
      3, Wire().message(5, Wire().int(2, 65568).raw(unknown)).raw(unknown)
    ).raw(unknown)
    let description = Wire().message(10, feature).message(100, Wire().string(1, "d").raw(unknown))
      .raw(unknown)
    let model = Wire().int(1, 8).message(2, description).raw(unknown).int(10, 1)
      .message(502, Wire().int(1, 1).entry(2, "main", function).raw(unknown)).raw(unknown)
    try RawPackage.write(model.bytes, to: path)
    let package = try ModelPackage.load(path)
    let copy = scratch.file("b.mlpackage")
    try package.save(to: copy)
    let saved = try RawPackage.read(RawPackage.modelFile(copy))
    func occurrences(_ bytes: [UInt8]) -> Int {
      (0...(bytes.count - unknown.count)).filter {
        bytes[$0..<$0 + unknown.count].elementsEqual(unknown)
      }.count
    }
    #expect(occurrences(model.bytes) == 17)
    #expect(occurrences(saved) == occurrences(model.bytes))
    // Nothing was added or lost, apart from the order of fields.
    #expect(saved.sorted() == model.bytes.sorted())
    #expect(try ModelPackage.load(copy).program == package.program)
    // The fields are preserved when other parts change.
    var changed = package
    changed.userMetadata["a"] = "b"
    try changed.save(to: copy, overwrite: true)
    #expect(occurrences(try RawPackage.read(RawPackage.modelFile(copy))) == 17)
    #expect(try ModelPackage.load(copy).userMetadata == ["a": "b"])
  }

  @Test func equalStorageSharesABlobAndEqualBytesDoNot() throws {
    let scratch = try Scratch()
    let shared = Constant(Tensor([Float](repeating: 1, count: 100)))
    let alike = Constant(Tensor([Float](repeating: 1, count: 100)))
    let block = Block(
      operations: [.const("a", shared), .const("b", shared), .const("c", alike)],
      outputs: ["a", "b", "c"])
    let program = Program(functions: [Function(inputs: [], opset: .iOS16, block: block)])
    let path = scratch.file("a.mlpackage")
    try ModelPackage(program: program).save(to: path)
    let weights = try RawPackage.read(RawPackage.weightFile(path))
    // Header; then header and 400 bytes, padded to 448; then header and 400 bytes.
    #expect(weights.count == 64 + (64 + 448) + (64 + 400))
    #expect(weights[0] == 2)
    let again = try ModelPackage.load(path)
    #expect(again.program == program)
    try again.save(to: path, overwrite: true)
    #expect(try RawPackage.read(RawPackage.weightFile(path)) == weights)
  }

  @Test func weightsMayLieInSeveralFiles() throws {
    let scratch = try Scratch()
    var a = Constant(Tensor([Float](repeating: 1, count: 20)))
    a.placement = .file("@model_path/weights/0-weight.bin")
    var b = Constant(Tensor(integers: [1, 2, 3], dtype: .uint3, shape: [3]))
    b.placement = .file("@model_path/more/deep/w.bin")
    let block = Block(operations: [.const("a", a), .const("b", b)], outputs: ["a"])
    var c = a
    c.placement = .file("@model_path/beside.bin")
    var program = Program(functions: [Function(inputs: [], opset: .iOS16, block: block)])
    program.functions[0].block.operations.append(.const("c", c))
    let path = scratch.file("a.mlpackage")
    try ModelPackage(program: program).save(to: path)
    let loaded = try ModelPackage.load(path)
    #expect(loaded.program == program)
    let copy = scratch.file("b.mlpackage")
    try loaded.save(to: copy)
    #expect(try ModelPackage.load(copy).program == program)
    let more = try RawPackage.read(path + "/Data/com.apple.CoreML/more/deep/w.bin")
    // uint3 is type 12; nine bits take two bytes, of which seven bits are unused.
    #expect(
      Array(more[64..<96]) == [
        0xEF, 0xBE, 0xAD, 0xDE, 12, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 7, 0,
        0, 0, 0, 0, 0, 0,
      ])
    #expect(Array(more[128...]) == [0xD1, 0])
  }

  @Test func constantsThatHaveNoPlaceAreRefused() throws {
    let scratch = try Scratch()
    for file in [
      "@model_path/../w.bin", "/w.bin", "weights/weight.bin", "@model_path//w.bin", "@model_path/",
    ] {
      var constant = Constant(Tensor([Float](repeating: 1, count: 20)))
      constant.placement = .file(file)
      let program = Program(functions: [
        Function(
          inputs: [], opset: .iOS16,
          block: Block(operations: [.const("a", constant)], outputs: ["a"]))
      ])
      #expect(throws: PackageError.self) {
        try ModelPackage(program: program).save(to: scratch.file("a.mlpackage"))
      }
    }
    var bool = Constant(Tensor([Bool](repeating: true, count: 20)))
    bool.placement = .file(Constant.weightFile)
    let program = Program(functions: [
      Function(
        inputs: [], opset: .iOS16, block: Block(operations: [.const("a", bool)], outputs: []))
    ])
    let error = #expect(throws: PackageError.self) {
      try ModelPackage(program: program).save(to: scratch.file("a.mlpackage"))
    }
    #expect("\(error as Any)".contains("bool"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
  }
}
