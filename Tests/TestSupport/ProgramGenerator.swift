// SPDX-License-Identifier: Apache-2.0
// Random programs for property tests, which are structurally valid and contain values of every kind, but are not
// meaningful.

import MIL
import Tensors

/// Generates programs from a seed.
package struct ProgramGenerator {
  private var random: SplitMix64
  private var next = 0

  package init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// A program of one to three functions, with nested blocks and constants of every type.
  package mutating func program(operations: Int = 20) -> Program {
    let functions = (0...below(3)).map { i in
      function(i == 0 ? "main" : "f\(i)", operations: operations)
    }
    return Program(
      functions: functions, attributes: coin() ? [Attribute("buildInfo", constant(depth: 1))] : [])
  }

  package mutating func function(_ name: String, operations: Int) -> Function {
    let inputs = (0...below(3)).map { _ in NamedType(fresh(), type(depth: 2)) }
    let opset = Opset.allCases[below(4)].name
    var specializations = [
      Specialization(opset: opset, block: block(inputs.map(\.name), operations, depth: 2))
    ]
    if below(8) == 0 {
      specializations.append(
        Specialization(opset: "CoreML9", block: block(inputs.map(\.name), 3, depth: 0)))
    }
    return Function(name: name, inputs: inputs, opset: opset, specializations: specializations)
  }

  private mutating func block(_ scope: [String], _ count: Int, depth: Int, inputs: [NamedType] = [])
    -> Block
  {
    var scope = scope + inputs.map(\.name)
    var operations: [Operation] = []
    for _ in 0..<count {
      let operation = operation(scope, depth: depth)
      scope += operation.outputs.map(\.name)
      operations.append(operation)
    }
    let outputs = (0..<below(3) + 1).map { _ in scope[below(scope.count)] }
    return Block(inputs: inputs, operations: operations, outputs: outputs)
  }

  private mutating func operation(_ scope: [String], depth: Int) -> Operation {
    if below(3) == 0 { return .const(fresh(), constant(depth: 2)) }
    let types = ["conv", "relu", "concat", "while_loop", "constexpr_lut_to_dense", "write_state"]
    var operation = Operation(type: types[below(types.count)], outputs: [])
    for parameter in ["x", "y", "values", "pad type"].prefix(below(5)) {
      let bindings: [Binding] = (0..<below(3)).map { _ in
        below(4) == 0 ? .constant(constant(depth: 1)) : .name(scope[below(scope.count)])
      }
      operation.inputs.append(Argument(parameter, bindings))
    }
    operation.outputs = (0..<below(3)).map { _ in NamedType(fresh(), type(depth: 2)) }
    operation.attributes = coin() ? [Attribute("name", Constant(fresh()))] : []
    if depth > 0, below(6) == 0 {
      let inputs = (0..<below(2)).map { _ in NamedType(fresh(), type(depth: 1)) }
      operation.blocks = (0...below(2)).map { _ in block(scope, 3, depth: depth - 1, inputs: inputs)
      }
    }
    return operation
  }

  package mutating func type(depth: Int) -> ValueType {
    switch depth == 0 ? 0 : below(12) {
    case 1: return .list(type(depth: depth - 1), length: coin() ? .any : .fixed(below(5)))
    case 2: return .tuple((0..<below(3)).map { _ in type(depth: depth - 1) })
    case 3: return .dictionary(key: .scalar(.string), value: type(depth: depth - 1))
    case 4: return .state(type(depth: 0))
    default:
      let dtype = DType.allCases[below(DType.allCases.count)]
      let dimensions: [Dimension] = (0..<below(5)).map { _ in
        switch below(8) {
        case 0: .any
        case 1: .unknown(variadic: true)
        default: .fixed(below(6))
        }
      }
      return .tensor(TensorType(dtype, dimensions))
    }
  }

  package mutating func constant(depth: Int) -> Constant {
    switch depth == 0 ? 0 : below(10) {
    case 1:
      let element = ValueType.scalar(.string)
      let values = (0..<below(4)).map { Constant("label \"\($0)\"\n") }
      return Constant(type: .list(element, length: .fixed(values.count)), payload: .list(values))
    case 2:
      let values = (0..<below(3)).map { _ in constant(depth: depth - 1) }
      return Constant(type: .tuple(values.map(\.type)), payload: .tuple(values))
    case 3:
      let values = (0..<below(3)).map { KeyedConstant(key: Constant("k\($0)"), value: .int32($0)) }
      return Constant(
        type: .dictionary(key: .scalar(.string), value: .scalar(.int32)),
        payload: .dictionary(values))
    case 4:
      let strings = (0..<below(4)).map { "é\($0)" }
      return Constant(type: .tensor(.string, [strings.count]), payload: .strings(strings))
    default:
      var constant = Constant(tensor(), opset: Opset.allCases[below(4)])
      constant.docString = ""
      return constant
    }
  }

  /// A tensor of any dtype with at most 60 elements of random bits.
  package mutating func tensor() -> Tensor {
    let dtypes = DType.allCases.filter { $0 != .string }
    let dtype = dtypes[below(dtypes.count)]
    let shape = (0..<below(4)).map { _ in below(4) + (below(10) == 0 ? 0 : 1) }
    if dtype == .bool { return Tensor((0..<shape.elementCount).map { _ in coin() }, shape: shape) }
    if dtype.isSubByte {
      let codes = (0..<shape.elementCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      return Tensor(codes: codes, dtype: dtype, shape: shape)
    }
    let bytes = (0..<dtype.byteCount(shape.elementCount)).map { _ in
      UInt8(truncatingIfNeeded: random.next())
    }
    return bytes.withUnsafeBytes { Tensor(dtype: dtype, shape: shape, bytes: $0) }
  }

  package mutating func below(_ n: Int) -> Int { Int.random(in: 0..<n, using: &random) }
  private mutating func coin() -> Bool { below(2) == 0 }

  private mutating func fresh() -> String {
    next += 1
    let stems = ["v", "model/layer.", "tensor ", "`", "ü"]
    return below(4) == 0 ? "\(stems[below(stems.count)])\(next)" : "v\(next)"
  }
}
