// SPDX-License-Identifier: Apache-2.0
// A network while it is written down: operations, weights drawn from a seeded generator, and what only training needs to know.

import MIL
import Operators
import Options
import Tensors

/// A value of a network under construction.
package struct GraphValue: Sendable, Equatable {
  package let name: String
  package let type: TensorType

  package init(_ name: String, _ type: TensorType) {
    self.name = name
    self.type = type
  }

  package var rank: Int { type.rank }

  /// The extent of an axis counted from the front, or from the back when negative; `nil` where it is not known.
  package func extent(_ axis: Int) -> Int? {
    let index = axis < 0 ? rank + axis : axis
    return type.dimensions.indices.contains(index) ? type.dimensions[index].size : nil
  }
}

/// What is bound to a parameter of an operation under construction.
package enum GraphArgument {
  case value(GraphValue)
  case values([GraphValue])
  /// Written in place, in the element type that the parameter wants.
  case number(Double)
  case numbers([Double])
  case bool(Bool)
  case text(String)
  case tensor(Tensor)
}

/// Collects the operations of a function. A class, because layers and scripts write to the same one in turn.
package final class NetworkWriter {
  package let emitter: Emitter
  private let inputs: [NamedType]
  /// Shares of elements that training drops, by the name of the `identity` operation in whose place it does.
  package private(set) var dropout: [String: Double] = [:]
  private var random: SplitMix64

  /// A writer of a new function.
  package convenience init(inputs: [NamedType], opset: Opset, seed: UInt64) throws {
    try self.init(Emitter(Function(inputs: inputs, opset: opset, block: Block())), inputs: inputs, seed: seed)
  }

  /// A writer that goes on with somebody's function.
  package init(_ emitter: Emitter, inputs: [NamedType] = [], seed: UInt64 = 0) throws {
    self.emitter = emitter
    self.inputs = inputs
    random = SplitMix64(seed: seed)
  }

  /// A value by its name.
  package func value(_ name: String) throws -> GraphValue { try value(emitter.value(name)) }

  /// A value of the emitter's; a constant in place becomes an operation of its own.
  package func value(_ value: TypedValue) throws -> GraphValue {
    guard let type = value.operand.type.tensorType else {
      throw OperatorError(operatorName: "value", operationName: value.name ?? "", problem: "it is not a tensor")
    }
    if let name = value.name { return GraphValue(name, type) }
    return constant(value.operand.constant?.tensor ?? Tensor(scalar: Float(0)), name: "const")
  }

  /// One operation; gives its outputs.
  ///
  /// - Throws: `OperatorError` naming the operation when its inputs do not fit it.
  package func operation(_ type: String, _ arguments: [(String, GraphArgument)], name: String? = nil) throws -> [GraphValue] {
    guard let op = Catalogue.storable[type] else {
      let meant =
        Suggestion.nearest(to: type, among: Catalogue.all.map { $0.signature.name }.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      throw OperatorError(operatorName: type, operationName: name ?? type, problem: "Wane does not know this operator\(meant)")
    }
    var bound: [String: (any Emittable)?] = [:]
    for (parameter, argument) in arguments {
      bound[parameter] = Literal(try bindings(argument, parameter, op.signature, arguments, name ?? type))
    }
    return try emitter.emitAll(type, bound, name: name).map(value)
  }

  /// One operation with one output.
  package func add(_ type: String, _ arguments: [(String, GraphArgument)], name: String? = nil) throws -> GraphValue {
    try operation(type, arguments, name: name)[0]
  }

  /// A `const` operation.
  package func constant(_ tensor: Tensor, name: String) -> GraphValue {
    let name = emitter.freshName(name)
    // A constant fits anywhere.
    try? emitter.append(.const(name, Constant(tensor, opset: emitter.opset)))
    return GraphValue(name, TensorType(tensor.dtype, tensor.shape))
  }

  /// A `const` operation of numbers from outside; 64 bits, which MIL does not compute with, become 32.
  ///
  /// - Throws: `OperatorError` for a number that 32 bits cannot hold.
  package func constant(storing tensor: Tensor) throws -> GraphValue {
    constant(try Self.stored(tensor, "const", "val", "const"), name: "const")
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
  package func weight(_ name: String, _ shape: Shape, _ initializer: Initializer, fan: Fan? = nil) -> GraphValue {
    constant(initializer.tensor(shape, fan: fan ?? Fan(shape), using: &random), name: name)
  }

  /// The value itself, of which training drops some elements.
  package func drop(_ x: GraphValue, _ share: Double) throws -> GraphValue {
    let kept = try add("identity", [("x", .value(x))], name: "dropout")
    dropout[kept.name] = share
    return kept
  }

  /// The function with these outputs.
  package func function(outputs: [(name: String, value: GraphValue)]) throws -> Function {
    var names: [String] = []
    for (name, value) in outputs {
      names.append(value.name == name ? name : try add("identity", [("x", .value(value))], name: name).name)
    }
    return Function(inputs: inputs, opset: emitter.opset, block: Block(operations: emitter.operations, outputs: names))
  }

  // MARK: Literals

  /// Bindings that are settled.
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

  /// The element type of a number written for a parameter: that of the values it is tied to, else what the operator takes.
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
