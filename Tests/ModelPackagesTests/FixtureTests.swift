// SPDX-License-Identifier: Apache-2.0
// Compares packages written by coremltools, as read by Wane, with what coremltools reads (Fixtures/make.py,
// expected.json).

import Foundation
import MIL
import ModelPackages
import Tensors
import Testing
import TestSupport

enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

  static func path(_ name: String) -> String { folder + "/\(name).mlpackage" }

  static let packages: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".mlpackage") }.sorted().map { folder + "/" + $0 }

  struct Expectation: Decodable {
    struct Function: Decodable {
      var opset: String
      var inputs: [String]
      var outputs: [String]
      var operations: [String]
    }
    var version: Int
    var functions: [String: Function]
    /// Sums of constants, by function and name.
    var sums: [String: Double]
  }

  static func expectations() throws -> [String: Expectation] {
    try JSONDecoder().decode(
      [String: Expectation].self,
      from: Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json")))
  }
}

struct FixtureTests {
  @Test func thereAreFixtures() { #expect(Fixtures.packages.count == 11) }

  @Test(arguments: Fixtures.packages)
  func coremltoolsReadsTheSame(path: String) throws {
    let expected = try #require(try Fixtures.expectations()[(path as NSString).lastPathComponent])
    let package = try ModelPackage.load(path)
    #expect(package.specificationVersion == expected.version)
    #expect(Set(package.program.functions.map(\.name)) == Set(expected.functions.keys))
    var compared = 0
    for function in package.program.functions {
      let wanted = try #require(expected.functions[function.name])
      #expect(function.opset == wanted.opset)
      #expect(function.inputs.map(\.name).sorted() == wanted.inputs)
      #expect(function.block.outputs == wanted.outputs)
      #expect(function.block.operations.map(\.type) == wanted.operations)
      for operation in function.block.operations {
        for (name, tensor) in constants(operation) {
          guard let sum = expected.sums["\(function.name)/\(name)"] else { continue }
          compared += 1
          let found = tensor.doubles().reduce(0, +)
          #expect(abs(found - sum) <= 1e-9 * max(1, abs(sum)), "\(name)")
        }
      }
    }
    #expect(compared == expected.sums.count)
    try package.program.verify()
  }

  /// The constants of an operation, including inline ones, with coremltools' names.
  private func constants(_ operation: MIL.Operation) -> [(name: String, tensor: Tensor)] {
    guard let output = operation.outputs.first?.name else { return [] }
    if let tensor = operation.constantValue?.tensor { return [(output, tensor)] }
    return operation.inputs.flatMap { input in
      input.bindings.enumerated().compactMap { index, binding in
        guard case .constant(let constant) = binding, let tensor = constant.tensor else { return nil }
        return ("\(output)_\(input.parameter)_\(index)", tensor)
      }
    }
  }

  @Test(arguments: Fixtures.packages)
  func saveIsFaithful(path: String) throws {
    let scratch = try Scratch()
    let package = try ModelPackage.load(path)
    let copy = scratch.file("a.mlpackage")
    try package.save(to: copy)
    let again = try ModelPackage.load(copy)
    #expect(again.program == package.program)
    #expect(again.interface == package.interface)
    #expect(try package.interface.adapted(to: package.program) == package.interface)
    #expect(
      try RawPackage.read(RawPackage.modelFile(copy)).count
        == RawPackage.read(RawPackage.modelFile(path)).count)
  }

  @Test(arguments: Fixtures.packages)
  func constantsLieWhereTheRulePutsThem(path: String) throws {
    var checked = 0
    for function in try ModelPackage.load(path).program.functions {
      let opset = try #require(Opset(name: function.opset))
      func check(_ constant: Constant, _ name: String) {
        guard let tensor = constant.tensor else { return }
        checked += 1
        #expect(Constant(tensor, opset: opset).placement == constant.placement, "\(name)")
      }
      function.block.forEachOperation { _, operation in
        for attribute in operation.attributes { check(attribute.value, operation.name) }
        for argument in operation.inputs {
          for case .constant(let constant) in argument.bindings { check(constant, operation.name) }
        }
      }
    }
    #expect(checked > 0)
  }

