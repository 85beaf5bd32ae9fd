// SPDX-License-Identifier: Apache-2.0
// A network under construction: operations, weights from a seeded generator, and information for training.

import MIL
import Operators
import Options
import Tensors

/// A value of a network under construction.
package struct NetworkValue: Sendable, Equatable {
  package let name: String
  package let type: TensorType

  package init(_ name: String, _ type: TensorType) {
    self.name = name
    self.type = type
  }

  package var rank: Int { type.rank }

  /// The extent of an axis, counted from the end if negative; `nil` if it is unknown.
  package func extent(_ axis: Int) -> Int? {
    let index = axis < 0 ? rank + axis : axis
    return type.dimensions.indices.contains(index) ? type.dimensions[index].size : nil
  }
}

/// An argument of an operation under construction.
package enum GraphArgument {
  case value(NetworkValue)
  case values([NetworkValue])
  /// An inline number with the dtype that the parameter requires.
  case number(Double)
  case numbers([Double])
  case bool(Bool)
  case text(String)
  case tensor(Tensor)
}

/// Collects the operations of a function. It is a class, since layers and scripts add to the same instance.
package final class NetworkWriter {
  package let emitter: Emitter
  private let inputs: [NamedType]
  /// The dropout rates by the name of the `identity` operation that is replaced during training.
  package private(set) var dropout: [String: Double] = [:]
  private var random: SplitMix64

  /// A writer of a new function.
  package convenience init(inputs: [NamedType], opset: Opset, seed: UInt64) throws {
    try self.init(Emitter(Function(inputs: inputs, opset: opset, block: Block())), inputs: inputs, seed: seed)
  }

  /// A writer that appends to an existing function.
  package init(_ emitter: Emitter, inputs: [NamedType] = [], seed: UInt64 = 0) throws {
    self.emitter = emitter
    self.inputs = inputs
    random = SplitMix64(seed: seed)
  }

  /// A value by its name.
  package func value(_ name: String) throws -> NetworkValue { try value(emitter.value(name)) }

  /// A value of the emitter; an inline constant becomes a separate operation.
  package func value(_ value: TypedValue) throws -> NetworkValue {
    guard let type = value.operand.type.tensorType else {
      throw OperatorError(operatorName: "value", operationName: value.name ?? "", problem: "it is not a tensor")
    }
    if let name = value.name { return NetworkValue(name, type) }
    return constant(value.operand.constant?.tensor ?? Tensor(scalar: Float(0)), name: "const")
  }

  /// Adds an operation and returns its outputs.
  ///
  /// - Throws: `OperatorError` with the name of the operation if its inputs are incompatible.
  package func operation(_ type: String, _ arguments: [(String, GraphArgument)], name: String? = nil) throws -> [NetworkValue] {
    guard let op = Catalog.storable[type] else {
      let meant =
        Suggestion.nearest(to: type, among: Catalog.all.map { $0.signature.name }.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      throw OperatorError(operatorName: type, operationName: name ?? type, problem: "unknown operator\(meant)")
    }
    var bound: [String: (any Emittable)?] = [:]
    for (parameter, argument) in arguments {
      bound[parameter] = Literal(try bindings(argument, parameter, op.signature, arguments, name ?? type))
    }
    return try emitter.emitAll(type, bound, name: name).map(value)
  }

  /// Adds an operation with one output.
  package func add(_ type: String, _ arguments: [(String, GraphArgument)], name: String? = nil) throws -> NetworkValue {
    try operation(type, arguments, name: name)[0]
  }

  /// A `const` operation.
  package func constant(_ tensor: Tensor, name: String) -> NetworkValue {
    let name = emitter.freshName(name)
    // Adding a constant cannot fail.
    try? emitter.append(.const(name, Constant(tensor, opset: emitter.opset)))
    return NetworkValue(name, TensorType(tensor.dtype, tensor.shape))
  }

  /// A `const` operation for given numbers. 64-bit dtypes, which MIL does not compute with, are converted to 32 bits.
  ///
  /// - Throws: `OperatorError` for a number that overflows 32 bits.
  package func constant(storing tensor: Tensor, name: String = "const") throws -> NetworkValue {
    constant(try Self.stored(tensor, "const", "val", "const"), name: name)
  }

  private static func stored(_ tensor: Tensor, _ type: String, _ parameter: String, _ name: String) throws -> Tensor {
    let dtype: DType =
      switch tensor.dtype {
      case .float64: .float32
      case .int64, .uint64, .uint32: .int32
      default: tensor.dtype
      }
    do {
      return try tensor.converted(to: dtype)
    } catch {
      throw OperatorError(operatorName: type, operationName: name, problem: "\(parameter) is given \(error)")
    }
  }

  /// A trainable constant, filled by an initializer.
  package func weight(_ name: String, _ shape: Shape, _ initializer: Initializer, fan: Fan? = nil) -> NetworkValue {
    constant(initializer.tensor(shape, fan: fan ?? Fan(shape), using: &random), name: name)
  }

  /// The value itself, with dropout during training.
  package func drop(_ x: NetworkValue, _ share: Double) throws -> NetworkValue {
    let kept = try add("identity", [("x", .value(x))], name: "dropout")
    dropout[kept.name] = share
    return kept
  }

  /// The function with these outputs.
  package func function(outputs: [(name: String, value: NetworkValue)]) throws -> Function {
    var names: [String] = []
    for (name, value) in outputs {
      names.append(value.name == name ? name : try add("identity", [("x", .value(value))], name: name).name)
    }
    return Function(inputs: inputs, opset: emitter.opset, block: Block(operations: emitter.operations, outputs: names))
  }

  // MARK: Literals

  /// Bindings that are already resolved.
  private struct Literal: Emittable {
    let bindings: [Binding]
    init(_ bindings: [Binding]) { self.bindings = bindings }
  }

  private func bindings(
    _ argument: GraphArgument, _ parameter: String, _ signature: Signature, _ arguments: [(String, GraphArgument)], _ name: String
  ) throws -> [Binding] {
    func tensor(_ numbers: [Double], _ shape: Shape) throws -> [Binding] {
      let dtype = try dtype(of: parameter, signature, arguments, name)
      do {
        return [.constant(Constant(try Tensor(numbers, shape: shape).converted(to: dtype), opset: emitter.opset))]
      } catch {
        throw OperatorError(operatorName: signature.name, operationName: name, problem: "\(parameter) is given \(error)")
      }
    }
    switch argument {
    case .value(let value): return [.name(value.name)]
    case .values(let values): return values.map { .name($0.name) }
    case .text(let text): return [.constant(Constant(text))]
    case .bool(let flag): return [.constant(.bool(flag))]
    case .number(let number): return try tensor([number], [])
    case .numbers(let numbers): return try tensor(numbers, [numbers.count])
    case .tensor(let tensor):
      return [.constant(Constant(try Self.stored(tensor, signature.name, parameter, name), opset: emitter.opset))]
    }
  }

  /// The dtype of a number for a parameter: that of the values it is tied to, else the one that the operator accepts.
  private func dtype(
    of parameter: String, _ signature: Signature, _ arguments: [(String, GraphArgument)], _ name: String
  ) throws -> DType {
    guard let declared = signature.parameter(parameter) else {
      throw OperatorError(
        operatorName: signature.name, operationName: name,
        problem: "has no input \(parameter) (inputs: \(signature.parameters.map(\.name).joined(separator: ", ")))")
    }
    let opset = emitter.opset
    let allowed = declared.domain.dtypes.filter { $0.value <= opset }.map(\.key)
    if allowed == [.bool] { return .bool }
    if !allowed.contains(where: \.isFloat) { return .int32 }
    func first(where fits: (Parameter) -> Bool) -> DType? {
      for (other, argument) in arguments {
        guard let known = signature.parameter(other), fits(known) else { continue }
        if case .value(let value) = argument { return value.type.dtype }
        if case .values(let values) = argument, let value = values.first { return value.type.dtype }
      }
      return nil
    }
    let letter = declared.domain.letter(in: opset)
    let tied = letter.flatMap { letter in first { $0.domain.letter(in: opset) == letter } }
    let found = tied ?? first { $0.domain.dtypes.keys.contains(where: \.isFloat) } ?? .float32
    return allowed.contains(found) ? found : .float32
  }
}
