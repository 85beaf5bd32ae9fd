// SPDX-License-Identifier: Apache-2.0
// Compares arithmetic operators with coremltools, NumPy and PyTorch (Tests/Fixtures/pointwise/make.py), for every
// order of axes.

import Foundation
import Kernels
import MIL
import Operators
import Tensors
import TestSupport
import Testing

/// An operation with its inputs, expected outputs and tolerance.
struct PointwiseCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Value: Decodable, Sendable {
    var dtype: String?
    var shape: [Int]?
    var values: [Number]?
    var string: String?

    func tensor() throws -> Tensor {
      let name = try #require(dtype)
      let dtype = try #require(DType(name: name))
      let (numbers, shape) = (try #require(values).map(\.value), try #require(shape))
      if dtype.isFloat { return Tensor(numbers.map { Float($0) }, shape: shape).cast(to: dtype) }
      return Tensor(integers: numbers.map { Int($0) }, dtype: dtype, shape: shape)
    }

    func operands() throws -> [Operand] { try string?.operands ?? [Operand(try tensor())] }
  }

  /// A number, a boolean, or the name of a number that JSON does not support.
  struct Number: Decodable, Sendable {
    let value: Double
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        value = flag ? 1 : 0
      } else if let number = try? container.decode(Double.self) {
        value = number
      } else {
        value = try #require(Double(try container.decode(String.self)))
      }
    }
  }

  let op: String
  let opset: Int
  let tolerance: Float
  let inputs: [String: Value]
  let outputs: [Value]

  var testDescription: String { op + inputs.map { " \($0.key)\($0.value.shape ?? [])" }.sorted().joined() }

  func call() throws -> Call {
    let operation = Operation(type: op, outputs: outputs.indices.map { NamedType("y\($0)", .scalar(.float32)) })
    let call = Call(
      operation: operation, opset: try #require(Opset(rawValue: opset)),
      signature: try Catalog.find(operation).signature, operands: try inputs.mapValues { try $0.operands() })
    try call.check()
    return call
  }

  /// A description of the errors in `results`, if any.
  func faults(of results: [Tensor]) throws -> String? {
    for (result, value) in zip(results, outputs) {
      let expected = try value.tensor()
      guard result.dtype == expected.dtype, result.shape == expected.shape else {
        return "\(result.dtype)\(result.shape) instead of \(expected.dtype)\(expected.shape)"
      }
      // Differences are relative to the largest element of the result, or to elements near 1 if that is smaller.
      for (i, (a, b)) in zip(result.floats(), expected.floats()).enumerated() {
        let close = a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance * max(1, abs(b))
        if !close { return "element \(i) is \(a) instead of \(b)" }
      }
    }
    return results.count == outputs.count ? nil : "\(results.count) results instead of \(outputs.count)"
  }

  static let all: [PointwiseCase] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/pointwise/pointwise.json")
    return (try? JSONDecoder().decode([PointwiseCase].self, from: Data(contentsOf: file))) ?? []
  }()

  /// The orders of axes to try for a rank.
  static func orders(_ rank: Int) -> [[Int]] {
    switch rank {
    case 2: [[1, 0]]
    case 3: [[0, 2, 1], [2, 0, 1]]
    case 4: [[0, 2, 3, 1], [1, 0, 2, 3], [3, 1, 0, 2]]
    case 5: [[0, 2, 3, 4, 1], [4, 2, 0, 3, 1]]
    default: []
    }
  }
}

@Suite("Arithmetic against coremltools, NumPy and PyTorch") struct PointwiseReferenceTests {
  @Test func casesAreThere() {
    #expect(PointwiseCase.all.count > 800)
    #expect(Self.overwriting.count > 100)
    #expect(Self.several.count > 400)
  }

  /// The cases with two or more axes, which may be stored in a different order.
  static let several: [PointwiseCase] = PointwiseCase.all.filter { !PointwiseCase.orders(rank(of: $0)).isEmpty }
  /// The cases whose operators may overwrite an input.
  static let overwriting: [PointwiseCase] = PointwiseCase.all.filter { Catalog.find(named: $0.op)?.inPlace == true }

  private static func rank(of reference: PointwiseCase) -> Int {
    [reference.outputs[0], reference.inputs["x"] ?? reference.outputs[0]].compactMap(\.shape?.count).max() ?? 0
  }

  @Test(arguments: PointwiseCase.all)
  func givesTheReference(_ reference: PointwiseCase) throws {
    #expect(try reference.faults(of: reference.call().evaluate()) == nil)
  }

  /// The results do not depend on the order of axes in memory.
  @Test(arguments: several)
  func givesTheReferenceInAnyOrder(_ reference: PointwiseCase) throws {
    let call = try reference.call()
    for order in PointwiseCase.orders(Self.rank(of: reference)) {
      #expect(try reference.faults(of: call.evaluate(order: order)) == nil, "\(order)")
    }
  }

  /// Operators with this trait may overwrite an input.
  @Test(arguments: overwriting)
  func givesTheReferenceInPlace(_ reference: PointwiseCase) throws {
    let call = try reference.call()
    let rank = reference.outputs[0].shape?.count ?? 0
    for order in [Layout.plain(rank), Layout.channelsLast(rank)] {
      #expect(try reference.faults(of: call.evaluate(order: order, inPlace: true)) == nil, "\(order)")
    }
  }

  /// For inputs with unknown extents and values, inferred types only have unknown extents where they depend on them.
  @Test(arguments: PointwiseCase.all)
  func inferenceAllowsUnknownExtents(_ reference: PointwiseCase) throws {
    let known = try reference.call()
    let op = try Catalog.find(known.operation)
    let blurred = known.operands.mapValues { operands in
      operands.map { operand -> Operand in
        guard let type = operand.type.tensorType, type.dtype.isFloat, type.rank > 1 else { return operand }
        return Operand(name: "unknown", type: .tensor(TensorType(type.dtype, Array(repeating: .any, count: type.rank))))
      }
    }
    let unknown = Call(operation: known.operation, opset: known.opset, signature: known.signature, operands: blurred)
    for (open, exact) in try pairs(try op.infer(unknown), try op.infer(known)) { #expect(open.accepts(exact)) }
  }
}
