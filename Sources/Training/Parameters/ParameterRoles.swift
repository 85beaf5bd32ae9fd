// SPDX-License-Identifier: Apache-2.0
// Which constants of a function are parameters: what the operators that read them say, and where they are.

import MIL
import Operators
import Runtime
import Tensors

/// What training does with the floating-point constants of a function.
///
/// Weights and biases of layers, tables of embeddings and the scales and shifts of norms are parameters wherever they are. A
/// constant of an elementwise operation is one behind the first layer only: before it, it normalizes the input.
package struct ParameterRoles: Sendable {
  package enum Role: Sendable, Equatable {
    /// Learned by gradient descent.
    case parameter
    /// A running statistic of a batch norm.
    case statistic
    case fixed(FixedReason)
  }

  /// A constant that an operator could learn, with its role.
  package struct Entry: Sendable {
    package let constant: LiftedConstant
    package let role: Role
  }

  /// In program order.
  package let entries: [Entry]

  /// - Parameter function: in single precision, or in the precision in which it is stored.
  package init(_ function: Function) {
    let single = function.inSinglePrecision()
    let readers = ConstantReaders(single.block)
    let layers = LayerReach(single.block, readers)
    let stored = Self.storedTypes(function.block)
    var entries: [Entry] = []
    single.block.forEachOperation { _, operation in
      guard let tensor = operation.constantValue?.tensor, tensor.dtype == .float32, let name = operation.outputs.first?.name else { return }
      let reads = readers.reads(of: name)
      let roles = reads.compactMap { Self.role(of: tensor, at: $0, readers, layers) }
      guard let first = roles.first else { return }
      let role = roles.contains(.statistic) ? .statistic : roles.contains(.parameter) ? .parameter : first
      let uses = reads.map {
        LiftedConstant.Use(operatorType: $0.operation.type, operationName: $0.operation.name, parameter: $0.parameter)
      }
      entries.append(
        Entry(constant: LiftedConstant(name: name, start: tensor, storedType: stored[name] ?? .float32, uses: uses), role: role))
    }
    self.entries = entries
  }

  /// The role that one reader gives a constant; `nil` if the operator learns nothing there.
  private static func role(of tensor: Tensor, at read: ConstantReaders.Read, _ readers: ConstantReaders, _ layers: LayerReach) -> Role? {
    let traits = Catalog.weightTable[read.operation.type]
    switch traits[read.parameter]?.training {
    case .statistic: return readers.isAffine(read.operation) ? .fixed(.affineNorm) : .statistic
    case .learned:
      return readers.isAffine(read.operation) && !layers.isReached(read.operation) ? .fixed(.beforeFirstLayer) : .parameter
    case .learnedUnlessScalar where traits.layer != nil: return tensor.count > 1 ? .parameter : .fixed(.scalar)
    case .learnedUnlessScalar:
      guard tensor.count > 1 else { return .fixed(.scalar) }
      guard layers.isReached(read.operation) else { return .fixed(.beforeFirstLayer) }
      return fixedValues(tensor, read.operation).map { .fixed($0) } ?? .parameter
    case nil: return nil
    }
  }

  /// The reason why an elementwise constant behind a layer is not a weight, by its values and shape.
  private static func fixedValues(_ tensor: Tensor, _ operation: Operation) -> FixedReason? {
    if Catalog.known(operation)?.multipliesElements == true { return tensor.shape.filter { $0 != 1 }.count > 1 ? .table : nil }
    let numbers = tensor.floats()
    return numbers.allSatisfy { $0 == 0 || $0 <= -1e4 } && numbers.contains { $0 < 0 } ? .mask : nil
  }

  private static func storedTypes(_ block: Block) -> [String: DType] {
    var types: [String: DType] = [:]
    block.forEachOperation { _, operation in
      if let tensor = operation.constantValue?.tensor, let name = operation.outputs.first?.name { types[name] = tensor.dtype }
    }
    return types
  }
}

extension Operator {
  /// Whether the result is the product of two values element by element.
  fileprivate static var multipliesElements: Bool { signature.name == "mul" }
}
