// SPDX-License-Identifier: Apache-2.0
// State shared by all plans of an executor, for as long as it exists.

import Encodings
import Kernels
import MIL
import Operators
import Tensors

/// The state of an executor: options, scratch memory, folded constants, states and the cancellation check.
final class RunContext {
  let options: RuntimeOptions
  let scratch = Scratch()
  let folds = FoldCache()
  /// Prepares operators with nested blocks. It is injected because preparing the blocks needs the planner itself.
  let nesting: Nesting
  /// The cancellation check, polled between steps.
  let isCancelled: () -> Bool
  /// The states of the current prediction.
  var state: StateStore?
  /// Collects step times while profiling.
  var profile: ProfileCollector?

  typealias Nesting = (Execution, Call, Scope, RunContext) throws -> any NestedBlocks

  init(options: RuntimeOptions, nesting: @escaping Nesting, isCancelled: @escaping () -> Bool) {
    self.options = options
    self.nesting = nesting
    self.isCancelled = isCancelled
  }
}

/// Cached results of operations on constants: the same for all shapes, so computed once.
final class FoldCache {
  private var values: [String: [Tensor]] = [:]

  /// The outputs of a call on constants, cached for `constexpr_` operations.
  ///
  /// Only decoded weights are large enough to be worth caching.
  func value(of call: Call) throws -> [Tensor] {
    guard call.operation.isDecoder else { return try call.evaluate() }
    let key = call.operation.outputs.map(\.name).joined(separator: ",")
    if let known = values[key] { return known }
    let computed = try call.evaluate()
    values[key] = computed
    return computed
  }

  /// The decoded elements of a weight that is kept in encoded form.
  func decoded(_ weight: EncodedWeight, named name: String, for call: Call) throws -> Tensor {
    if let known = values[name]?.first { return known }
    do {
      let tensor = try weight.decoded()
      values[name] = [tensor]
      return tensor
    } catch {
      throw call.error(error.description)
    }
  }
}
