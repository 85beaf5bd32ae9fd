// SPDX-License-Identifier: Apache-2.0
// Recognizes the inputs and outputs of a language model by their types and names.

import MIL
import ModelPackages
import Runtime
import Tensors

/// What a program that continues a sequence of tokens takes and returns.
package struct TokenInterface: Sendable {
  /// The meaning of an input, as far as it follows from the number of tokens.
  package enum Role: Sendable, Equatable {
    /// The token ids: `[1, n]` or `[n]`.
    case tokens
    /// The position of each token, in the shape of the tokens.
    case positions
    /// One number: the position of the first token.
    case start
    /// `[1, 1, n, m]`, or without leading axes: added to the scores of `n` tokens over `m` positions, or 1 and 0 if it is an integer.
    case causalMask
    /// `[1, m]` or `[m]`: 1 for each of `m` positions that counts.
    case positionMask
  }

  package let roles: [(name: String, feature: ArrayFeature, role: Role)]
  /// The output with a logit for each token of the vocabulary in its last axis.
  package let logits: String
  package let isStateful: Bool
  /// The most positions that the states, or the inputs of a program without states, hold; `nil` for no limit.
  package let capacity: Int?

  package var tokens: ArrayFeature? { roles.first { $0.role == .tokens }?.feature }

  /// - Throws: `ModelError.noTokenInterface` with a sentence on what is missing.
  package init(_ interface: FunctionInterface, _ function: Function) throws {
    func fault(_ problem: String) -> ModelError { .noTokenInterface(problem) }
    let declared = Dictionary(function.inputs.map { ($0.name, $0.type) }, uniquingKeysWith: { a, _ in a })
    var found: [(name: String, feature: ArrayFeature, role: Role)] = []
    var rest: [(name: String, feature: ArrayFeature)] = []
    for feature in interface.inputs {
      guard let array = feature.array else { throw fault("input '\(feature.name)' is an image") }
      rest.append((feature.name, array))
    }
    func isInteger(_ name: String, _ array: ArrayFeature) -> Bool {
      (array.dtype ?? declared[name]?.tensorType?.dtype)?.isInteger ?? false
    }
    func take(_ role: Role, _ accepts: (String, ArrayFeature) -> Bool) {
      guard let i = rest.firstIndex(where: { accepts($0.name.lowercased(), $0.feature) }) else { return }
      found.append((rest[i].name, rest[i].feature, role))
      rest.remove(at: i)
    }
    func has(_ name: String, _ words: String...) -> Bool { words.contains { name.contains($0) } }
    take(.causalMask) { has($0, "mask") && $1.shape.count >= 3 }
    take(.positionMask) { has($0, "mask") && $1.shape.count <= 2 }
    take(.positions) { has($0, "position") && $1.shape.count <= 2 && !$1.isSingle }
    take(.start) { has($0, "position", "pos", "past", "offset", "start", "step", "length") && $1.isSingle }
    let names = Dictionary(uniqueKeysWithValues: rest.map { ($0.name.lowercased(), isInteger($0.name, $0.feature)) })
    take(.tokens) { names[$0] == true && $1.shape.count <= 2 && has($0, "id", "token") }
    if !found.contains(where: { $0.role == .tokens }) { take(.tokens) { names[$0] == true && $1.shape.count <= 2 } }
    guard let tokens = found.first(where: { $0.role == .tokens }) else {
      throw fault("no input is an integer tensor of token ids, [1, n] or [n]")
    }
    guard tokens.feature.shape.count < 2 || tokens.feature.shape[0] == 1 || tokens.feature.accepts([1, tokens.feature.shape[1]]) else {
      throw fault("the token ids in '\(tokens.name)' have the shape \(tokens.feature.shape), expected one sequence, [1, n]")
    }
    // A single number whose name says that it counts positions belongs to the cache.
    if let other = rest.first {
      let names = rest.map { "'\($0.name)'" }.joined(separator: ", ")
      throw fault(
        "the meaning of input\(rest.count > 1 ? "s" : "") \(names) is not known; besides token ids, generate supplies positions, masks and states"
          + (other.feature.shape.count >= 3 ? "; caches must be states" : ""))
    }
    let types = Dictionary(function.block.outputs.map { ($0, function.block.type(of: $0)) }, uniquingKeysWith: { a, _ in a })
    let scores = interface.outputs.filter { output in
      guard output.array != nil, let type = types[output.name] ?? nil else { return false }
      return type.dtype.isFloat && (1...3).contains(type.rank)
    }
    guard let logits = scores.first(where: { $0.name.lowercased().contains("logit") }) ?? (scores.count == 1 ? scores.first : nil) else {
      throw fault(
        "which output holds the logits is not clear: \(interface.outputs.map { "'\($0.name)'" }.joined(separator: ", ")); rename one to 'logits'"
      )
    }
    self.logits = logits.name
    roles = found
    isStateful = !interface.states.isEmpty
    let axes = function.positionAxes
    let states = interface.states.compactMap { state in axes[state.name].flatMap { axis in state.array?.shape[axis] } }
    let masks = found.filter { $0.role == .causalMask || $0.role == .positionMask }.compactMap { $0.feature.mostElements(ofAxis: -1) }
    let length = isStateful ? nil : tokens.feature.mostElements(ofAxis: -1)
    capacity = (states + masks + [length].compactMap { $0 }).min()
  }
}

extension ArrayFeature {
  fileprivate var isSingle: Bool { flexibility == .fixed && shape.elementCount == 1 }

  /// The largest extent of an axis, counted from the end if negative; `nil` for no limit.
  package func mostElements(ofAxis axis: Int) -> Int? {
    let axis = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(axis) else { return nil }
    switch flexibility {
    case .fixed: return shape[axis]
    case .enumerated(let shapes): return ([shape] + shapes).map { $0[axis] }.max()
    case .ranges(let ranges): return ranges[axis].upper
    }
  }

  /// The extents of an axis that are accepted, as far as they are at most a number: ascending.
  package func extents(ofAxis axis: Int, upTo most: Int) -> [Int] {
    let axis = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(axis), most > 0 else { return [] }
    switch flexibility {
    case .fixed: return [shape[axis]].filter { $0 <= most }
    case .enumerated(let shapes): return Set(([shape] + shapes).map { $0[axis] }).filter { $0 <= most }.sorted()
    case .ranges(let ranges):
      let range = ranges[axis]
      return range.lower <= most ? Array(max(range.lower, 1)...min(range.upper ?? most, most)) : []
    }
  }
}

extension Block {
  /// The declared type of a value that an operation computes.
  fileprivate func type(of name: String) -> TensorType? {
    operations.lazy.flatMap(\.outputs).first { $0.name == name }?.type.tensorType
  }
}
