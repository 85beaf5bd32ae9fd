// SPDX-License-Identifier: Apache-2.0
// One constant of a program while it is trained: its values, gradients, the optimizer's memory, the methods at work on it.

import Encodings
import Options
import Runtime
import Tensors

package final class TrainedParameter {
  package let name: String
  package let storedType: DType
  /// The weight itself, in 32 bits.
  package let value: ExternalBuffer
  /// What the step computes with: the value itself where no method is at work.
  package private(set) var effective: ExternalBuffer
  package let gradient: ExternalBuffer
  /// What the optimizer remembers.
  package var slots: [ExternalBuffer] = []
  /// Gradients of earlier batches that belong to the same step.
  package var accumulated: ExternalBuffer?
  /// The mean of the values over time.
  package var average: ExternalBuffer?
  package private(set) var transforms: [any WeightTransform] = []
  /// What goes into each transform; the first is the value itself.
  private var stages: [ExternalBuffer] = []
  /// Times the learning rate.
  package var rateFactor = 1.0
  /// In place of the optimizer's own.
  package var weightDecay: Double?

  package var count: Int { value.count }
  package var shape: Shape { value.shape }

  init(name: String, start: Tensor, storedType: DType) {
    self.name = name
    self.storedType = storedType
    value = ExternalBuffer(start)
    gradient = ExternalBuffer(zeros: .float32, start.shape)
    effective = value
  }

  /// Puts methods to work, the first one on the weight itself.
  func attach(_ transforms: [any WeightTransform]) {
    self.transforms = transforms
    stages = transforms.indices.map { $0 == 0 ? value : ExternalBuffer(zeros: .float32, shape) }
    effective = transforms.isEmpty ? value : ExternalBuffer(zeros: .float32, shape)
  }

  private func after(_ i: Int) -> ExternalBuffer { i + 1 < stages.count ? stages[i + 1] : effective }

  /// Makes of the weight what the next step computes with.
  func forward() throws {
    for (i, transform) in transforms.enumerated() { try transform.forward(stages[i].base, to: after(i).base) }
  }

  /// Leads the step's gradient back to the weight.
  func backward() {
    for (i, transform) in transforms.enumerated().reversed() { transform.backward(stages[i].base, gradient.base) }
  }

  func advance(step: Int) {
    for (i, transform) in transforms.enumerated() {
      transform.advance(step: step, stages[i].base)
    }
  }

  /// The weight before the methods, as it would be kept now.
  var settled: ExternalBuffer { average ?? value }

  /// The weight as the finished model holds it: what decoding gives of what is stored, codes, scales and tables rounded.
  func evaluated() throws -> Tensor { try encoded()?.decoded() ?? settled.tensor }

  /// The weight as the finished model stores it; `nil` where no method is at work.
  func encoded() throws -> EncodedWeight? {
    guard let last = transforms.last else { return nil }
    let current = ExternalBuffer(settled.tensor)
    for transform in transforms.dropLast() {
      let next = ExternalBuffer(zeros: .float32, shape)
      try transform.evaluate(current.base, to: next.base)
      current.store(next.tensor)
    }
    let encoded = try last.encode(current.tensor, dtype: storedType)
    guard let mask = transforms.dropLast().lazy.compactMap({ $0 as? MaskTransform }).first else { return encoded }
    return try encoded.pruned(to: Tensor(mask.mask, shape: shape))
  }
}

extension ExternalBuffer {
  var base: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
}
