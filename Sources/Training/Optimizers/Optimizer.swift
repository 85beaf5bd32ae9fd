// SPDX-License-Identifier: Apache-2.0
// The protocol of optimizers: options, state per parameter, and the update of a parameter.

import Options

/// A parameter as passed to an optimizer.
package struct ParameterUpdate {
  package let count: Int
  package let weight: UnsafeMutablePointer<Float>
  /// May be overwritten.
  package let gradient: UnsafeMutablePointer<Float>
  /// The optimizer's state for this parameter, initially zero: `slots` arrays.
  package let slots: [UnsafeMutablePointer<Float>]
  package let rate: Float
  /// Replaces the optimizer's momentum if a schedule determines it.
  package let momentum: Double?
  package let weightDecay: Float
  /// Counted from 1.
  package let step: Int

  package init(
    count: Int, weight: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>, slots: [UnsafeMutablePointer<Float>],
    rate: Float, momentum: Double? = nil, weightDecay: Float, step: Int
  ) {
    self.count = count
    self.weight = weight
    self.gradient = gradient
    self.slots = slots
    self.rate = rate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.step = step
  }
}

/// An optimizer.
///
/// To add one, define a type in a file in this folder and add it to `Optimizers.all`.
package protocol Optimizer: Configurable {
  static var summary: String { get }
  /// The publication that describes it.
  static var source: String { get }
  /// The number of state arrays with the size of the parameter.
  var slots: Int { get }
  var weightDecay: Double { get }
  /// Whether a schedule may change its momentum.
  var hasMomentum: Bool { get }
  func update(_ parameter: ParameterUpdate)
}

package enum Optimizers {
  /// All optimizers.
  package static let all: [any Optimizer.Type] = [
    SGD.self, Adam.self, AdamW.self,
  ]
}
