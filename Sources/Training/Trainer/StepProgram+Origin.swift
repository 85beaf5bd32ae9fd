// SPDX-License-Identifier: Apache-2.0
// Finds the first non-finite value of a failed step.

import MIL
import Options
import Runtime
import Tensors
import WeightStorage

extension StepProgram {
  /// A description of the first non-finite value in the last step: an input, a weight, or the result of an operation.
  ///
  /// The step is recomputed without fusion, for a part of its values at a time. −∞ alone is considered last, since it
  /// is used in masks.
  func origin() -> String? {
    let given = inputTensors
    for input in function.inputs {
      if let tensor = given[input.name], tensor.dtype.isFloat, tensor.floats().contains(where: { !$0.isFinite }) {
        return "'\(input.name)' already contains some"
      }
    }
    guard let executor = try? Executor(program: Program(functions: [function]), function: function.name) else { return nil }
    let operations = function.block.operations.filter { !$0.isStored }
    var suspect: Operation?
    for first in stride(from: 0, to: operations.count, by: 48) {
      let part = operations[first..<min(first + 48, operations.count)]
      let names = part.flatMap(\.outputs).filter { $0.type.tensorType?.dtype.isFloat ?? false }.map(\.name)
      guard let results = try? executor.run(given, outputs: names) else { return nil }
      for operation in part {
        let numbers = operation.outputs.flatMap { output -> [Float] in
          if case .tensor(let tensor)? = results[output.name] { tensor.floats() } else { [] }
        }
        if numbers.contains(where: { $0.isNaN || $0 == .infinity }) { return words(operation) }
        if suspect == nil, numbers.contains(-.infinity) { suspect = operation }
      }
    }
    return suspect.map(words)
  }

  private func words(_ operation: Operation) -> String { "it begins at the \(operation.type) '\(operation.name)'" }
}
