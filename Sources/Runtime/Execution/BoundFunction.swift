// SPDX-License-Identifier: Apache-2.0
// A function bound to a caller's memory: running it copies nothing in or out.

import Kernels
import MIL
import Operators
import Tensors

/// One function, planned for buffers that hold its inputs and take its outputs.
///
/// Not thread-safe; it shares the executor's thread team.
package final class BoundFunction {
  private let plan: Plan
  private let runtime: RunContext

  fileprivate init(_ plan: Plan, _ runtime: RunContext) {
    self.plan = plan
    self.runtime = runtime
  }

  /// Computes the outputs from what the input buffers hold now.
  ///
  /// - Throws: `RuntimeError.interrupted`; `OperatorError` for faults that depend on values.
  package func run() throws { try plan.execute() }

  /// Runs with the clock on each step, and gives the steps' times, the slowest first.
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
  ///   - buffers: one for each input; for outputs, where the caller wants them. An output may have the buffer of an input:
  ///     the input changes when everything else is done.
  ///   - outputs: values to give instead of the function's outputs.
  /// - Throws: `RuntimeError` for a missing or unfitting buffer, and for a function with states or shapes that depend on
  ///   values; `OperatorError`.
  package func bind(_ buffers: [String: ExternalBuffer], outputs: [String]? = nil) throws -> BoundFunction {
    let types = try function.inputs.map { input -> TensorType in
      guard case .tensor(let declared) = input.type else {
        throw RuntimeError.unsupported(operation: "input '\(input.name)'", reason: "its type is \(input.type)")
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
