// SPDX-License-Identifier: Apache-2.0
// What an optimizer is: options, the memory that it keeps for each parameter, and one pass over a parameter.

import Options

/// One parameter as an optimizer sees it.
package struct ParameterUpdate {
  package let count: Int
  package let weight: UnsafeMutablePointer<Float>
  /// May be overwritten.
  package let gradient: UnsafeMutablePointer<Float>
  /// What the optimizer remembers of this parameter, zero at first: `slots` of them.
  package let slots: [UnsafeMutablePointer<Float>]
  package let rate: Float
  /// In place of the optimizer's own, where a schedule moves it.
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

/// A rule that moves parameters against their gradients.
///
/// To add one: a type in a file of this folder, and its place in `Optimizers.all`.
package protocol Optimizer: Configurable {
  static var summary: String { get }
  /// Where it is described.
  static var source: String { get }
  /// Arrays of the parameter's size that it remembers.
  var slots: Int { get }
  var weightDecay: Double { get }
  /// Whether a schedule may move its momentum.
  var hasMomentum: Bool { get }
  func update(_ parameter: ParameterUpdate)
}

package enum Optimizers {
  /// Every optimizer.
  package static let all: [any Optimizer.Type] = [
    SGD.self, Adam.self, AdamW.self,
  ]
}
