// SPDX-License-Identifier: Apache-2.0
// The sites of weights in a program: all stored tensors that operators read, with their consumers.

import Encodings
import MIL
import Tensors

/// A stored tensor that operators read, compressed or not.
package struct WeightSite: Sendable {
  /// Index of the function.
  package let function: Int
  /// The path from the function's block to the block that defines the weight.
  package let path: [BlockStep]
  /// The name of the value in the program.
  package let valueName: String
  /// The name of the weight without the suffixes of compression, which compression does not change.
  package let name: String
  /// The name of the operation that produces the value.
  package let operationName: String
  package let weight: EncodedWeight
  package let consumers: [Consumer]
  /// The outputs of the operations that the value is computed from, its own first.
  package let chain: [String]
  /// Whether the value is an output of its block.
  package let isBlockOutput: Bool

  /// The channel axes that all consumers agree on.
  package var channelAxes: (output: Int?, input: Int?) {
    let axes = consumers.map { $0.channelAxes(rank: weight.shape.count) }
    guard let first = axes.first else { return (0, 1) }
    return (
      axes.allSatisfy { $0.output == first.output } ? first.output : nil,
      axes.allSatisfy { $0.input == first.input } ? first.input : nil
    )
  }
}

/// A step into a nested block: the index of the operation, and the index of its block.
package struct BlockStep: Hashable, Sendable {
  package let operation: Int
  package let block: Int
}

extension Program {
  /// All weights: floating-point tensors with at least `Constant.leastWeightCount` elements, in program order.
  ///
  /// - Parameters:
  ///   - table: describes the weights of each operator type.
  ///   - suffixes: the suffixes that compression may have appended to names.
  /// - Throws: `WeightStorageError` with the name of a weight whose stored parts are inconsistent.
  package func weightSites(_ table: WeightTable, suffixes: [String] = WeightSuffix.all) throws(WeightStorageError) -> [WeightSite] {
    var sites: [WeightSite] = []
    for (index, function) in functions.enumerated() {
      try Self.collect(
        function.block, table, function: index, path: [], reader: WeightReader(), suffixes, into: &sites)
    }
    return sites
  }

  private static func collect(
    _ block: Block, _ table: WeightTable, function: Int, path: [BlockStep], reader: WeightReader, _ suffixes: [String],
    into sites: inout [WeightSite]
  ) throws(WeightStorageError) {
    var reader = reader
    reader.define(block.operations)
    var consumers: [String: [Consumer]] = [:]
    var outputs = Set(block.outputs)
    collectConsumers(block, table, reader, &consumers, &outputs)
    let taken = Set(block.operations.flatMap { $0.outputs.map(\.name) })
    for operation in block.operations where operation.isStored && operation.outputs.count == 1 {
      let valueName = operation.outputs[0].name
      let readers = consumers[valueName] ?? []
      let isOutput = outputs.contains(valueName)
      guard !readers.isEmpty || isOutput else { continue }
      let weight: EncodedWeight?
      do { weight = try reader.weight(valueName) } catch {
        throw .encoding(weight: operation.name, error)
      }
      guard let weight, weight.dtype.isFloat, weight.count >= Constant.leastWeightCount || operation.isDecoder
      else { continue }
      sites.append(
        WeightSite(
          function: function, path: path, valueName: valueName,
          name: baseName(operation.name, taken: taken, suffixes), operationName: operation.name,
          weight: weight, consumers: readers,
          chain: reader.chain(valueName), isBlockOutput: isOutput))
    }
    for (index, operation) in block.operations.enumerated() {
      for (number, inner) in operation.blocks.enumerated() {
        try collect(
          inner, table, function: function, path: path + [BlockStep(operation: index, block: number)],
          reader: reader, suffixes, into: &sites)
      }
    }
  }

  /// Adds the consumers of every value in this block and its nested blocks.
  private static func collectConsumers(
    _ block: Block, _ table: WeightTable, _ reader: WeightReader, _ consumers: inout [String: [Consumer]],
    _ outputs: inout Set<String>
  ) {
    for operation in block.operations {
      if !operation.isDecoder {
        for argument in operation.inputs {
          for case .name(let name) in argument.bindings {
            consumers[name, default: []].append(Consumer(operation, argument.parameter, table, reader))
          }
        }
      }
      for inner in operation.blocks {
        outputs.formUnion(inner.outputs)
        var nested = reader
        nested.define(inner.operations)
        collectConsumers(inner, table, nested, &consumers, &outputs)
      }
    }
  }

  /// The name without the suffixes of compression, unless something else has that name.
  private static func baseName(_ name: String, taken: Set<String>, _ suffixes: [String]) -> String {
    let base = WeightSuffix.removed(from: name, suffixes)
    return taken.contains(base) ? name : base
  }
}

extension WeightSite {
  /// Whether an operator decodes the value.
  package var isDecoded: Bool {
    if case .dense = weight { return chain.count > 1 }
    return true
  }

  /// Whether both sites refer to the same value of the program.
  package func isSame(as other: WeightSite) -> Bool {
    function == other.function && path == other.path && valueName == other.valueName
  }
}
