// SPDX-License-Identifier: Apache-2.0
// An operator with blocks of its own, as the block around it sees it.

import Kernels
import MIL
import Operators
import Tensors

/// A `cond` or a `while_loop` with its blocks ready to plan.
package protocol NestedBlocks: AnyObject {
  /// Whether nothing that the blocks read changes from run to run.
  var capturesOnlyConstants: Bool { get }
  /// Everything that the node reads: its operands and what its blocks capture, states left out.
  func operands(_ call: Call) -> ByParameter<[Operand]>
  /// Types of the outputs when they do not depend on values, `nil` otherwise.
  func outputTypes(_ call: Call) throws -> [TensorType]?
  /// Runs the node on known values: the way out when the shapes of its results depend on values.
  func evaluate(_ call: Call) throws -> [Tensor]
  /// The closure that runs the node on these buffers.
  func prepare(_ inputs: ByParameter<[Buffer]>, _ outputs: [Buffer]) throws -> () throws -> Void
}