  @Test func metadata() throws {
    var package = try ModelPackage.load(Fixtures.path("plain"))
    let metadata = try #require(package.interface.metadata)
    #expect(metadata.author == "An author")
    #expect(metadata.license == "A licence")
    #expect(metadata.version == "1.2")
    #expect(metadata.shortDescription == "A linear layer")
    #expect(package.userMetadata["note"] == "größer")
    #expect(package.userMetadata["com.github.apple.coremltools.version"] == "9.0")
    package.userMetadata["wane"] = "history"
    let scratch = try Scratch()
    try package.save(to: scratch.file("a.mlpackage"))
    #expect(try ModelPackage.load(scratch.file("a.mlpackage")).userMetadata == package.userMetadata)
  }

  private func main(_ name: String) throws -> FunctionInterface {
    try #require(try ModelPackage.load(Fixtures.path(name)).interface.function())
  }

  @Test func shapes() throws {
    #expect(try main("plain").inputs == [Feature("x", .array(ArrayFeature(.float32, [1, 6])))])
    #expect(
      try main("flexible").inputs == [
        Feature(
          "x",
          .array(
            ArrayFeature(
              .float32, [2, 6], flexibility: .ranges([SizeRange(1, 9), SizeRange(6, 6)]))))
      ])
    let enumerated = try #require(try main("enumerated").inputs[0].array)
    #expect(enumerated.flexibility == .enumerated([[1, 6], [4, 6]]))
    #expect(enumerated.accepts([4, 6]))
    #expect(!enumerated.accepts([2, 6]))
  }

  @Test func imagesAndClasses() throws {
    let classifier = try main("classifier")
    #expect(
      classifier.inputs == [
        Feature("image", .image(ImageFeature(.init(width: 5, height: 4), .bgr)))
      ])
    #expect(!classifier.predictedFeatureName.isEmpty)
    #expect(classifier.predictedFeatureName == "classLabel")
    #expect(classifier.output(named: "classLabel")?.kind == .string)
    #expect(
      classifier.output(named: classifier.predictedProbabilitiesName)?.kind
        == .dictionary(key: .string))
    #expect(try main("int_classifier").output(named: "classLabel")?.kind == .int64)
    let classify = try #require(
      try ModelPackage.load(Fixtures.path("int_classifier")).program.functions[0].block.operations
        .last)
    guard case .constant(let classes)? = classify.bindings("classes")?.first,
      case .list(let labels) = classes.payload
    else {
      Issue.record("the classes are no list")
      return
    }
    #expect(labels.map { $0.tensor?.integers() } == [[5], [-1], [1 << 40]])
  }

  @Test func statesAndFunctions() throws {
    let package = try ModelPackage.load(Fixtures.path("state"))
    #expect(
      package.interface.function()?.states == [Feature("acc", .state(ArrayFeature(.float16, [4])))])
    #expect(
      package.program.functions[0].inputs.first { $0.name == "acc" }?.type
        == .state(.tensor(.float16, [4])))
    let several = try ModelPackage.load(Fixtures.path("multifunction"))
    #expect(several.interface.listsFunctions)
    #expect(several.interface.defaultFunctionName == "second")
    #expect(several.interface.function(named: "first")?.inputs.map(\.name) == ["x"])
    // The weight that both functions use is stored once.
    let weights = try RawPackage.read(RawPackage.weightFile(Fixtures.path("multifunction")))
    #expect(weights[0] == 3)
    let scratch = try Scratch()
    try several.save(to: scratch.file("a.mlpackage"))
    #expect(
      try RawPackage.read(RawPackage.weightFile(scratch.file("a.mlpackage"))).count == weights.count
    )
  }

  @Test func fourBitPalettes() throws {
    let operations = try ModelPackage.load(Fixtures.path("palette")).program.functions[0].block
      .operations
    let lut = try #require(operations.first { $0.type == "constexpr_lut_to_dense" })
    guard case .constant(let indices)? = lut.bindings("indices")?.first,
      case .constant(let table)? = lut.bindings("lut")?.first
    else {
      Issue.record("indices and table are no constants")
      return
    }
    #expect(indices.type == .tensor(.uint4, [32, 32]))
    #expect(table.tensor?.shape == [1, 1, 16, 1])
    #expect(Set(indices.tensor?.codes() ?? []) == Set(0..<16))
  }
}
