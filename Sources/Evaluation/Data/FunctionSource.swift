// SPDX-License-Identifier: Apache-2.0
// Samples that a function makes.

import Tensors

/// The results of a function of the index, which runs on the thread that asks for the samples.
///
/// Unchecked `Sendable`: the function is only called by `PendingSamples.finish`.
package struct FunctionSource: SampleSource, @unchecked Sendable {
  package let count: Int
  package let inputs: [String: SampleType]
  package let labels: SampleType?
  private let function: (Int) throws -> Sample

  /// Calls the function for the first sample, whose names, dtypes and shapes those of all others must equal.
  ///
  /// - Parameters:
  ///   - count: the number of samples, at least 1.
  ///   - function: the sample with an index, counted from 0.
  package init(count: Int, _ function: @escaping (Int) throws -> Sample) throws {
    let first = try function(0)
    guard !first.inputs.isEmpty else { throw EvaluationError.noInputs(source: "sample 1") }
    self.count = count
    (inputs, labels) = first.types
    self.function = function
  }

  package func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    PendingSamples {
      try Samples(
        indices.map { index in
          let sample = try function(index)
          try sample.check(inputs, labels, index: index)
          return sample
        })
    }
  }
}

/// The results of a function of the samples of another source, which runs on the thread that asks for the samples.
///
/// Unchecked `Sendable`: the function is only called by `PendingSamples.finish`.
package struct MappedSource: SampleSource, @unchecked Sendable {
  private let base: any SampleSource
  package let inputs: [String: SampleType]
  package let labels: SampleType?
  private let function: (Sample, Int) throws -> Sample

  /// Calls the function for the first sample, as `FunctionSource` does.
  init(_ base: any SampleSource, first: Int, _ function: @escaping (Sample, Int) throws -> Sample) throws {
    let samples = try base.read([first], isAbandoned: { false }).finish()
    let sample = try function(samples.single[0], first)
    guard !sample.inputs.isEmpty else { throw EvaluationError.noInputs(source: "the result of the function") }
    self.base = base
    (inputs, labels) = sample.types
    self.function = function
  }

  package var count: Int { base.count }
  package var isSlow: Bool { base.isSlow }
  package var byteCount: Int { base.byteCount }

  package func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    let pending = try base.read(indices, isAbandoned: isAbandoned)
    return PendingSamples {
      try Samples(
        zip(pending.finish().single, indices).map { sample, index in
          let sample = try function(sample, index)
          try sample.check(inputs, labels, index: index)
          return sample
        })
    }
  }
}

extension Sample {
  fileprivate var types: ([String: SampleType], SampleType?) {
    (inputs.mapValues { SampleType($0.dtype, $0.shape) }, labels.map { SampleType($0.dtype, $0.shape) })
  }

  fileprivate func check(_ expected: [String: SampleType], _ expectedLabels: SampleType?, index: Int) throws {
    let (inputs, labels) = types
    for name in Set(inputs.keys).union(expected.keys).sorted() where inputs[name] != expected[name] {
      throw EvaluationError.unlikeSample(
        index: index, what: "input '\(name)'", found: inputs[name]?.description, expected: expected[name]?.description)
    }
    guard labels == expectedLabels else {
      throw EvaluationError.unlikeSample(
        index: index, what: "labels", found: labels?.description, expected: expectedLabels?.description)
    }
  }
}
