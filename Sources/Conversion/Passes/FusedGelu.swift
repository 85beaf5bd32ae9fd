// SPDX-License-Identifier: Apache-2.0
// Recognizes gelu written out, with erf or with tanh.

import MIL
import Tensors

enum FusedGelu {
  static func run(_ function: inout Function) -> Bool {
    let matcher = Matcher(function)
    var replaced: [Int: Operation] = [:]
    for (_, operation) in matcher.operations.enumerated() {
      guard let found = exact(operation, matcher) ?? approximate(operation, matcher), replaced[found.last] == nil else { continue }
      replaced[found.last] = .replacing(
        matcher.operations[found.last], "gelu",
        [Argument("x", found.x), Argument("mode", Constant(operation.type == "erf" ? "EXACT" : "TANH_APPROXIMATION"))])
    }
    guard !replaced.isEmpty else { return false }
    for (i, operation) in replaced { function.block.operations[i] = operation }
    return true
  }

  /// `x · ½ (1 + erf(x / √2))`, in any order of the factors.
  private static func exact(_ erf: Operation, _ m: Matcher) -> (x: String, last: Int)? {
    guard erf.type == "erf", let scaled = erf.operand("x") else { return nil }
    var source: String?
    if let (_, product) = m.maker(scaled, "mul"), let (x, factor) = m.withNumber(product), abs(factor - 0.5.squareRoot()) < 1e-4 {
      source = x
    }
    if let (_, quotient) = m.maker(scaled, "real_div"), let (x, divisor) = m.withNumber(quotient), abs(divisor - 2.0.squareRoot()) < 1e-4 {
      source = x
    }
    guard let source else { return nil }
    return product(of: erf.outputs[0].name, with: source, m)
  }

  /// `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`
  private static func approximate(_ tanh: Operation, _ m: Matcher) -> (x: String, last: Int)? {
    guard tanh.type == "tanh", let (_, scaled) = m.maker(tanh.operand("x"), "mul"), let (sum, factor) = m.withNumber(scaled),
      abs(factor - (2 / Double.pi).squareRoot()) < 1e-3, let (_, addition) = m.maker(sum, "add")
    else { return nil }
    for (x, cube) in [(addition.operand("x"), addition.operand("y")), (addition.operand("y"), addition.operand("x"))] {
      guard let x, let (_, product) = m.maker(cube, "mul"), let (power, coefficient) = m.withNumber(product),
        abs(coefficient - 0.044715) < 1e-4,
        isCube(power, of: x, m)
      else { continue }
      return self.product(of: tanh.outputs[0].name, with: x, m)
    }
    return nil
  }

  private static func isCube(_ name: String, of x: String, _ m: Matcher) -> Bool {
    if let (_, power) = m.maker(name, "pow"), power.operand("x") == x, m.number(power, "y") == 3 { return true }
    guard let (_, product) = m.maker(name, "mul"), let other = m.other(product, than: x)?.name else { return false }
    if let (_, square) = m.maker(other, "square"), square.operand("x") == x { return true }
    guard let (_, square) = m.maker(other, "mul") else { return false }
    return square.operand("x") == x && square.operand("y") == x
  }

  /// The last operation of `x · ½ · (1 + value)`.
  private static func product(of value: String, with x: String, _ m: Matcher) -> (x: String, last: Int)? {
    guard let (_, addition) = m.onlyReader(value), addition.type == "add", m.withNumber(addition)?.number == 1,
      let (first, product) = m.onlyReader(addition.outputs[0].name), product.type == "mul"
    else { return nil }
    let sum = addition.outputs[0].name
    if m.withNumber(product)?.number == 0.5 {
      guard let (last, end) = m.onlyReader(product.outputs[0].name), end.type == "mul",
        m.other(end, than: product.outputs[0].name)?.name == x
      else { return nil }
      return (x, last)
    }
    guard let other = m.other(product, than: sum)?.name else { return nil }
    if other == x {
      guard let (last, end) = m.onlyReader(product.outputs[0].name), end.type == "mul", m.withNumber(end)?.number == 0.5 else { return nil }
      return (x, last)
    }
    if let (_, half) = m.maker(other, "mul"), let (source, factor) = m.withNumber(half), source == x, factor == 0.5 { return (x, first) }
    return nil
  }
}
