// SPDX-License-Identifier: Apache-2.0
// Compares gradients with central differences, for small programs with one operator.

import MIL
import Operators
import Runtime
import Tensors
import Testing
import Training

/// An operator `y = op(…)` with the inputs to differentiate by.
struct GradientCase: CustomTestStringConvertible, Sendable {
  let operation: String
  var opset = Opset.iOS18
  /// Arguments by name: `varying` become inputs of the program, `fixed` constants.
  let varying: [String: Tensor]
  let fixed: [String: any Emittable & Sendable]
  var note = ""
  /// The number of outputs that the loss depends on.
  var outputs = Int.max

  init(
    _ operation: String, _ varying: [String: Tensor], _ fixed: [String: any Emittable & Sendable] = [:], opset: Opset = .iOS18,
    outputs: Int = .max, note: String = ""
  ) {
    self.outputs = outputs
    self.operation = operation
    self.varying = varying
    self.fixed = fixed
    self.opset = opset
    self.note = note
  }

  var testDescription: String { operation + (note.isEmpty ? "" : " (\(note))") }

  /// `loss = Σ over outputs of Σ wₖ · yₖ`, with seeded weights, so that every output element contributes differently.
  func function() throws -> Function {
    let inputs = varying.keys.sorted().map { NamedType($0, .tensor(.float32, varying[$0]?.shape ?? [])) }
    let empty = Function(inputs: inputs, opset: opset, block: Block())
    let emitter = try Emitter(empty)
    var bound: [String: (any Emittable)?] = fixed.mapValues { $0 }
    for name in varying.keys {
      // `values0`, `values1` fill the variadic `values`.
      let value = try emitter.value(name)
      guard let digit = name.last, digit.isNumber else {
        bound[name] = value
        continue
      }
      let parameter = String(name.dropLast())
      bound[parameter] = ((bound[parameter] as? [TypedValue]) ?? []) + [value]
    }
    for (parameter, _) in bound where varying["\(parameter)0"] != nil {
      bound[parameter] = try varying.keys.filter { $0.dropLast() == parameter }.sorted().map { try emitter.value($0) }
    }
    var loss: TypedValue?
    for (i, output) in try emitter.emitAll(operation, bound).enumerated() where output.dtype.isFloat && i < outputs {
      let weights = try emitter.constant(random(output.shape, seed: 77 + UInt64(i)))
      let part = try (output * weights).sum(Array(output.shape.indices)).reshaped([])
      loss = try loss.map { try $0 + part } ?? part
    }
    let result = try #require(loss).apply("identity", name: "loss")
    var function = empty
    function.block.operations = emitter.operations
    function.block.outputs = [result.name ?? ""]
    return function
  }

  /// The largest difference between a gradient and its central difference, relative to the gradients' size.
  func error(step: Float = 1e-2) throws -> Double {
    let function = try function()
    let names = varying.keys.sorted()
    let made = try Differentiation(function, of: "loss", by: names, keeping: ["loss"])
    let program = Program(functions: [made.function])
    try program.verify()
    try program.checkTypes()
    let gradients = try Executor(program: program).run(varying).tensors
    let forward = try Executor(program: Program(functions: [function]))
    func loss(_ inputs: [String: Tensor]) throws -> Double { try #require(forward.run(inputs).tensors["loss"]).doubles()[0] }
    var worst = 0.0
    for name in names {
      let gradient = try #require(gradients[made.gradients[name] ?? ""]).doubles()
      let start = try #require(varying[name])
      var values = start.floats()
      var numeric: [Double] = []
      for i in values.indices {
        let old = values[i]
        values[i] = old + step
        let above = try loss(varying.merging([name: Tensor(values, shape: start.shape)]) { $1 })
        values[i] = old - step
        let below = try loss(varying.merging([name: Tensor(values, shape: start.shape)]) { $1 })
        values[i] = old
        numeric.append((above - below) / (2 * Double(step)))
      }
      let size = max(numeric.map(abs).max() ?? 0, 0.1)
      #expect(gradient.count == numeric.count)
      worst = max(worst, zip(gradient, numeric).map { abs($0 - $1) / size }.max() ?? 0)
    }
    return worst
  }
}

extension [String: OutputValue] {
  var tensors: [String: Tensor] { compactMapValues { if case .tensor(let tensor) = $0 { tensor } else { nil } } }
}

/// Seeded normal numbers.
func random(_ shape: Shape, seed: UInt64, scale: Float = 1, shift: Float = 0) -> Tensor {
  var generator = SplitMix64(seed: seed)
  return Tensor((0..<shape.elementCount).map { _ in Float(generator.normal()) * scale + shift }, shape: shape)
}

/// Seeded numbers from `low` to `high` in random order, with differences that are larger than the steps of central
/// differences.
func spread(_ shape: Shape, _ low: Float, _ high: Float, seed: UInt64) -> Tensor {
  var generator = SplitMix64(seed: seed)
  var places = Array(0..<shape.elementCount)
  for i in places.indices.dropFirst().reversed() { places.swapAt(i, Int(generator.next() % UInt64(i + 1))) }
  return Tensor(places.map { low + (high - low) * (Float($0) + 0.5) / Float(shape.elementCount) }, shape: shape)
}
