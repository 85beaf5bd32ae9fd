// SPDX-License-Identifier: Apache-2.0
// Sums over data of values inside of a model: second moments, and the moments of channels.

import Algebra
import Evaluation
import Kernels
import MIL
import ModelPackages
import Models
import Structure
import Tensors

/// Values of a model's program over a data set.
struct InputStatistics {
  let model: Model
  let data: Dataset
  let isCancelled: () -> Bool

  /// Calls `body` with the named values of each batch.
  ///
  /// - Throws: `WorkflowError.uncomputedValue` for values inside of loops and branches; errors of the model.
  private func forEachBatch(_ names: [String], _ body: (String, Tensor) throws -> Void) throws {
    guard let function = model.function else { return }
    let inputs = Set(function.inputs.map(\.name))
    let made = Set(function.block.operations.flatMap { $0.outputs.map(\.name) })
    if let stray = names.first(where: { !inputs.contains($0) && !made.contains($0) }) { throw WorkflowError.uncomputedValue(stray) }
    let computed = names.filter { !inputs.contains($0) }
    let part = computed.isEmpty ? nil : try model.extracting(outputs: computed)
    let batches = data.batches(isCancelled: isCancelled)
    while let batch = try batches.next() {
      if isCancelled() { throw AlgebraError.interrupted }
      for name in names where inputs.contains(name) {
        guard let tensor = batch.inputs[name] else { throw WorkflowError.noCalibrationInput(name, known: batch.inputs.keys.sorted()) }
        try body(name, tensor)
      }
      guard let part else { continue }
      let needed = batch.inputs.filter { part.interface.input(named: $0.key) != nil }
      for (name, tensor) in try part.predictBatch(needed, count: batch.count).sorted(by: { $0.key < $1.key }) { try body(name, tensor) }
    }
  }

  /// Σ x xᵀ over all positions of each value along an axis, float64.
  func secondMoments(_ values: [String: Int]) throws -> [String: Tensor] {
    var sums: [String: Tensor] = [:]
    try forEachBatch(values.keys.sorted()) { name, tensor in
      let rows = try Self.rows(tensor, values[name] ?? -1).cast(to: .float64)
      let product = try rows.transposed(nil).product(rows)
      sums[name] = try sums[name].map { try Tensor.combined(.add, .tensor($0), .tensor(product), named: "calibration") } ?? product
    }
    return sums
  }

  /// The means and mean squares of each index along an axis of each value.
  func moments(_ values: [(value: String, axis: Int)]) throws -> [String: [Int: ChannelMoments]] {
    var sums: [String: [Int: (count: Double, means: [Double], squares: [Double])]] = [:]
    var names: Set<String> = []
    try forEachBatch(values.map(\.value).filter { names.insert($0).inserted }) { name, tensor in
      for (value, axis) in values where value == name {
        let rows = try Self.rows(tensor, axis)
        let (means, squares) = (try rows.reduced(.sum, [0]).doubles(), try rows.mapped(.square).reduced(.sum, [0]).doubles())
        let zeros = Array(repeating: 0.0, count: means.count)
        let old = sums[name]?[axis] ?? (0, zeros, zeros)
        sums[name, default: [:]][axis] = (
          old.count + Double(rows.shape[0]), zip(old.means, means).map { $0 + $1 }, zip(old.squares, squares).map { $0 + $1 }
        )
      }
    }
    return sums.mapValues { axes in
      axes.mapValues { sum in
        let count = max(sum.count, 1)
        return ChannelMoments(means: sum.means.map { $0 / count }, squares: sum.squares.map { $0 / count })
      }
    }
  }

  /// The value as rows with one element for each index of the axis.
  private static func rows(_ tensor: Tensor, _ given: Int) throws -> Tensor {
    let axis = given < 0 ? given + tensor.rank : given
    let order = tensor.shape.indices.filter { $0 != axis } + [axis]
    let n = tensor.shape[axis]
    return try tensor.cast(to: .float32).transposed(order).reshaped([tensor.count / max(n, 1), n])
  }
}
