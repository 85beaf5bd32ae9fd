// SPDX-License-Identifier: Apache-2.0
// Computations on tensors that Ctrl-C ends.

import Algebra
import LuaHost
import Tensors

enum EagerScope {
  /// Whether signals set the flag that computations poll.
  private static let isWatched = Interrupts.watch(Cancellation.flag)

  /// Runs a computation that polls for interrupts.
  static func run<Result>(_ body: () throws -> Result) throws -> Result {
    guard isWatched else { throw LuaError(.internal, "no interrupt flag is left for computations on tensors") }
    return try body()
  }

  /// The same for one tensor.
  static func tensor(_ body: () throws -> Tensor) throws -> TensorObject { TensorObject(try run(body)) }
}

extension Tensor {
  /// The element of a tensor of rank 0 as a number or boolean, other tensors as they are.
  var numberOrTensor: LuaResults { rank == 0 ? LuaResults(ElementValues(self)[0]) : LuaResults(TensorObject(self)) }
}
