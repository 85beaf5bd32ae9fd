// SPDX-License-Identifier: Apache-2.0
// Splits a function into parts that compute the same one after the other, and joins functions.

import MIL
import Operators
import Tensors

extension Function {
  /// The operations that a value depends on, as indices of the block's operations.
  ///
  /// - Throws: `ProgramEditError` for a name that no value has, and if nothing would be left after it.
  package func prefix(computing value: String) throws -> Set<Int> {
    let part = try extracting(outputs: [value])
    let names = Set(part.block.operations.flatMap { $0.outputs.map(\.name) })
    let indices = Set(block.operations.indices.filter { block.operations[$0].outputs.contains { names.contains($0.name) } })
    let rest = block.operations.indices.contains { !indices.contains($0) && !block.operations[$0].isStored }
    guard rest else { throw ProgramEditError.cut(problem: "no operation is left after '\(value)'") }
    return indices
  }

  /// Where to cut the block into parts with about equal bytes of weights: for each cut, the operations before it.
  ///
  /// Of the places near the wanted size, the one that the fewest bytes cross is chosen.
  package func prefixes(_ parts: Int) throws -> [Set<Int>] {
    let compute = block.operations.indices.filter { !block.operations[$0].isStored }
    guard parts > 1, compute.count >= parts else {
      throw ProgramEditError.cut(problem: "\(compute.count) operations cannot become \(parts) parts")
    }
    let sizes = block.operations.map(\.storedByteCount)
    var owned: [Int] = []
    var counted: Set<Int> = []
    let producers = producerIndices
    for index in compute {
      var bytes = 1
      for source in storedSources(of: index, producers) where counted.insert(source).inserted { bytes += sizes[source] }
      owned.append((owned.last ?? 0) + bytes)
    }
    let total = owned.last ?? 1
    var cuts: [Int] = []
    for part in 1..<parts {
      let wanted = total * part / parts
      let first = (cuts.last ?? 0) + 1
      let last = compute.count - (parts - part)
      let near = (first...last).filter { (owned[$0 - 1] - wanted).magnitude <= total / (10 * parts) }
      let candidates =
        near.isEmpty ? [(first...last).min { (owned[$0 - 1] - wanted).magnitude < (owned[$1 - 1] - wanted).magnitude } ?? first] : near
      let best = candidates.min { crossing(before: compute[$0]) < crossing(before: compute[$1]) } ?? first
      cuts.append(best)
    }
    return cuts.map { Set(0..<compute[$0]) }
  }

  /// The functions that compute the same one after the other.
  ///
  /// A part returns those of its values that later parts read, and the outputs of the function that it computes. A part
  /// has those inputs of the function that it reads.
  ///
  /// - Parameter cuts: for each cut, the operations before it; each contains the one before.
  /// - Throws: `ProgramEditError.cut` for a state that several parts would use, and for values that cannot be outputs.
  package func split(at cuts: [Set<Int>]) throws -> [Function] {
    let all = Set(block.operations.indices)
    var done: Set<Int> = []
    let producers = producerIndices
    let pieces = (cuts + [all]).map { cut in
      defer { done.formUnion(cut) }
      return cut.subtracting(done).filter { !block.operations[$0].isStored }
    }
    let types = valueTypes
    var piece: [String: Int] = [:]
    for (number, indices) in pieces.enumerated() {
      for index in indices { for output in block.operations[index].outputs { piece[output.name] = number } }
    }
    let reads = pieces.map { indices in
      indices.reduce(into: Set<String>()) { block.operations[$1].collectReads(&$0) }
    }
    for input in inputs {
      guard case .state = input.type else { continue }
      guard reads.count(where: { $0.contains(input.name) }) <= 1 else {
        throw ProgramEditError.cut(problem: "the state '\(input.name)' would be on both sides")
      }
    }
    return try pieces.indices.map { number in
      let own = pieces[number]
      let given = reads[number].filter { piece[$0].map { $0 != number } ?? false }
      let needed = inputs.filter { reads[number].contains($0.name) }
      let later = reads.indices.filter { $0 > number }.reduce(into: Set<String>()) { $0.formUnion(reads[$1]) }
      let results = block.outputs.filter { piece[$0] == number }
      let made = own.sorted().flatMap { block.operations[$0].outputs.map(\.name) }
      let crossing = made.filter { later.contains($0) && !results.contains($0) }
      for name in crossing {
        guard case .tensor(let type)? = types[name], type.dtype != .bool else {
          throw ProgramEditError.cut(
            problem: "'\(name)', \(types[name].map { "\($0)" } ?? "a value"), cannot pass from one model to another")
        }
      }
      var part = self
      part.specializations = [Specialization(opset: opset, block: block)]
      let stored = own.reduce(into: Set<Int>()) { $0.formUnion(storedSources(of: $1, producers)) }
      part.block.operations = own.union(stored).sorted().map { block.operations[$0] }
      part.block.outputs = crossing + results
      part.inputs = needed + order(given).compactMap { name in types[name].map { NamedType(name, $0) } }
      guard !part.block.outputs.isEmpty else { throw ProgramEditError.cut(problem: "part \(number + 1) would have no outputs") }
      return part
    }
  }

