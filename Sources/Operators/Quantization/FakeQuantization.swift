// SPDX-License-Identifier: Apache-2.0
// Fake quantization of activations during training: range observation, rounding, and gradients.

import CKernels
import Kernels
import MIL
import Tensors

/// The range of `x` merged with the range so far: `[low, high]`, low above high if nothing was observed yet.
enum ObserveRange: Operator {
  static let signature = Signature(
    "training_observe_range",
    [
      Parameter("x", .float), Parameter("range", .float), Parameter("control", .float), Parameter("momentum", .float),
    ])
  static let layout = LayoutPolicy.strided
  static let gradient = Gradient.none("it only looks at its input")

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("range"))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let (values, count) = (x.floats(), x.count)
    let (old, control, out) = (try request.input("range").floats(), try request.input("control").floats(), request.output.floats())
    let momentum = try request.call.number("momentum")
    return Kernel("loop") {
      let before = (old[0], old[1])
      guard control[0] != 0 else {
        (out[0], out[1]) = before
        return
      }
      let chunks = max((count + Chunks.grain - 1) / Chunks.grain, 1)
      var bounds = [Float](repeating: 0, count: 2 * chunks)
      bounds.withUnsafeMutableBufferPointer { bounds in
        guard let base = bounds.baseAddress else { return }
        nonisolated(unsafe) let parts = base
        for chunk in 0..<chunks { (parts[2 * chunk], parts[2 * chunk + 1]) = (.infinity, -.infinity) }
        Chunks.forEach(of: count) {
          let at = 2 * ($0.lowerBound / Chunks.grain)
          ck_bounds(values + $0.lowerBound, $0.count, parts + at, parts + at + 1)
        }
      }
      var (low, high) = (Float.infinity, -Float.infinity)
      for chunk in 0..<chunks { (low, high) = (min(low, bounds[2 * chunk]), max(high, bounds[2 * chunk + 1])) }
      let merged = CodeGrid.merged(before, (low, high), momentum: momentum)
      (out[0], out[1]) = merged
    }
  }
}

/// The parameters of the quantization grid.
private enum GridParameters {
  static let all = [
    Parameter("range", .float), Parameter("control", .float), Parameter("grid", .float, .optional), Parameter("low", .float),
    Parameter("high", .float), Parameter("symmetric", .bool),
  ]
}

extension KernelRequest {
  /// The current grid; `nil` while quantization is disabled.
  ///
  /// It covers the range, or uses the given scale and zero point if these are learned.
  fileprivate func grid() throws -> () -> ck_grid? {
    let (range, control) = (try input("range").floats(), try input("control").floats())
    let learned = optionalInput("grid")?.floats()
    let (low, high) = (try call.number("low"), try call.number("high"))
    let symmetric = try call.known(call.bool("symmetric"), "symmetric")
    return {
      guard control[1] != 0 else { return nil }
      if let learned, control[0] == 0 {
        let zero = min(max(learned[1].rounded(.toNearestOrEven), low), high)
        return ck_grid(scale: max(learned[0], Float.ulpOfOne), zero: zero, low: low, high: high)
      }
      return CodeGrid.covering(range[0], range[1], codes: low...high, symmetric: symmetric)
    }
  }
}

/// `x` quantized and dequantized.
enum FakeQuantize: Operator {
  static let signature = Signature("training_fake_quantize", [Parameter("x", .float)] + GridParameters.all)
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try call.type("x"))] }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, y, count) = (try request.input("x").floats(), request.output.floats(), request.output.count)
    let grid = try request.grid()
    return Kernel("loop") {
      guard let grid = grid() else {
        if x != y { y.update(from: x, count: count) }
        return
      }
      Chunks.forEach(of: count) { ck_fake_quantize(y + $0.lowerBound, x + $0.lowerBound, grid, $0.count) }
    }
  }

  static var gradient: Gradient {
    .rule { g in
      let call = g.call
      let shared: [String: (any Emittable)?] = [
        "x": try g.input("x"), "gradient": try g.gradient(), "range": try g.input("range"), "control": try g.input("control"),
        "grid": try g.optionalInput("grid"), "low": try call.number("low"), "high": try call.number("high"),
        "symmetric": try call.known(call.bool("symmetric"), "symmetric"),
      ]
      let gradients = try g.emitter.emitAll("training_fake_quantize_gradient", shared)
      try g.give("x") { gradients[0] }
      if gradients.count > 1 { try g.give("grid") { gradients[1] } }
    }
  }
}

