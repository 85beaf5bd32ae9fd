// SPDX-License-Identifier: Apache-2.0
// A layer as two or three thinner ones.

import Algebra
import Kernels
import MIL
import Operators
import Platform
import Tensors

/// The weights of the layers that take the place of one: applied one after the other.
struct FactorizedLayer {
  /// In the layout of the operator, with the element type of the original.
  let weights: [Tensor]
  /// The index of the layer with the geometry (strides, padding, dilations) of the original.
  let geometry: Int
  /// The words for the report: `rank 12 of 64`.
  let words: String
  /// The signal-to-noise ratio of the product of the factors, in dB.
  let snrDB: Double

  var count: Int { weights.reduce(0) { $0 + $1.count } }

  /// The factors of a weight of `linear`, [outputs, inputs], or of a convolution with one group, [outputs, inputs, kernel…].
  ///
  /// - Parameter moments: [inputs, inputs], for weights whose kernel is a single position.
  /// - Returns: `nil` if the layers would not have fewer elements.
  static func make(_ weight: Tensor, _ size: FactorSize, moments: Tensor?) throws -> FactorizedLayer? {
    let dtype = weight.dtype
    let values = weight.cast(to: .float32)
    let (o, i) = (weight.shape[0], weight.shape[1])
    let kernel = Array(weight.shape.dropFirst(2))
    let taps = kernel.reduce(1, *)
    let ones = Shape(repeating: 1, count: kernel.count)
    if taps == 1 {
      let factors = try LowRank.factors(values.reshaped([o, i]), size, moments: moments)
      let rank = factors.left.shape[1]
      guard rank * (o + i) < o * i else { return nil }
      let (left, right) = (factors.left.cast(to: dtype), factors.right.cast(to: dtype))
      return FactorizedLayer(
        weights: [right.reshaped([rank, i] + ones), left.reshaped([o, rank] + ones)], geometry: 0,
        words: "rank \(rank) of \(min(o, i))", snrDB: try snr(values.reshaped([o, i]), product(left, right)))
    }
    let tucker = try LowRank.tucker(values.reshaped([o, i, taps]), size)
    let (ro, ri) = (tucker.outputs.shape[1], tucker.inputs.shape[0])
    guard ri * i + ro * ri * taps + ro * o < weight.count else { return nil }
    let (outputs, core, inputs) = (tucker.outputs.cast(to: dtype), tucker.core.cast(to: dtype), tucker.inputs.cast(to: dtype))
    let rows = try product(outputs, core.reshaped([ro, ri * taps])).reshaped([o, ri, taps]).transposed([1, 0, 2]).reshaped([ri, o * taps])
    let back = try product(inputs.transposed(nil), rows).reshaped([i, o, taps]).transposed([1, 0, 2])
    return FactorizedLayer(
      weights: [inputs.reshaped([ri, i] + ones), core.reshaped([ro, ri] + kernel), outputs.reshaped([o, ro] + ones)], geometry: 1,
      words: "ranks \(ro) of \(o) outputs, \(ri) of \(i) inputs", snrDB: try snr(values, back.reshaped(values.shape)))
  }

  private static func product(_ a: Tensor, _ b: Tensor) throws -> Tensor { try a.cast(to: .float32).product(b.cast(to: .float32)) }

  private static func snr(_ a: Tensor, _ b: Tensor) throws -> Double {
    let noise = try Tensor.combined(.subtract, .tensor(a), .tensor(b), named: "factorize").mapped(.square).total()
    let signal = try a.mapped(.square).total()
    return noise == 0 ? .infinity : 10 * log10(signal / noise)
  }

  /// Emits the layers in place of an operation, and returns the last one's value.
  func emit(_ operation: Operation, named base: String, _ emitter: Emitter) throws -> TypedValue {
    let geometric: Set<String> = ["strides", "pad_type", "pad", "dilations", "groups"]
    func bindings(_ parameter: String) -> BoundArgument? { operation.bindings(parameter).map(BoundArgument.init) }
    guard let x = bindings("x") else {
      throw OperatorError(operatorName: operation.type, operationName: operation.name, problem: "has no input x")
    }
    var value: any Emittable = x
    var last: TypedValue?
    for (number, weight) in weights.enumerated() {
      let name = emitter.freshName("\(base)_factor\(number + 1)")
      try emitter.append(.const(name, Constant(weight, opset: emitter.opset)))
      var inputs: [String: (any Emittable)?] = ["x": value, "weight": try emitter.value(name)]
      if number == geometry { for parameter in geometric { inputs[parameter] = bindings(parameter) } }
      if number == weights.count - 1 { inputs["bias"] = bindings("bias") }
      let made = try emitter.emit(operation.type, inputs, name: "\(operation.name)_\(number + 1)")
      (value, last) = (made, made)
    }
    guard let last else { throw OperatorError(operatorName: operation.type, operationName: operation.name, problem: "has no factors") }
    return last
  }
}

/// What an operation's parameter was bound to, bound again.
private struct BoundArgument: Emittable {
  let bindings: [Binding]
}
