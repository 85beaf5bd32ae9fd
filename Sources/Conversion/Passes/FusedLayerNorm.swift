// SPDX-License-Identifier: Apache-2.0
// Recognizes layer norms that are written out.

import MIL
import Tensors

enum FusedLayerNorm {
  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var replaced: [Int: Operation] = [:]
    for operation in m.operations where operation.type == "real_div" || operation.type == "mul" {
      guard let found = normalization(operation, m) else { continue }
      replaced[found.last] = .replacing(
        m.operations[found.last], "layer_norm",
        [
          Argument("x", found.x), Argument("axes", found.axes),
          Argument("epsilon", Constant(Tensor(scalar: Float(found.epsilon)).cast(to: found.dtype))),
        ]
          + (found.gamma.map { [Argument("gamma", [$0])] } ?? []) + (found.beta.map { [Argument("beta", [$0])] } ?? []))
    }
    guard !replaced.isEmpty else { return false }
    for (i, operation) in replaced { function.block.operations[i] = operation }
    return true
  }

  private struct Norm {
    let x: String
    let axes: Constant
    let epsilon: Double
    let dtype: DType
    var last: Int
    var gamma: Binding?
    var beta: Binding?
  }

  /// `(x − mean) / √(mean((x − mean)²) + ε) · γ + β`
  private static func normalization(_ operation: Operation, _ m: Matcher) -> Norm? {
    let root: String?
    let centered: String?
    if operation.type == "real_div" {
      centered = operation.operand("x")
      guard let (_, sqrt) = m.maker(operation.operand("y"), "sqrt") else { return nil }
      root = sqrt.operand("x")
    } else {
      let (x, y) = (operation.operand("x"), operation.operand("y"))
      if let (_, rsqrt) = m.maker(y, "rsqrt"), m.number(rsqrt, "epsilon").map({ $0 < 1e-10 }) ?? true {
        (centered, root) = (x, rsqrt.operand("x"))
      } else if let (_, rsqrt) = m.maker(x, "rsqrt"), m.number(rsqrt, "epsilon").map({ $0 < 1e-10 }) ?? true {
        (centered, root) = (y, rsqrt.operand("x"))
      } else {
        return nil
      }
    }
    guard let centered, let (_, sum) = m.maker(root, "add"), let (variance, epsilon) = m.withNumber(sum), epsilon > 0,
      let (_, spread) = m.maker(variance, "reduce_mean"), isTrue(spread, "keep_dims", m), isSquare(spread.operand("x"), of: centered, m),
      let (_, difference) = m.maker(centered, "sub"), let x = difference.operand("x"),
      let (_, mean) = m.maker(difference.operand("y"), "reduce_mean"),
      mean.operand("x") == x, isTrue(mean, "keep_dims", m), let axes = m.constant(mean, "axes"), let other = m.constant(spread, "axes"),
      let type = difference.outputs[0].type.tensorType
    else { return nil }
    let counted = axes.integers().map { $0 < 0 ? $0 + type.rank : $0 }.sorted()
    let isLast = counted == Array(type.rank - counted.count..<type.rank)
    guard isLast, counted == other.integers().map({ $0 < 0 ? $0 + type.rank : $0 }).sorted(), let last = index(of: operation, m) else {
      return nil
    }
    var norm = Norm(x: x, axes: .int32s(counted), epsilon: epsilon, dtype: type.dtype, last: last)
    let extents = counted.compactMap { type.dimensions[$0].size }
    guard extents.count == counted.count else { return norm }
    if let (next, product) = m.onlyReader(operation.outputs[0].name), product.type == "mul",
      let gamma = m.other(product, than: operation.outputs[0].name), m.constant(gamma)?.shape == extents
    {
      norm.gamma = gamma
      norm.last = next
      if let (final, addition) = m.onlyReader(product.outputs[0].name), addition.type == "add",
        let beta = m.other(addition, than: product.outputs[0].name), m.constant(beta)?.shape == extents
      {
        norm.beta = beta
        norm.last = final
      }
    }
    return norm
  }

  private static func index(of operation: Operation, _ m: Matcher) -> Int? { m.maker(operation.outputs[0].name, operation.type)?.index }

  private static func isTrue(_ operation: Operation, _ parameter: String, _ m: Matcher) -> Bool { m.number(operation, parameter) == 1 }

  private static func isSquare(_ name: String?, of x: String, _ m: Matcher) -> Bool {
    if let (_, square) = m.maker(name, "square") { return square.operand("x") == x }
    if let (_, power) = m.maker(name, "pow") { return power.operand("x") == x && m.number(power, "y") == 2 }
    guard let (_, product) = m.maker(name, "mul") else { return false }
    return product.operand("x") == x && product.operand("y") == x
  }
}