  /// This function followed by another that reads outputs of this one by name.
  ///
  /// Values of the other function whose names are taken get fresh ones, except for its inputs and outputs.
  ///
  /// - Parameter kept: outputs of this function that stay outputs although the other reads them.
  /// - Throws: `ProgramEditError.join` if no output is an input of the other, or if types or names do not fit.
  package func followed(by next: Function, keeping kept: Set<String> = []) throws -> Function {
    if let stray = kept.subtracting(block.outputs).min() {
      throw ProgramEditError.unknown(what: "output", name: stray, known: block.outputs)
    }
    let types = valueTypes
    let passed = block.outputs.filter { name in next.inputs.contains { $0.name == name } }
    guard !passed.isEmpty else {
      throw ProgramEditError.join(
        problem: "no output of the first model (\(block.outputs.joined(separator: ", "))) is an input of the second "
          + "(\(next.inputs.map(\.name).joined(separator: ", "))); rename gives values other names")
    }
    for input in next.inputs {
      guard let type = types[input.name] else { continue }
      guard passed.contains(input.name) || inputs.contains(where: { $0.name == input.name }) else {
        throw ProgramEditError.join(problem: "the input '\(input.name)' of the second model has the name of an inner value of the first")
      }
      guard input.type.accepts(type) else {
        throw ProgramEditError.join(problem: "'\(input.name)' is \(type), and the second model takes \(input.type)")
      }
    }
    var names = FreshNames(self)
    let public_ = Set(next.inputs.map(\.name)).union(next.block.outputs)
    var renames: [String: String] = [:]
    for name in UseMap(next).names.sorted() where !next.inputs.contains(where: { $0.name == name }) {
      if !names.contains(name) {
        names.reserve([name])
      } else if public_.contains(name) {
        throw ProgramEditError.join(problem: "the output '\(name)' of the second model is also a value of the first; rename it first")
      } else {
        renames[name] = names.take(name)
      }
    }
    var joined = self
    joined.specializations = [Specialization(opset: opset, block: block)]
    joined.inputs += next.inputs.filter { types[$0.name] == nil }
    joined.block.operations += next.block.renaming(renames).operations
    joined.block.outputs = block.outputs.filter { !passed.contains($0) || kept.contains($0) } + next.block.outputs
    if let theirs = Opset(name: next.opset), let own = Opset(name: opset), theirs > own {
      joined.opset = next.opset
      joined.specializations[0].opset = next.opset
    }
    return joined
  }

  // MARK: Uses

  private var producerIndices: [String: Int] {
    Dictionary(
      block.operations.enumerated().flatMap { index, operation in operation.outputs.map { ($0.name, index) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The constants and stored weights that an operation reads, with what those are decoded from.
  private func storedSources(of index: Int, _ producers: [String: Int]) -> Set<Int> {
    var found: Set<Int> = []
    var open = [index]
    while let next = open.popLast() {
      var reads: Set<String> = []
      block.operations[next].collectReads(&reads)
      for name in reads {
        guard let source = producers[name], block.operations[source].isStored, found.insert(source).inserted else { continue }
        open.append(source)
      }
    }
    return found
  }

  /// The number of values that operations before an index pass to those from it on.
  private func crossing(before index: Int) -> Int {
    let made = Set(block.operations[..<index].filter { !$0.isStored }.flatMap { $0.outputs.map(\.name) })
    var read: Set<String> = []
    for operation in block.operations[index...] where !operation.isStored { operation.collectReads(&read) }
    return made.intersection(read).count
  }

  /// Names of values in the order of the program.
  private func order(_ names: Set<String>) -> [String] {
    block.operations.flatMap { $0.outputs.map(\.name) }.filter { names.contains($0) }
  }
}

extension Operation {
  /// Bytes of the tensors that the operation stores.
  fileprivate var storedByteCount: Int {
    guard isStored else { return 0 }
    let inline = inputs.flatMap(\.bindings).compactMap { if case .constant(let constant) = $0 { constant.tensor } else { nil } }
    return (attributes.compactMap(\.value.tensor) + inline).reduce(0) { $0 + $1.byteCount }
  }
}
