// SPDX-License-Identifier: Apache-2.0
// Combines consecutive transposes, moves them behind elementwise operations, and removes those that change nothing.

import MIL
import Operators
import Tensors

enum CombinedTransposes {
  /// Operations that treat all elements alike.
  private static let elementwise: Set<String> = [
    "relu", "relu6", "sigmoid", "tanh", "silu", "gelu", "elu", "leaky_relu", "sigmoid_hard", "softplus", "softsign", "exp", "erf", "abs",
    "sqrt",
    "rsqrt", "square", "clip", "cast", "floor", "ceil", "round", "sign", "log", "logical_not",
  ]

  static func run(_ function: inout Function) throws -> Bool {
    var changed = false
    // Every round moves transposes by one operation; they vanish where two meet.
    for _ in 0..<64 {
      guard combine(&function) || sink(&function) else { break }
      changed = true
      _ = DeadOperations.run(&function)
    }
    return changed
  }

  /// Whether elementwise operations lead from this one to another transpose.
  private static func meetsTranspose(_ operation: Operation, _ m: Matcher) -> Bool {
    var last = operation
    for _ in 0..<32 {
      guard let (_, next) = m.onlyReader(last.outputs[0].name) else { return false }
      if next.type == "transpose" { return order(next, m) != nil }
      guard elementwise.contains(next.type) else { return false }
      last = next
    }
    return false
  }

  private static func order(_ operation: Operation, _ m: Matcher) -> [Int]? {
    operation.type == "transpose" ? m.constant(operation, "perm")?.integers() : nil
  }

  /// Two transposes in a row become one, or none.
  private static func combine(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var renamed: [String: String] = [:]
    var changed = false
    for (i, operation) in m.operations.enumerated() {
      guard let outer = order(operation, m), let (_, first) = m.maker(operation.operand("x"), "transpose"), let inner = order(first, m),
        inner.count == outer.count, let source = first.operand("x")
      else { continue }
      let both = outer.map { inner[$0] }
      let isIdentity = both == Array(both.indices)
      function.block.operations[i] = .replacing(
        operation, isIdentity ? "identity" : "transpose", [Argument("x", source)] + (isIdentity ? [] : [Argument("perm", .int32s(both))]))
      if isIdentity, !m.isPinned(operation.outputs[0].name) { renamed[operation.outputs[0].name] = source }
      changed = true
    }
    guard !renamed.isEmpty else { return changed }
    for i in function.block.operations.indices {
      for j in function.block.operations[i].inputs.indices {
        function.block.operations[i].inputs[j].bindings = function.block.operations[i].inputs[j].bindings.map { binding in
          guard var name = binding.name, renamed[name] != nil else { return binding }
          while let next = renamed[name] { name = next }
          return .name(name)
        }
      }
    }
    return true
  }

  /// A transpose before an elementwise operation moves behind it if another transpose follows them.
  private static func sink(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var names = FreshNames(function)
    var replaced: [Int: [Operation]] = [:]
    for (i, operation) in m.operations.enumerated() where elementwise.contains(operation.type) {
      guard let (_, before) = m.maker(operation.operand("x"), "transpose"), let perm = order(before, m),
        m.onlyReader(before.outputs[0].name) != nil,
        meetsTranspose(operation, m),
        let source = before.operand("x"), let type = operation.outputs[0].type.tensorType
      else { continue }
      let moved = names.take(operation.outputs[0].name + "_moved")
      let inverse = perm.inversePermutation
      var first = operation
      first.outputs = [NamedType(moved, .tensor(TensorType(type.dtype, inverse.map { type.dimensions[$0] })))]
      first.attributes = first.attributes.map { $0.name == "name" ? Attribute("name", Constant(moved)) : $0 }
      first.inputs = first.inputs.map { $0.parameter == "x" ? Argument("x", source) : $0 }
      replaced[i] = [first, .replacing(operation, "transpose", [Argument("x", moved), Argument("perm", .int32s(perm))])]
    }
    guard !replaced.isEmpty else { return false }
    function.block.operations = m.operations.enumerated().flatMap { replaced[$0.offset] ?? [$0.element] }
    return true
  }
}
