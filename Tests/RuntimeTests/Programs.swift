// SPDX-License-Identifier: Apache-2.0
// Parses and runs programs.

import MIL
import Operators
import Runtime
import Tensors
import Testing

/// A program whose output types are inferred.
func program(_ text: String) throws -> Program {
  try Program(text: text) { operation, types in
    if operation.blocks.count == 2 { return operation.inputs.flatMap { $0.bindings.compactMap { $0.name.flatMap { types[$0] } } } }
    let op = try Catalog.find(operation)
    let call = try Call(operation, opset: .iOS18) { name in
      types[name].map { Operand(name: name, type: $0) }
    }
    return try op.infer(call)
  }
}

/// The outputs of a program that are tensors.
func run(
  _ program: Program, _ inputs: [String: Tensor], options: RuntimeOptions = RuntimeOptions(), state: StateStore? = nil
) throws -> [String: Tensor] {
  try Executor(program: program, options: options).run(inputs, state: state).tensors
}

extension [String: OutputValue] {
  var tensors: [String: Tensor] {
    compactMapValues { if case .tensor(let tensor) = $0 { tensor } else { nil } }
  }
}

/// The largest difference, relative to the reference's largest value.
func distance(_ a: Tensor, _ b: Tensor) -> Double {
  let (x, y) = (a.doubles(), b.doubles())
  guard x.count == y.count else { return .infinity }
  let peak = max(y.map(abs).max() ?? 0, 1e-12)
  return zip(x, y).map { abs($0 - $1) / peak }.max() ?? 0
}

/// Seeded normal numbers.
func random(_ shape: Shape, seed: UInt64) -> Tensor {
  var generator = SplitMix64(seed: seed)
  return Tensor((0..<shape.elementCount).map { _ in Float(generator.normal()) }, shape: shape)
}
