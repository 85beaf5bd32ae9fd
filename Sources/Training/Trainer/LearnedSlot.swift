// SPDX-License-Identifier: Apache-2.0
// Learned quantization parameters: how the optimizer updates them.

import Runtime
import Tensors

/// Learned scales and zero points of one weight or activation, with their optimizer state.
struct LearnedSlot {
  let name: String
  let count: Int
  let slots: [ExternalBuffer]
  /// Accumulated gradients of earlier batches in the same step; `nil` without gradient accumulation.
  let sum: ExternalBuffer?
  /// Whether they are updated at this step.
  let isLearning: () -> Bool
  /// Accesses the values and their gradient, to be updated in place.
  let withNumbers: ((UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void) -> Void

  /// Accesses the gradient; `nil` if there is none.
  @discardableResult
  func withGradient<Result>(_ body: (UnsafeMutableBufferPointer<Float>) -> Result) -> Result? {
    var result: Result?
    withNumbers { _, gradient in result = body(UnsafeMutableBufferPointer(start: gradient, count: count)) }
    return result
  }
}

extension Trainer {
  func makeLearnedSlots() {
    var made: [LearnedSlot] = []
    func memory(_ count: Int) -> [ExternalBuffer] { (0..<options.optimizer.slots).map { _ in ExternalBuffer(zeros: .float32, [count]) } }
    func sum(_ count: Int) -> ExternalBuffer? { options.accumulate > 1 ? ExternalBuffer(zeros: .float32, [count]) : nil }
    for parameter in parameters {
      for transform in parameter.transforms {
        for numbers in transform.learnable {
          made.append(
            LearnedSlot(
              name: "\(parameter.name).\(numbers.name)", count: numbers.values.count, slots: memory(numbers.values.count),
              sum: sum(numbers.values.count), isLearning: { transform.learned.contains { $0 === numbers } },
              withNumbers: { body in
                numbers.values.withUnsafeMutableBufferPointer { values in
                  numbers.gradient.withUnsafeMutableBufferPointer { gradient in
                    if let values = values.baseAddress, let gradient = gradient.baseAddress { body(values, gradient) }
                  }
                }
              }))
        }
      }
    }
    for site in activations?.sites ?? [] {
      guard let grid = site.grid else { continue }
      made.append(
        LearnedSlot(
          name: "\(site.value).grid", count: site.isSymmetric ? 1 : 2, slots: memory(2), sum: sum(2),
          isLearning: { site.isLearning },
          withNumbers: { $0(grid.base, site.gridGradient.base) }))
    }
    learned = made
  }
}