/// The straight-through gradient, zero where the code was clamped; and the gradient of a learned scale and zero point,
/// scaled by 1/√(N · greatest code) (Esser et al. 2020).
enum FakeQuantizeGradient: Operator {
  static let signature = Signature(
    "training_fake_quantize_gradient", [Parameter("gradient", .float), Parameter("x", .float)] + GridParameters.all)
  static let layout = LayoutPolicy.follows
  static let inPlace = true
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] {
    [.tensor(try call.type("x"))] + (try call.optionalType("grid").map { [.tensor($0)] } ?? [])
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, dy) = (try request.input("x").floats(), try request.input("gradient").floats())
    let (dx, count) = (request.output.floats(), request.output.count)
    let grid = try request.grid()
    let learned = request.outputs.count > 1 ? request.outputs[1].floats() : nil
    let factor = 1 / (Float(count) * (try request.call.number("high"))).squareRoot()
    return Kernel("loop") {
      if let learned { (learned[0], learned[1]) = (0, 0) }
      guard let grid = grid() else {
        if dx != dy { dx.update(from: dy, count: count) }
        return
      }
      if let learned {
        (learned[0], learned[1]) = back(dx, dy, x, count, grid, factor)
        return
      }
      Chunks.forEach(of: count) { ck_fake_quantize_back(dx + $0.lowerBound, dy + $0.lowerBound, x + $0.lowerBound, grid, $0.count) }
    }
  }

  /// Writes the gradient of `x`; returns those of scale and zero point, summed over chunks in order.
  private static func back(
    _ dx: UnsafeMutablePointer<Float>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int, _ grid: ck_grid,
    _ factor: Float
  ) -> (Float, Float) {
    let chunks = max((count + Chunks.grain - 1) / Chunks.grain, 1)
    var sums = [Float](repeating: 0, count: 2 * chunks)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let base = sums.baseAddress else { return }
      nonisolated(unsafe) let parts = base
      Chunks.forEach(of: count) {
        let at = 2 * ($0.lowerBound / Chunks.grain)
        ck_fake_quantize_learn(
          dx + $0.lowerBound, dy + $0.lowerBound, x + $0.lowerBound, grid, $0.count, parts + at, parts + at + 1)
      }
    }
    var (scale, zero): (Float, Float) = (0, 0)
    for chunk in 0..<chunks { (scale, zero) = (scale + sums[2 * chunk], zero + sums[2 * chunk + 1]) }
    return (scale * factor, zero * factor)
  }
}

/// The family of operators for quantization-aware training.
package enum FakeQuantization {
  static let operators: [any Operator.Type] = [ObserveRange.self, FakeQuantize.self, FakeQuantizeGradient.self]

  /// The operation that merges the range of the value `x` with `range`; both ranges are `[low, high]`.
  ///
  /// - Parameters:
  ///   - control: the name of the value `[observes, rounds]`.
  ///   - momentum: the weight of the new range in the moving average; 0 for the union.
  package static func observing(_ x: String, range: String, control: String, momentum: Float, result: String) -> Operation {
    Operation(
      type: ObserveRange.signature.name,
      inputs: [
        Argument("x", x), Argument("range", range), Argument("control", control), Argument("momentum", Constant(Tensor(scalar: momentum))),
      ], outputs: [NamedType(result, .tensor(.float32, [2]))], attributes: [Attribute("name", Constant(result))])
  }

  /// The operation that quantizes and dequantizes the value `x`.
  ///
  /// - Parameters:
  ///   - range: the name of the range that the grid covers.
  ///   - control: the name of the value `[observes, rounds]`.
  ///   - grid: the name of the learned `[scale, zero point]`, which is used instead of the range while it does not observe.
  ///   - codes: the least and the greatest code.
  package static func rounding(
    _ x: String, range: String, control: String, grid: String?, codes: ClosedRange<Float>, symmetric: Bool, result: NamedType
  ) -> Operation {
    Operation(
      type: FakeQuantize.signature.name,
      inputs: [
        Argument("x", x), Argument("range", range), Argument("control", control),
        Argument("low", Constant(Tensor(scalar: codes.lowerBound))),
        Argument("high", Constant(Tensor(scalar: codes.upperBound))), Argument("symmetric", Constant.bool(symmetric)),
      ] + (grid.map { [Argument("grid", $0)] } ?? []), outputs: [result], attributes: [Attribute("name", Constant(result.name))])
  }
}
