// SPDX-License-Identifier: Apache-2.0
// Programs and operators read what was written, using the same codec.

import Encodings
import MIL
import Operators
import Tensors
import TestSupport
import Testing
import WeightStorage

@Suite("The codec of stored weights") struct CodecTests {
  /// A weight in every form, for every opset that supports it.
  static let weights: [(name: String, weight: EncodedWeight, opset: Opset)] = {
    let codes = Tensor(integers: (0..<32).map { $0 - 16 }, dtype: .int8, shape: [4, 8])
    let scale = Tensor((1...4).map { Float($0) / 8 }, shape: [4, 1])
    let offset = Tensor(integers: [1, -2, 3, 0], dtype: .int8, shape: [4, 1])
    let indices = Tensor(codes: (0..<32).map { UInt8($0 % 4) }, dtype: .uint2, shape: [4, 8])
    let table = Tensor([-1, 0, 0.5, 3] as [Float], shape: [1, 1, 4, 1])
    let vectors = Tensor((0..<8).map { Float($0) }, shape: [1, 1, 4, 2])
    let tableCodes = EncodedWeight.blockwise(
      data: .dense(Tensor(integers: [1, -2, 3, 4], dtype: .int8, shape: [1, 1, 4, 1])),
      scale: Tensor([0.25] as [Float], shape: [1, 1, 1, 1]),
      offset: nil)
    let mask = Tensor(codes: (0..<32).map { UInt8($0 % 3 == 0 ? 1 : 0) }, dtype: .uint1, shape: [4, 8])
    let values = EncodedValues.plain(mask: mask, nonzero: Tensor((0..<11).map { Float($0) + 1 }))
    let kept = EncodedValues.plain(mask: mask, nonzero: Tensor(integers: Array(0..<11), dtype: .int8, shape: [11]))
    let keptIndices = EncodedValues.plain(mask: mask, nonzero: Tensor(codes: (0..<11).map { UInt8($0 % 4) }, dtype: .uint2, shape: [11]))
    return [
      ("dense", .dense(Tensor((0..<32).map { Float($0) }, shape: [4, 8])), .iOS15),
      ("blockwise", .blockwise(data: .dense(codes), scale: scale, offset: offset), .iOS18),
      ("channels of iOS16", .blockwise(data: .dense(codes), scale: scale, offset: offset), .iOS16),
      ("palette", .palette(indices: indices, lut: .dense(table), vectorAxis: nil), .iOS18),
      ("palette of iOS16", .palette(indices: indices, lut: .dense(table), vectorAxis: nil), .iOS16),
      ("vectors", .palette(indices: indices, lut: .dense(vectors), vectorAxis: 1), .iOS18),
      ("table of codes", .palette(indices: indices, lut: tableCodes, vectorAxis: nil), .iOS18),
      ("sparse", .sparse(values), .iOS18), ("sparse of iOS16", .sparse(values), .iOS16),
      ("sparse codes", .sparse(.blockwise(kept, scale: scale, offset: nil)), .iOS18),
      ("sparse indices", .sparse(.palette(keptIndices, lut: .dense(table), vectorAxis: nil)), .iOS18),
      ("sparse table of codes", .sparse(.palette(keptIndices, lut: tableCodes, vectorAxis: nil)), .iOS18),
      ("halves", .cast(Tensor((0..<32).map { Float($0) }, shape: [4, 8]).cast(to: .float16)), .iOS18),
      ("halves of iOS16", .cast(Tensor((0..<32).map { Float($0) }, shape: [4, 8]).cast(to: .float16)), .iOS16),
    ]
  }()

  /// `y = linear(x, weight = w)`, with the weight stored in this form.
  private static func program(_ weight: EncodedWeight, _ opset: Opset) throws -> Program {
    let plain = Program(functions: [
      Function(
        inputs: [NamedType("x", .tensor(.float32, [1, 8]))], opset: opset,
        block: Block(
          operations: [
            .const("w", Constant(Tensor(zeros: .float32, weight.shape))),
            Operation(
              type: "linear", inputs: [Argument("x", [.name("x")]), Argument("weight", [.name("w")])],
              outputs: [NamedType("y", .tensor(.float32, [1, 4]))], attributes: [Attribute("name", Constant("y"))]),
          ], outputs: ["y"]))
    ])
    let site = try #require(try plain.weightSites(Catalog.weightTable).first)
    return try WeightRewrite.apply([WeightReplacement(site: site, parts: [.init(weight: weight, name: "w")])], to: plain, opset: opset)
  }

