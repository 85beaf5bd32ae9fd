// SPDX-License-Identifier: Apache-2.0
// The interface of operators with nested blocks to the block that contains them.

import Kernels
import MIL
import Operators
import Tensors

/// A `cond` or `while_loop` whose blocks are ready for planning.
package protocol NestedBlocks: AnyObject {
  /// Whether all values that the blocks capture are constants.
  var capturesOnlyConstants: Bool { get }
  /// All values that the node reads: its operands and the values that its blocks capture, except states.
  func operands(_ call: Call) -> ByParameter<[Operand]>
  /// The types of the outputs; `nil` if they depend on input values.
  func outputTypes(_ call: Call) throws -> [TensorType]?
  /// Runs the node on known values. This is the fallback if the shapes of the outputs depend on values.
  func evaluate(_ call: Call) throws -> [Tensor]
  /// Returns a closure that runs the node on the given buffers.
  func prepare(_ inputs: ByParameter<[Buffer]>, _ outputs: [Buffer]) throws -> () throws -> Void
}
