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
  let scratch: Scratch
  let constants: SharedConstants
  /// Prepares operators with nested blocks. It is injected because preparing the blocks needs the planner itself.
  let nesting: Nesting
  /// The cancellation check, polled between steps.
  let isCancelled: () -> Bool
  /// The memory of the states, which holds those of the current prediction.
  let states: StateMemory
  /// Collects step times while profiling.
  var profile: ProfileCollector?

  typealias Nesting = (Execution, Call, Scope, RunContext) throws -> any NestedBlocks

  init(
    options: RuntimeOptions, constants: SharedConstants, states: StateMemory, nesting: @escaping Nesting,
    isCancelled: @escaping () -> Bool
  ) {
    self.options = options
    self.constants = constants
    self.states = states
    scratch = Scratch(weights: constants.weights)
    self.nesting = nesting
    self.isCancelled = isCancelled
  }
}
