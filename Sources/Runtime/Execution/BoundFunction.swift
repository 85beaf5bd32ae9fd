// SPDX-License-Identifier: Apache-2.0
// A function bound to the caller's memory, which it reads and writes without copies.

import Kernels
import MIL
import Operators
import Tensors

/// A function planned for buffers that contain its inputs and receive its outputs.
///
/// Not thread-safe.
package final class BoundFunction {
  private let plan: Plan
  private let runtime: RunContext

  fileprivate init(_ plan: Plan, _ runtime: RunContext) {
    self.plan = plan
    self.runtime = runtime
  }

  /// Computes the outputs from the current content of the input buffers.
  ///
  /// - Throws: `RuntimeError.interrupted`; `OperatorError` for errors that depend on values.
  package func run() throws { try plan.execute() }

  /// Runs with timing of each step, and returns the times, slowest first.
  package func profile(runs: Int) throws -> [ProfileRow] {
    let collector = ProfileCollector()
    runtime.profile = collector
    defer { runtime.profile = nil }
    for _ in 0..<max(runs, 1) { try run() }
    return collector.collected.sorted { $0.seconds > $1.seconds }
  }

  package var summary: PlanSummary { plan.summary }
}

extension Executor {
  /// The function planned for these buffers.
  ///
  /// - Parameters:
  ///   - buffers: one for each input, and destinations of outputs. An output may use the buffer of an input, which is then
  ///     overwritten at the end of the run.
  ///   - outputs: values to return instead of the function's outputs.
  /// - Throws: `RuntimeError` for a missing or incompatible buffer, and for a function with states or shapes that depend on
  ///   values; `OperatorError`.
  package func bind(_ buffers: [String: ExternalBuffer], outputs: [String]? = nil) throws -> BoundFunction {
    let types = try function.inputs.map { input -> TensorType in
      guard case .tensor(let declared) = input.type else {
        throw RuntimeError.unsupported(operation: "input '\(input.name)'", reason: "its type is \(input.type), expected a tensor")
      }
      guard let buffer = buffers[input.name] else { throw RuntimeError.missingInput(input.name, expected: "\(declared)") }
      let found = TensorType(declared.dtype, buffer.shape)
      guard declared.accepts(found), buffer.dtype == declared.dtype.computed else {
        throw RuntimeError.wrongInput(input.name, expected: "\(declared)", found: "\(TensorType(buffer.dtype, buffer.shape))")
      }
      return found
    }
    return BoundFunction(try plan(bound: buffers, types: types, outputs: outputs), runtime)
  }
}