  @Test(arguments: weights.indices) func readsBack(_ number: Int) throws {
    let (name, weight, opset) = Self.weights[number]
    let program = try Self.program(weight, opset)
    let site = try #require(try program.weightSites(Catalog.weightTable).first)
    #expect(try site.weight.current() == weight.current(), "\(name)")
    #expect(try site.weight.decoded() == weight.decoded(), "\(name)")
    #expect(site.name == "w" && site.consumers.map(\.operatorName) == ["y"])
  }

  /// Operators fold the operations to the same elements, and identify the same weight.
  @Test(arguments: weights.indices) func operatorsReadTheSame(_ number: Int) throws {
    let (name, weight, opset) = Self.weights[number]
    let operations = try Self.program(weight, opset).functions[0].block.operations.filter { $0.type != "linear" }
    var values: [String: Tensor] = [:]
    for operation in operations {
      if let tensor = operation.constantValue?.tensor {
        values[operation.outputs[0].name] = tensor
        continue
      }
      let call = try Self.call(operation, opset, values)
      let folded = try #require(try Catalog.find(operation).fold(call))
      for (output, tensor) in try pairs(operation.outputs, folded) { values[output.name] = tensor }
      if operation.outputs[0].name == "w", operation.type != "constexpr_cast" {
        #expect(try #require(try call.encodedWeight()).decoded() == weight.decoded(), "\(name)")
      } else {
        #expect(try call.encodedWeight()?.decoded() == (folded.count == 1 && operation.type != "constexpr_cast" ? folded[0] : nil))
      }
    }
    #expect(values["w"] == (try weight.decoded()), "\(name)")
  }

  private static func call(_ operation: Operation, _ opset: Opset, _ values: [String: Tensor]) throws -> Call {
    let signature = try Catalog.find(operation).signature
    var operands: [String: [Operand]] = [:]
    for parameter in signature.parameters {
      guard let bindings = operation.bindings(parameter.name) else { continue }
      operands[parameter.name] = try bindings.map { binding in
        switch binding {
        case .name(let name): Operand(try #require(values[name]), name: name)
        case .constant(let constant): Operand(name: nil, type: constant.type, constant: constant)
        }
      }
    }
    return Call(operation: operation, opset: opset, signature: signature, operands: operands)
  }

  /// Missing parts are detected by both.
  @Test(arguments: ["axis", "scale", "quantized_data", "zero_point"]) func aMissingPart(_ part: String) throws {
    let weight = EncodedWeight.affine(
      try AffineEncoding(
        data: Tensor(integers: Array(0..<32), dtype: .int8, shape: [4, 8]), zeroPoint: Tensor(integers: [1], dtype: .int8, shape: []),
        scale: Tensor(scalar: Float(0.5)), axis: 0))
    var program = try Self.program(weight, .iOS16)
    let at = try #require(program.functions[0].block.operations.firstIndex { $0.type == "constexpr_affine_dequantize" })
    program.functions[0].block.operations[at].attributes.removeAll { $0.name == part }
    #expect(throws: WeightStorageError.encoding(weight: "w", .missing(part: part))) { try program.weightSites(Catalog.weightTable) }
    let call = try Self.call(program.functions[0].block.operations[at], .iOS16, [:])
    let error = #expect(throws: OperatorError.self) { _ = try call.encodedWeight() }
    #expect("\(try #require(error))".contains("\(part) is missing"))
  }

  @Test func anAxisThatIsNone() throws {
    let weight = EncodedWeight.palette(
      indices: Tensor(zeros: .uint1, [4, 4]), lut: .dense(Tensor(zeros: .float32, [1, 1, 2, 2])), vectorAxis: 1)
    var program = try Self.program(weight, .iOS18)
    let at = try #require(program.functions[0].block.operations.firstIndex { $0.type == "constexpr_lut_to_dense" })
    let input = try #require(program.functions[0].block.operations[at].inputs.firstIndex { $0.parameter == "vector_axis" })
    for (axis, counted) in [(-1, 1), (0, 0), (2, nil), (-3, nil)] {
      program.functions[0].block.operations[at].inputs[input].bindings = [.constant(.int32(axis))]
      let call = try Self.call(program.functions[0].block.operations[at], .iOS18, [:])
      guard let counted else {
        #expect(throws: WeightStorageError.encoding(weight: "w", .axis(part: "vector_axis", found: axis, rank: 2))) {
          try program.weightSites(Catalog.weightTable)
        }
        #expect(throws: OperatorError.self) { try call.encodedWeight() }
        continue
      }
      guard case .palette(_, _, counted)? = try program.weightSites(Catalog.weightTable).first?.weight,
        case .palette(_, _, counted)? = try call.encodedWeight()
      else {
        Issue.record("axis \(axis) is not \(counted)")
        continue
      }
    }
  }
}
