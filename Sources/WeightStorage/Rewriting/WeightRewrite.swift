// SPDX-License-Identifier: Apache-2.0
// Writes encodings as operations, and replaces the weights of a program.

import Encodings
import MIL
import Tensors

/// The replacement of a stored weight.
package struct WeightReplacement: Sendable {
  /// The value that is replaced.
  package var site: WeightSite
  /// The new encodings, each with the consumers that read it: one for all, or several where a shared weight was split.
  package var parts: [Part]

  package struct Part: Sendable {
    package var weight: EncodedWeight
    /// The name of the new operation and its value: `conv_weight_quantized`.
    package var name: String
    /// The uses to replace; `nil` for all.
    package var uses: Set<Use>?

    package init(weight: EncodedWeight, name: String, uses: Set<Use>? = nil) {
      self.weight = weight
      self.name = name
      self.uses = uses
    }
  }

  /// One input of one operation.
  package struct Use: Hashable, Sendable {
    /// The name of the operation's first output.
    package let output: String
    package let parameter: String

    package init(output: String, parameter: String) {
      self.output = output
      self.parameter = parameter
    }
  }

  package init(site: WeightSite, parts: [Part]) {
    self.site = site
    self.parts = parts
  }
}

extension Consumer {
  /// The input by which it reads the weight.
  package var use: WeightReplacement.Use { WeightReplacement.Use(output: outputName, parameter: parameter) }
}

package enum WeightRewrite {
  /// The program with the given weights replaced.
  ///
  /// Everything else is unchanged, and other weights continue to share their storage with the original program.
  ///
  /// - Throws: `WeightStorageError` if the function's opset does not support the format of a weight.
  package static func apply(_ replacements: [WeightReplacement], to program: Program, opset: Opset)
    throws(WeightStorageError) -> Program
  {
    var program = program
    for index in program.functions.indices {
      let own = replacements.filter { $0.site.function == index }
      guard !own.isEmpty else { continue }
      var names = FreshNames(program.functions[index])
      program.functions[index].block = try rewrite(
        program.functions[index].block, path: [], own, renames: [:], names: &names, opset: opset)
    }
    return program
  }

  /// The new names of a value by use; `nil` is the key for all other uses.
  private typealias Renames = [String: [WeightReplacement.Use?: String]]

  private static func rewrite(
    _ block: Block, path: [BlockStep], _ replacements: [WeightReplacement], renames: Renames,
    names: inout FreshNames, opset: Opset
  ) throws(WeightStorageError) -> Block {
    var block = block
    var renames = renames
    let here = replacements.filter { $0.site.path == path }
    let byValue = Dictionary(
      here.map { ($0.site.valueName, $0) }, uniquingKeysWith: { first, _ in first })
    let left = namesLeftOver(
      block, replacing: Set(byValue.keys), candidates: Set(here.flatMap(\.site.chain)))
    var operations: [Operation] = []
    for (index, operation) in block.operations.enumerated() {
      if operation.isStored, operation.outputs.allSatisfy({ left.contains($0.name) }) { continue }
      if let value = operation.outputs.first?.name, let replacement = byValue[value] {
        for part in replacement.parts {
          let name = part.name == value ? value : names.take(part.name)
          let (own, taken) = (Set(replacement.site.chain), names)
          let writer = WeightWriter(opset: opset) { own.contains($0) || !taken.contains($0) }
          let made = try writer.operations(part.weight, name: name)
          names.reserve(made.flatMap(\.outputs).map(\.name))
          operations += made
          for use in part.uses.map({ $0.map(Optional.some) }) ?? [nil] { renames[value, default: [:]][use] = name }
        }
        continue
      }
      var operation = rename(operation, renames)
      for number in operation.blocks.indices {
        operation.blocks[number] = try rewrite(
          operation.blocks[number], path: path + [BlockStep(operation: index, block: number)],
          replacements, renames: renames, names: &names,
          opset: opset)
      }
      operations.append(operation)
    }
    block.outputs = block.outputs.map { renames[$0]?[nil] ?? $0 }
    block.operations = operations
    return block
  }

  private static func rename(_ operation: Operation, _ renames: Renames) -> Operation {
    guard !renames.isEmpty else { return operation }
    var operation = operation
    let output = operation.outputs.first?.name ?? operation.name
    for a in operation.inputs.indices {
      let use = WeightReplacement.Use(output: output, parameter: operation.inputs[a].parameter)
      for b in operation.inputs[a].bindings.indices {
        guard case .name(let name) = operation.inputs[a].bindings[b], let new = renames[name] else {
          continue
        }
        if let name = new[use] ?? new[nil] { operation.inputs[a].bindings[b] = .name(name) }
      }
    }
    return operation
  }

  /// The candidates that are not read after the operations of the replaced values have been removed.
  private static func namesLeftOver(
    _ block: Block, replacing values: Set<String>, candidates: Set<String>
  ) -> Set<String> {
    var left: Set<String> = []
    while true {
      var read = Set(block.outputs)
      for operation in block.operations
      where !operation.outputs.contains(where: {
        values.contains($0.name) || left.contains($0.name)
      }) {
        collectReads(operation, &read)
      }
      var next: Set<String> = []
      for operation in block.operations where operation.isStored {
        let names = operation.outputs.map(\.name)
        if names.allSatisfy({
          candidates.contains($0) && !values.contains($0) && !read.contains($0)
        }) {
          next.formUnion(names)
        }
      }
      if next == left { return left }
      left = next
    }
  }

  private static func collectReads(_ operation: Operation, _ read: inout Set<String>) {
    for argument in operation.inputs {
      for case .name(let name) in argument.bindings { read.insert(name) }
    }
    for block in operation.blocks {
      read.formUnion(block.outputs)
      for inner in block.operations { collectReads(inner, &read) }
    }
  }
}
