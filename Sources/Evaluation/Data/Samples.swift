// SPDX-License-Identifier: Apache-2.0
// Samples as values: single ones, and rows of several.

import Tensors

/// The dtype and shape of a value of one sample, without the sample axis.
package struct SampleType: Sendable, Equatable, CustomStringConvertible {
  package let dtype: DType
  package let shape: [Int]

  package init(_ dtype: DType, _ shape: [Int]) {
    self.dtype = dtype
    self.shape = shape
  }

  /// The type of the rows of a tensor.
  init(rowsOf tensor: Tensor) { self.init(tensor.dtype, Array(tensor.shape.dropFirst())) }

  package var description: String { "\(dtype)\(shape)" }
}

/// One sample: tensors without a sample axis.
package struct Sample: Sendable {
  package var inputs: [String: Tensor]
  package var labels: Tensor?

  package init(inputs: [String: Tensor], labels: Tensor? = nil) {
    self.inputs = inputs
    self.labels = labels
  }
}

/// Several samples, along the first axis of every tensor.
package struct Samples: Sendable {
  package var inputs: [String: Tensor]
  package var labels: Tensor?

  package init(inputs: [String: Tensor], labels: Tensor? = nil) {
    self.inputs = inputs
    self.labels = labels
  }

  /// The samples one by one.
  var single: [Sample] {
    let count = (inputs.values.first ?? labels)?.shape.first ?? 0
    func row(_ tensor: Tensor, _ index: Int) -> Tensor { tensor.rows(index..<index + 1).reshaped(Array(tensor.shape.dropFirst())) }
    return (0..<count).map { i in Sample(inputs: inputs.mapValues { row($0, i) }, labels: labels.map { row($0, i) }) }
  }

  /// Samples as rows. There must be at least one, and all must have the same names, dtypes and shapes.
  init(_ samples: [Sample]) throws {
    func rows(_ tensors: [Tensor]) throws -> Tensor { try Tensor.joined(rowsOf: tensors.map { $0.reshaped([1] + $0.shape) }) }
    inputs = try Dictionary(
      uniqueKeysWithValues: samples[0].inputs.keys.map { name in (name, try rows(samples.compactMap { $0.inputs[name] })) })
    labels = samples[0].labels == nil ? nil : try rows(samples.compactMap(\.labels))
  }

  /// The samples of all parts, one after the other. There must be at least one part.
  static func joined(_ parts: [Samples]) throws -> Samples {
    guard parts.count > 1 else { return parts[0] }
    var joined = Samples(inputs: [:])
    for name in parts[0].inputs.keys { joined.inputs[name] = try Tensor.joined(rowsOf: parts.compactMap { $0.inputs[name] }) }
    if parts[0].labels != nil { joined.labels = try Tensor.joined(rowsOf: parts.compactMap(\.labels)) }
    return joined
  }
}

/// Samples that have been read as far as this is possible on any thread.
///
/// Unchecked `Sendable`: what remains, such as functions of a script, runs on the thread that asks for the samples.
package struct PendingSamples: @unchecked Sendable {
  private let body: () throws -> Samples

  package init(_ samples: Samples) { body = { samples } }
  init(finish body: @escaping () throws -> Samples) { self.body = body }

  func finish() throws -> Samples { try body() }
}
