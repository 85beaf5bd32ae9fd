// SPDX-License-Identifier: Apache-2.0
// A trained constant of a program: values, gradients, optimizer state, and the methods applied to it.

import Encodings
import Options
import Runtime
import Tensors

package final class TrainedParameter {
  package let name: String
  package let storedType: DType
  /// The weight in 32 bits.
  package let value: ExternalBuffer
  /// The values that the step uses: those of the weight if no method is applied.
  package private(set) var effective: ExternalBuffer
  package let gradient: ExternalBuffer
  /// The optimizer state.
  package var slots: [ExternalBuffer] = []
  /// Accumulated gradients of earlier batches in the same step.
  package var accumulated: ExternalBuffer?
  /// The exponential moving average of the values.
  package var average: ExternalBuffer?
  package private(set) var transforms: [any WeightTransform] = []
  /// The input of each transform; the first is the value itself.
  private var stages: [ExternalBuffer] = []
  /// A factor for the learning rate.
  package var rateFactor = 1.0
  /// Replaces the optimizer's weight decay.
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

  /// Applies methods in sequence, the first to the weight itself.
  func attach(_ transforms: [any WeightTransform]) {
    self.transforms = transforms
    stages = transforms.indices.map { $0 == 0 ? value : ExternalBuffer(zeros: .float32, shape) }
    effective = transforms.isEmpty ? value : ExternalBuffer(zeros: .float32, shape)
  }

  /// Sets the values before the first step.
  func start(from values: Tensor) {
    value.store(values)
    average?.store(values)
  }

  private func after(_ i: Int) -> ExternalBuffer { i + 1 < stages.count ? stages[i + 1] : effective }

  /// Computes the values for the next step.
  func forward() throws {
    for (i, transform) in transforms.enumerated() { try transform.forward(stages[i].base, to: after(i).base) }
  }

  /// Propagates the step's gradient back to the weight.
  func backward() {
    for (i, transform) in transforms.enumerated().reversed() { transform.backward(stages[i].base, gradient.base) }
  }

  func advance(step: Int) {
    for (i, transform) in transforms.enumerated() {
      transform.advance(step: step, stages[i].base)
    }
  }

  /// The weight before the methods, as it would be finalized now.
  var settled: ExternalBuffer { average ?? value }

  /// The weight as stored in the final model: decoded from the encoded form, including the rounding of codes, scales
  /// and tables.
  func evaluated() throws -> Tensor { try encoded()?.decoded() ?? settled.tensor }

  /// The encoded weight of the finalized model; `nil` if no method is applied.
  func encoded() throws -> EncodedWeight? {
    guard let last = transforms.last else { return nil }
    let current = ExternalBuffer(settled.tensor)
    for transform in transforms.dropLast() {
      let next = ExternalBuffer(zeros: .float32, shape)
      try transform.evaluate(current.base, to: next.base)
      current.store(next.tensor)
    }
    let encoded = try last.encode(current.tensor, dtype: storedType)
    guard let mask = transforms.dropLast().lazy.compactMap(\.mask).first else { return encoded }
    return try encoded.pruned(to: Tensor(mask, shape: shape))
  }
}

extension ExternalBuffer {
  var base: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
}
