// SPDX-License-Identifier: Apache-2.0
// Gradients of scatters.

import Kernels
import MIL
import Tensors

extension ScatterOperator {
  static var gradient: Gradient {
    .rule { g in
      guard try g.call.type("data").dtype.isFloat else { return }
      let mode = try g.call.known(g.call.string("mode"), "mode")
      try g.give("data") { try dataGradient(g, mode) }
      try g.give("updates") { try updatesGradient(g, mode) }
    }
  }

  private static func dataGradient(_ g: GradientContext, _ mode: String) throws -> TypedValue {
    let gradient = try g.gradient()
    func scattered(_ updates: TypedValue, _ mode: String) throws -> TypedValue {
      try g.emitter.emit(
        signature.name, axis(g).merging(["data": gradient, "indices": g.input("indices"), "updates": updates, "mode": mode]) { $1 })
    }
    switch mode {
    case "add", "sub": return gradient
    case "update": return try scattered(gradient.zeros(g.input("updates").shape), "update")
    case "mul", "div": return try scattered(g.input("updates"), mode)
    default: return try g.output().apply("equal", ["y": g.input("data")]).select(gradient, gradient.zero)
    }
  }

  private static func updatesGradient(_ g: GradientContext, _ mode: String) throws -> TypedValue {
    let (gradient, updates) = (try g.gradient(), try g.input("updates"))
    func picked(_ value: TypedValue) throws -> TypedValue {
      let name = signature.name == "scatter" ? "gather" : signature.name.replacing("scatter", with: "gather")
      return try g.emitter.emit(name, axis(g).merging(["x": value, "indices": g.input("indices")]) { $1 })
    }
    switch mode {
    case "add", "update": return try picked(gradient)
    case "sub": return try picked(gradient).negated()
    case "mul": return try picked(gradient * g.output()) / updates
    case "div": return try picked(gradient * g.output()) / updates * -1
    default: return try picked(g.output()).apply("equal", ["y": updates]).select(picked(gradient), gradient.zero)
    }
  }

  private static func axis(_ g: GradientContext) throws -> [String: (any Emittable)?] {
    guard signature.parameter("axis") != nil else { return [:] }
    return ["axis": try g.call.knownAxis("axis", rank: g.call.type("data").rank)]
  }
}
