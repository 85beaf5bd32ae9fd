// SPDX-License-Identifier: Apache-2.0
// The same function with less work: passes that change no result.

import MIL
import Operators
import Tensors

extension Function {
  /// The function after passes of `ProgramPasses.all`, repeated until none of them changes anything.
  ///
  /// - Parameters:
  ///   - names: the names of the passes; `nil` for all.
  ///   - passes: all passes in their order.
  /// - Throws: `OperatorError` for operations that do not match their signature.
  package func optimized(_ names: [String]? = nil, passes: [ProgramPass] = ProgramPasses.all) throws -> Function {
    var function = self
    for _ in 0..<ProgramPasses.rounds {
      let before = function
      for pass in passes where names?.contains(pass.name) ?? true { function = try pass.apply(function) }
      if function == before { break }
    }
    return function
  }
}

/// A pass over a function that changes none of its results by more than rounding.
package struct ProgramPass: Sendable {
  package let name: String
  package let apply: @Sendable (Function) throws -> Function

  package init(name: String, apply: @escaping @Sendable (Function) throws -> Function) {
    self.name = name
    self.apply = apply
  }
}

package enum ProgramPasses {
  /// All passes, in the order in which they run.
  package static let all: [ProgramPass] = [
    ProgramPass(name: "fold_constants") { try $0.foldingConstants() },
    ProgramPass(name: "remove_neutral") { try $0.removingNeutralOperations() },
    ProgramPass(name: "share_operations") { $0.sharingOperations() },
    ProgramPass(name: "remove_dead_code") { function in
      var function = function
      function.block = function.block.removingDeadCode()
      return function
    },
  ]

  /// A pass may make room for another one; real programs are done after two or three rounds.
  static let rounds = 8
}

extension Function {
  /// The function without operations that return their operand as it is: `identity`, casts to the same type, transposes
  /// that move nothing, reshapes to the same shape, and one of two inverse transposes.
  ///
  /// - Throws: `OperatorError` for operations that do not match their signature.
  package func removingNeutralOperations() throws -> Function {
    var transposes: [String: (source: String, order: [Int])] = [:]
    return try FunctionRewrite.apply(to: self) { operation, emitter in
      guard ["identity", "cast", "transpose", "reshape"].contains(operation.type), operation.outputs.count == 1,
        case .name(let source)? = operation.bindings("x")?.first
      else { return nil }
      let x = try emitter.value(source)
      guard let before = x.operand.type.tensorType, let after = operation.outputs[0].type.tensorType else { return nil }
      switch operation.type {
      case "identity": return [x]
      case "cast": return before == after ? [x] : nil
      case "reshape": return before.shape != nil && before == after ? [x] : nil
      default:
        guard let order = try emitter.call(operation).integers("perm")?.map({ $0 < 0 ? $0 + before.rank : $0 }) else { return nil }
        if order == Array(0..<before.rank) { return [x] }
        if let first = transposes[source], first.order.count == order.count, order.map({ first.order[$0] }) == Array(order.indices) {
          return [try emitter.value(first.source)]
        }
        transposes[operation.outputs[0].name] = (source, order)
        return nil
      }
    }.function
  }
}
