// SPDX-License-Identifier: Apache-2.0
// Interfaces derived from programs: for new packages, and for programs whose inputs or outputs changed.

import MIL
import Tensors

extension Interface {
  /// The interface derived from a program alone: array inputs, array outputs.
  ///
  /// - Throws: `PackageError.unwritable` for an input or output that Core ML's interfaces cannot express.
  package init(describing program: Program) throws {
    let functions = try program.functions.map { try FunctionInterface(describing: $0) }
    let main = functions.first { $0.name == "main" } ?? functions.first
    self.init(
      functions: functions, defaultFunctionName: main?.name ?? "main",
      listsFunctions: functions.count > 1 || main?.name != "main")
  }

  /// This interface, updated where it no longer matches the program: features of inputs, outputs and states that
  /// are new or have another type are derived again, features that no longer exist are dropped.
  package func adapted(to program: Program) throws -> Interface {
    var adapted = self
    adapted.functions = try program.functions.map { function in
      let made = try FunctionInterface(describing: function)
      guard var kept = self.function(named: function.name) else { return made }
      let types = ValueTypes(function)
      kept.inputs = made.inputs.map { Self.choose($0, among: kept.inputs, types) }
      kept.outputs = made.outputs.map { Self.choose($0, among: kept.outputs, types) }
      kept.states = made.states.map { Self.choose($0, among: kept.states, types) }
      return kept
    }
    if adapted.functions.count > 1 { adapted.listsFunctions = true }
    return adapted
  }

  private static func choose(_ made: Feature, among kept: [Feature], _ types: ValueTypes) -> Feature {
    guard let old = kept.first(where: { $0.name == made.name }) else { return made }
    guard let type = types[made.name], old.fits(type) else {
      var changed = made
      changed.shortDescription = old.shortDescription
      changed.isOptional = old.isOptional
      return changed
    }
    return old
  }
}

/// The types of a function's inputs and of the values of its outermost block.
private struct ValueTypes {
  private var types: [String: ValueType] = [:]

  init(_ function: Function) {
    let wanted = Set(function.block.outputs)
    for operation in function.block.operations {
      for output in operation.outputs where wanted.contains(output.name) {
        types[output.name] = output.type
      }
    }
    for input in function.inputs { types[input.name] = input.type }
  }

  subscript(name: String) -> ValueType? { types[name] }
}

extension FunctionInterface {
  fileprivate init(describing function: Function) throws {
    self.init(name: function.name)
    for input in function.inputs {
      if case .state(let content) = input.type {
        guard case .tensor(let tensor) = content else {
          throw Self.inexpressible(input.name, input.type)
        }
        states.append(Feature(input.name, .state(try Self.array(tensor, input.name))))
      } else {
        inputs.append(Feature(input.name, try Self.kind(input.type, input.name, isInput: true)))
      }
    }
    let types = ValueTypes(function)
    for name in function.block.outputs {
      guard let type = types[name] else {
        throw PackageError.unwritable(
          "function \(function.name) returns \"\(name)\", which no operation produces")
      }
      outputs.append(Feature(name, try Self.kind(type, name, isInput: false)))
    }
  }

  private static func kind(_ type: ValueType, _ name: String, isInput: Bool) throws -> Feature.Kind {
    switch type {
    case .tensor(let tensor) where tensor.isScalar && tensor.dtype == .string: .string
    case .tensor(let tensor) where tensor.isScalar && tensor.dtype == .int64: .int64
    case .tensor(let tensor):
      .array(
        try isInput || tensor.shape != nil
          ? array(tensor, name) : ArrayFeature(dtype(tensor, name), []))
    case .dictionary(.tensor(let key), _) where key.dtype == .string: .dictionary(key: .string)
    case .dictionary(.tensor(let key), _) where key.dtype == .int64: .dictionary(key: .int64)
    default: throw inexpressible(name, type)
    }
  }

  private static func array(_ type: TensorType, _ name: String) throws -> ArrayFeature {
    let element = try dtype(type, name)
    if let shape = type.shape { return ArrayFeature(element, shape) }
    // coremltools' choice if nothing is known: any size of at least 1, 1 by default.
    return ArrayFeature(
      element, type.dimensions.map { $0.size ?? 1 },
      flexibility: .ranges(
        type.dimensions.map { d in d.size.map { SizeRange($0, $0) } ?? SizeRange(1, nil) }))
  }

  private static func dtype(_ type: TensorType, _ name: String) throws -> DType {
    guard ArrayFeature.dtypes.contains(type.dtype) else { throw inexpressible(name, .tensor(type)) }
    return type.dtype
  }

  private static func inexpressible(_ name: String, _ type: ValueType) -> PackageError {
    let types = ArrayFeature.dtypes.map(\.name).joined(separator: ", ")
    return .unwritable(
      "\"\(name)\" has type \(type), but a model takes and gives only arrays of \(types)")
  }
}

extension Feature {
  /// Whether this feature can describe a value of that type.
  fileprivate func fits(_ type: ValueType) -> Bool {
    guard let tensor = type.tensorType else { return true }
    switch kind {
    case .image: return tensor.rank == 4
    case .array(let array), .state(let array):
      guard array.dtype == nil || array.dtype == tensor.dtype else { return false }
      if array.shape.isEmpty { return true }
      guard let shape = tensor.shape else {
        return array.shape.count == tensor.rank
          && zip(array.shape, tensor.dimensions).allSatisfy { $1.size == nil || $0 == $1.size }
      }
      return array.shape == shape && array.flexibility == .fixed
    default: return true
    }
  }
}
