// SPDX-License-Identifier: Apache-2.0
// Where samples come from.

import Tensors

/// A sequence of samples, any of which can be read by its index.
package protocol SampleSource: Sendable {
  var count: Int { get }
  var inputs: [String: SampleType] { get }
  /// `nil` if there are no labels.
  var labels: SampleType? { get }
  /// The labels of all samples, if they are known without reading the samples.
  var knownLabels: Tensor? { get }
  /// Whether reading takes so long that it is done ahead, on threads of its own.
  var isSlow: Bool { get }
  /// The memory that the source itself takes, in bytes.
  var byteCount: Int { get }
  /// Reads samples. May be called by several threads at once.
  ///
  /// - Parameter isAbandoned: checked between samples; if `true`, the result does not matter.
  func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples
  /// Adds the content of samples to a digest.
  func add(_ order: [Int], to hash: inout ContentHash) throws
}

extension SampleSource {
  package var knownLabels: Tensor? { nil }
  package var isSlow: Bool { false }
  package var byteCount: Int { 0 }

  /// Adds the values of the samples, which are read for this.
  package func add(_ order: [Int], to hash: inout ContentHash) throws {
    let names = inputs.keys.sorted()
    var parts = [ContentHash](repeating: ContentHash(), count: names.count + 1)
    for start in stride(from: 0, to: order.count, by: 32) {
      let samples = try read(Array(order[start..<min(start + 32, order.count)]), isAbandoned: { false }).finish()
      for (place, name) in names.enumerated() { if let tensor = samples.inputs[name] { parts[place].add(tensor) } }
      if let labels = samples.labels { parts[names.count].add(labels) }
    }
    for (name, part) in zip(names + ["labels"], parts) { hash.add(Array("\(name) \(part.text)".utf8)) }
  }
}

extension ContentHash {
  mutating func add(_ tensor: Tensor) {
    if tensor.dtype.isSubByte { add(tensor.codes()) } else { tensor.withBytes { add($0) } }
  }
}
