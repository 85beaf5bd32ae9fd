// SPDX-License-Identifier: Apache-2.0
// Recognizes attention that is written out: product, scale, mask, softmax, product.

import MIL
import Tensors

enum FusedAttention {
  /// Whether the program may have the fused operator.
  static func applies(_ options: ConversionOptions) -> Bool { options.fusesAttention && options.target >= .iOS18 }

  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var names = FreshNames(function)
    var replaced: [Int: [Operation]] = [:]
    for (i, product) in m.operations.enumerated() where product.type == "matmul" {
      guard m.number(product, "transpose_x") ?? 0 == 0, m.number(product, "transpose_y") ?? 0 == 0, let value = product.operand("y"),
        let (_, softmax) = m.maker(product.operand("x"), "softmax"), m.onlyReader(softmax.outputs[0].name) != nil,
        let scores = softmax.operand("x"),
        let type = softmax.outputs[0].type.tensorType, (3...4).contains(type.rank), let axis = m.number(softmax, "axis"),
        Int(axis) == -1 || Int(axis) == type.rank - 1, let found = parts(scores, m), sameBatch(found, value, type.rank, m)
      else { continue }
      guard let size = extent(found.query, m) else { continue }
      var operations: [Operation] = []
      func add(_ type: String, _ base: String, _ inputs: [Argument], _ result: ValueType) -> String {
        let name = names.take(base)
        operations.append(
          Operation(type: type, inputs: inputs, outputs: [NamedType(name, result)], attributes: [Attribute("name", Constant(name))]))
        return name
      }
      var key = found.key
      if let order = found.keyOrder, let keyType = m.type(found.key)?.tensorType {
        let isIdentity = order == Array(order.indices)
        if !isIdentity {
          let result = ValueType.tensor(TensorType(keyType.dtype, order.map { keyType.dimensions[$0] }))
          key = add("transpose", found.key + "_key", [Argument("perm", .int32s(order)), Argument("x", found.key)], result)
        }
      }
      var query = found.query
      // The operator scales by 1 / √d itself.
      let factor = found.scale * Double(size).squareRoot()
      if abs(factor - 1) > 1e-4, let queryType = m.type(query) {
        query = add(
          "mul", query + "_scaled",
          [Argument("x", query), Argument("y", Constant(Tensor(scalar: Float(factor)).cast(to: queryType.tensorType?.dtype ?? .float32)))],
          queryType)
      }
      let arguments =
        [Argument("query", query), Argument("key", key), Argument("value", value)]
        + (found.mask.map { [Argument("attn_mask", [$0])] } ?? [])
      replaced[i] = operations + [.replacing(product, "scaled_dot_product_attention", arguments)]
    }
    guard !replaced.isEmpty else { return false }
    function.block.operations = m.operations.enumerated().flatMap { replaced[$0.offset] ?? [$0.element] }
    return true
  }

  private struct Parts {
    var query: String
    var key: String
    /// The order of the key's axes, if it is transposed.
    var keyOrder: [Int]?
    var scale: Double
    var mask: Binding?
  }

  private static func parts(_ scores: String, _ m: Matcher) -> Parts? {
    var name = scores
    var scale = 1.0
    var mask: Binding?
    guard m.onlyReader(name) != nil else { return nil }
    if let (_, addition) = m.maker(name, "add"), m.withNumber(addition) == nil {
      // The mask is the operand that does not come from a product.
      for (x, y) in [("x", "y"), ("y", "x")] {
        guard let inner = addition.operand(x), m.onlyReader(inner) != nil, isScores(inner, m), let other = addition.bindings(y)?.first
        else { continue }
        (name, mask) = (inner, other)
        break
      }
      guard mask != nil else { return nil }
    }
    if let (_, scaled) = m.maker(name, "mul"), let (inner, factor) = m.withNumber(scaled), m.onlyReader(inner) != nil {
      (name, scale) = (inner, scale * factor)
    }
    if let (_, scaled) = m.maker(name, "real_div"), let (inner, divisor) = m.withNumber(scaled), m.onlyReader(inner) != nil {
      (name, scale) = (inner, scale / divisor)
    }
    guard let (_, product) = m.maker(name, "matmul"), m.number(product, "transpose_x") ?? 0 == 0, var query = product.operand("x"),
      var key = product.operand("y"), let rank = product.outputs[0].type.tensorType?.rank
    else { return nil }
    var swapped = Array(0..<rank)
    swapped.swapAt(rank - 1, rank - 2)
    var order: [Int]? = m.number(product, "transpose_y") ?? 0 == 1 ? nil : swapped
    func unscaled(_ name: String) -> String {
      guard let (_, scaled) = m.maker(name, "mul"), let (inner, factor) = m.withNumber(scaled) else { return name }
      scale *= factor
      return inner
    }
    query = unscaled(query)
    key = unscaled(key)
    if order != nil, let (_, transpose) = m.maker(key, "transpose"), let perm = m.constant(transpose, "perm")?.integers(),
      perm.count == rank,
      let source = transpose.operand("x")
    {
      order = swapped.map { perm[$0] }
      key = unscaled(source)
    }
    return Parts(query: query, key: key, keyOrder: order, scale: scale, mask: mask)
  }

  /// Whether a value is a product of matrices, perhaps scaled.
  private static func isScores(_ name: String, _ m: Matcher) -> Bool {
    if m.maker(name, "matmul") != nil { return true }
    if let (_, scaled) = m.maker(name, "mul") ?? m.maker(name, "real_div"), let (inner, _) = m.withNumber(scaled) {
      return m.maker(inner, "matmul") != nil
    }
    return false
  }

  /// Whether query, key and value have the same leading axes, so that nothing is broadcast.
  private static func sameBatch(_ parts: Parts, _ value: String, _ rank: Int, _ m: Matcher) -> Bool {
    guard let q = m.type(parts.query)?.tensorType, let k = m.type(parts.key)?.tensorType, let v = m.type(value)?.tensorType, q.rank == rank,
      k.rank == rank, v.rank == rank
    else { return false }
    let keys = parts.keyOrder.map { $0.map { k.dimensions[$0] } } ?? k.dimensions
    return q.dimensions.dropLast(2) == keys.dropLast(2) && keys.dropLast(2) == v.dimensions.dropLast(2)
  }

  private static func extent(_ name: String, _ m: Matcher) -> Int? { m.type(name)?.tensorType?.dimensions.last?.size }
}
