// SPDX-License-Identifier: Apache-2.0
// Loop variables between iterations, with as few copies as the plans' memory placement allows.

import Kernels
import Operators

/// Where loop variables are stored between iterations, and the prepared copies that keep them there.
///
/// A variable is stored where the step reads it. A step that writes it to the same address (`scatter` into a sequence)
/// needs no copy.
struct LoopVariables {
  private let enter: [StridedCopy]
  private let toTest: [StridedCopy]
  private let back: [() -> Void]
  private let leave: [StridedCopy]

  /// - Parameters:
  ///   - initial, outputs: the variables before and after the loop.
  ///   - test, step: plans of the two blocks, whose first inputs are the variables.
  init(initial: [Buffer], outputs: [Buffer], test: Plan, step: Plan) {
    let homes = outputs.indices.map { step.inputs[$0] ?? outputs[$0] }
    enter = zip(initial, homes).map { StridedCopy(from: $0, to: $1) }
    toTest = homes.indices.compactMap { i in test.inputs[i].map { StridedCopy(from: homes[i], to: $0) } }
    let moved = outputs.indices.filter { homes[$0].pointer != outputs[$0].pointer }
    leave = moved.map { StridedCopy(from: homes[$0], to: outputs[$0]) }

    let stays = homes.indices.filter { step.gives($0, at: homes[$0]) }
    let clash = homes.indices.contains { i in
      homes.indices.contains { j in !(i == j && stays.contains(i)) && step.gives(j, within: homes[i]) }
    }
    if clash {
      // Some result occupies memory of another variable: copy all to temporary positions first.
      let again = moved.map { StridedCopy(from: outputs[$0], to: homes[$0]) }
      back = outputs.indices.map { step.storing($0, to: outputs[$0]) } + again.map { copy in { copy.run() } }
    } else {
      back = homes.indices.filter { !stays.contains($0) }.map { step.storing($0, to: homes[$0]) }
    }
  }

  /// Copies the initial values in.
  func begin() { for copy in enter { copy.run() } }
  /// Copies the current values to the test's inputs.
  func show() { for copy in toTest { copy.run() } }
  /// Copies the step's results back.
  func turn() { for copy in back { copy() } }
  /// Copies the final values out.
  func end() { for copy in leave { copy.run() } }
}

extension Plan {
  /// Whether the result is stored there already, in the same axis order.
  fileprivate func gives(_ index: Int, at home: Buffer) -> Bool {
    guard case .buffer(let from, _) = results[index] else { return false }
    return from.pointer == home.pointer && Layout.same(from.order, home.order, home.shape)
  }

  /// Whether the result's memory overlaps the buffer's.
  fileprivate func gives(_ index: Int, within home: Buffer) -> Bool {
    guard case .buffer(let from, _) = results[index] else { return false }
    return from.pointer < home.pointer + home.byteCount && home.pointer < from.pointer + from.byteCount
  }

  /// A prepared copy of a result to a buffer.
  func storing(_ index: Int, to buffer: Buffer) -> () -> Void {
    switch results[index] {
    case .buffer(let from, _):
      let copy = StridedCopy(from: from, to: buffer)
      return { copy.run() }
    case .constant: return { self.store(index, to: buffer) }
    }
  }

  /// A prepared copy of another plan's value to an input; `nil` for an input that is not read.
  func loading(_ index: Int, from buffer: Buffer) -> StridedCopy? {
    inputs[index].map { StridedCopy(from: buffer, to: $0) }
  }
}
