// SPDX-License-Identifier: Apache-2.0
// Runs single operators on literal inputs.

import MIL
import Operators
import Tensors

/// A value that a test can bind to a parameter.
protocol Bindable {
  var operands: [Operand] { get }
}

extension Tensor: Bindable { var operands: [Operand] { [Operand(self)] } }
extension Int: Bindable { var operands: [Operand] { Tensor(scalar: Int32(self)).operands } }
extension Float: Bindable { var operands: [Operand] { Tensor(scalar: self).operands } }
extension Bool: Bindable { var operands: [Operand] { Tensor(scalar: self).operands } }
extension String: Bindable {
  var operands: [Operand] { [Operand(name: nil, type: .scalar(.string), constant: Constant(self))] }
}
/// A value of which only the type is known.
extension ValueType: Bindable { var operands: [Operand] { [Operand(name: "unknown", type: self)] } }
/// An array of integers is a vector; any other array fills a variadic parameter.
extension Array: Bindable where Element: Bindable {
  var operands: [Operand] {
    if Element.self == Int.self, let integers = self as? [Int] { return Tensor(integers: integers, dtype: .int32, shape: [count]).operands }
    if Element.self == Bool.self, let bools = self as? [Bool] { return Tensor(bools).operands }
    return flatMap(\.operands)
  }
}

/// A tensor of consecutive floats from `first` on.
func counting(_ shape: Shape, from first: Float = 0) -> Tensor {
  Tensor((0..<shape.elementCount).map { first + Float($0) }, shape: shape)
}

/// A call that has been checked against its signature.
func makeCall(
  _ type: String, opset: Opset = .iOS15, _ inputs: KeyValuePairs<String, any Bindable>, blocks: [Block] = [],
  outputs: [NamedType] = [NamedType("y", .scalar(.float32))]
) throws -> Call {
  let operation = Operation(type: type, outputs: outputs, blocks: blocks)
  let operands = Dictionary(uniqueKeysWithValues: inputs.map { ($0.key, $0.value.operands) })
  let call = Call(operation: operation, opset: opset, signature: try Catalog.find(operation).signature, operands: operands)
  try call.check()
  return call
}

/// All outputs of an operator.
func outputs(_ type: String, opset: Opset = .iOS15, _ inputs: KeyValuePairs<String, any Bindable>) throws -> [Tensor] {
  try makeCall(type, opset: opset, inputs).evaluate()
}

/// The only output of an operator.
func output(_ type: String, opset: Opset = .iOS15, _ inputs: KeyValuePairs<String, any Bindable>) throws -> Tensor {
  try outputs(type, opset: opset, inputs)[0]
}

/// The types that an operator infers, as text.
func inferred(
  _ type: String, opset: Opset = .iOS15, _ inputs: KeyValuePairs<String, any Bindable>, blocks: [Block] = []
) throws -> [String] {
  let call = try makeCall(type, opset: opset, inputs, blocks: blocks)
  return try Catalog.find(call.operation).infer(call).map(\.description)
}

/// The message of the error that a body throws, or else its result.
func fault<T>(_ body: () throws -> T) -> String {
  do { return "no error, but \(try body())" } catch { return "\(error)" }
}

/// A tensor type with unknown extents where `nil`.
func tensorType(_ dtype: DType, _ extents: Int?...) -> ValueType {
  .tensor(TensorType(dtype, extents.map { $0.map { .fixed($0) } ?? .any }))
}
