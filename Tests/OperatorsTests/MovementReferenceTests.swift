// SPDX-License-Identifier: Apache-2.0
// Compares operators that move data with NumPy and PyTorch (Tests/Fixtures/movement/make.py), for every order of
// axes.

import Foundation
import Kernels
import MIL
import Operators
import Tensors
import Testing

/// An operation with its inputs and expected outputs.
struct ReferenceCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Value: Decodable, Sendable {
    var dtype: String?
    var shape: [Int]?
    var values: [Double]?
    var string: String?
    var list: [Value]?

    func tensor() throws -> Tensor {
      let name = try #require(dtype)
      let dtype = try #require(DType(name: name))
      let (values, shape) = (try #require(values), try #require(shape))
      if dtype.isFloat { return Tensor(values.map { Float($0) }, shape: shape).cast(to: dtype) }
      return Tensor(integers: values.map { Int($0) }, dtype: dtype, shape: shape)
    }

    func operands() throws -> [Operand] {
      if let string { return string.operands }
      return try (list ?? [self]).map { Operand(try $0.tensor()) }
    }
  }

  let op: String
  let opset: Int
  let inputs: [String: Value]
  let outputs: [Value]

  var testDescription: String { op + inputs.map { " \($0.key)\($0.value.shape ?? [])" }.sorted().joined() }

  func call() throws -> Call {
    let operation = Operation(type: op, outputs: outputs.indices.map { NamedType("y\($0)", .scalar(.float32)) })
    let call = Call(
      operation: operation, opset: try #require(Opset(rawValue: opset)), signature: try Catalog.find(operation).signature,
      operands: try inputs.mapValues { try $0.operands() })
    try call.check()
    return call
  }

  static let all: [ReferenceCase] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/movement/movement.json")
    return (try? JSONDecoder().decode([ReferenceCase].self, from: Data(contentsOf: file))) ?? []
  }()
}

@Suite("Movement against NumPy and PyTorch") struct MovementReferenceTests {
  @Test func casesAreThere() throws {
    #expect(ReferenceCase.all.count > 200)
    #expect(Self.reordered.count > 100)
  }

  /// The cases whose kernels support any order of axes.
  static let reordered: [ReferenceCase] = ReferenceCase.all.filter { reference in
    guard let op = Catalog.find(named: reference.op), (reference.outputs.first?.shape?.count ?? 0) > 1 else { return false }
    return switch op.layout {
    case .follows, .strided, .permutes: true
    default: false
    }
  }

  @Test(arguments: ReferenceCase.all)
  func givesTheReference(_ reference: ReferenceCase) throws {
    let expected = try reference.outputs.map { try $0.tensor() }
    #expect(try reference.call().evaluate() == expected)
  }

  /// Types inferred without values equal those of the results, or have unknown extents.
  @Test(arguments: ReferenceCase.all)
  func inferenceFitsTheResult(_ reference: ReferenceCase) throws {
    let call = try reference.call()
    let op = try Catalog.find(call.operation)
    let expected = try reference.outputs.map { value in
      let tensor = try value.tensor()
      return ValueType.tensor(tensor.dtype, tensor.shape)
    }
    #expect(try op.infer(call) == expected)

    // Data with known types only, parameters with known values: types are exact unless shapes depend on data.
    let data: Set = ["x", "values", "data", "updates", "update", "boxes", "scores"]
    let typed = call.replacing { data.contains($0) ? Operand(name: "d", type: $1.type) : $1 }
    if op.signature.name == "non_zero" {
      let types = try op.infer(typed)
      #expect(types.count == expected.count && zip(types, expected).allSatisfy { $0.accepts($1) })
    } else {
      #expect(try op.infer(typed) == expected)
    }

    // The extents of the data are unknown too.
    let open = call.replacing { name, operand in
      guard data.contains(name), let type = operand.type.tensorType else { return operand }
      return Operand(name: "d", type: .tensor(TensorType(type.dtype, type.dimensions.map { _ in .any })))
    }
    let types = try op.infer(open)
    // A squeezed or unknown axis must not change the rank here.
    #expect(types.count == expected.count && zip(types, expected).allSatisfy { $0.accepts($1) }, "\(types)")
  }

  /// Kernels that support any order of axes have the same results for each.
  @Test(arguments: reordered)
  func orderOfAxesDoesNotMatter(_ reference: ReferenceCase) throws {
    let call = try reference.call()
    let op = try Catalog.find(call.operation)
    let expected = try reference.outputs.map { try $0.tensor() }
    let rank = try #require(expected.first?.rank)
    var random = SplitMix64(seed: UInt64(rank))
    for _ in 0..<4 {
      let order = Array(0..<rank).shuffled(using: &random)
      var memory: [Stored] = []
      let inputs = call.operands.compactMapValues { operands -> [Buffer]? in
        let buffers = operands.compactMap { operand -> Buffer? in
          guard let tensor = operand.constant?.tensor else { return nil }
          let stored = Stored(tensor, order: tensor.rank == rank ? order : nil)
          memory.append(stored)
          return stored.buffer
        }
        return buffers.isEmpty ? nil : buffers
      }
      let isPlain = if case .strided = op.layout { true } else { false }
      let results = expected.map { Stored(Tensor(zeros: $0.dtype, $0.shape), order: isPlain || $0.rank != rank ? nil : order) }
      try op.prepare(KernelRequest(call: call, inputs: inputs, outputs: results.map(\.buffer), scratch: Scratch())).run()
      #expect(results.map { $0.tensor() } == expected, "\(order)")
      withExtendedLifetime(memory) {}
    }
  }
}

extension Call {
  fileprivate func replacing(_ change: (String, Operand) -> Operand) -> Call {
    let changed = Dictionary(uniqueKeysWithValues: operands.map { name, all in (name, all.map { change(name, $0) }) })
    return Call(operation: operation, opset: opset, signature: signature, operands: changed)
  }
}

/// A tensor's elements in separate memory, with axes in a given order.
private final class Stored {
  let buffer: Buffer

  init(_ tensor: Tensor, order: [Int]?) {
    let size = tensor.dtype.byteCount(1)
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(tensor.byteCount, 1), alignment: 64)
    buffer = Buffer(dtype: tensor.dtype, shape: tensor.shape, order: order, pointer: pointer)
    tensor.withBytes { bytes in
      each { plain, stored in
        if let base = bytes.baseAddress { (pointer + stored * size).copyMemory(from: base + plain * size, byteCount: size) }
      }
    }
  }

  deinit { buffer.pointer.deallocate() }

  func tensor() -> Tensor {
    let size = buffer.dtype.byteCount(1)
    var tensor = Tensor(zeros: buffer.dtype, buffer.shape)
    tensor.withMutableBytes { bytes in
      each { plain, stored in
        if let base = bytes.baseAddress { (base + plain * size).copyMemory(from: buffer.pointer + stored * size, byteCount: size) }
      }
    }
    return tensor
  }

  /// The index of each element in row-major order and in memory.
  private func each(_ body: (Int, Int) -> Void) {
    let strides = buffer.strides
    let plain = buffer.shape.rowMajorStrides
    for i in 0..<buffer.count {
      body(i, buffer.shape.indices.reduce(0) { $0 + (i / plain[$1] % buffer.shape[$1]) * strides[$1] })
    }
  }
}
