// SPDX-License-Identifier: Apache-2.0
// The logits of every position of texts, for perplexities: masks, positions and states are supplied.

import Evaluation
import ModelPackages
import Runtime
import Tensors

/// Runs a language model over whole windows of tokens.
struct TokenScores {
  private let model: Model
  private let interface: TokenInterface

  /// - Returns: `nil` for a model that is no language model.
  init?(_ model: Model) {
    guard let function = model.function, let interface = try? TokenInterface(model.interface, function) else { return nil }
    (self.model, self.interface) = (model, interface)
  }

  var tokenInput: String { interface.roles.first { $0.role == .tokens }?.name ?? "" }

  /// The inputs that follow from the tokens.
  var supplied: [String] { interface.roles.filter { $0.role != .tokens }.map(\.name) }

  var isStateful: Bool { interface.isStateful }

  /// The sizes of batches: those of token ids, positions and masks that have an axis for texts.
  var batchRule: BatchRule {
    guard let tokens = interface.tokens, tokens.shape.count == 2 else { return .unbatched }
    return interface.roles.reduce(BatchRule.any) { rule, input in
      let hasTexts = input.role == .causalMask ? input.feature.shape.count > 2 : input.feature.shape.count == 2
      return hasTexts ? rule.intersected(with: input.feature.batchRule) : rule
    }
  }

  /// The values of inputs that data lack.
  ///
  /// - Parameter tokens: `[texts, n]` or `[n]`.
  func values(of missing: Set<String>, _ tokens: Tensor) -> [String: Tensor] {
    let ids = Array(repeating: 0, count: tokens.shape.last ?? 0)
    var values: [String: Tensor] = [:]
    for (name, feature, role) in interface.roles where missing.contains(name) {
      values[name] = TokenStream.tensor(role, feature, ids, start: 0)
    }
    return values
  }

  /// The logits of each position, by the name of the output.
  ///
  /// - Parameter tokens: `[texts, n]`, or `[n]` for a model whose token ids have no batch axis.
  /// - Returns: `[texts, n, vocabulary]` or `[n, vocabulary]`. Each text starts with new states.
  /// - Throws: `ModelError.noTokenInterface` if the program does not accept so many tokens; `RuntimeError`.
  func logits(_ tokens: Tensor) throws -> [String: Tensor] {
    guard let length = tokens.shape.last, length > 0 else { throw ModelError.noTokenInterface("there are no token ids") }
    let ids = tokens.integers()
    var values: [Float] = []
    for start in stride(from: 0, to: ids.count, by: length) { values += try logits(Array(ids[start..<start + length])) }
    return [interface.logits: Tensor(values, shape: tokens.shape + [values.count / ids.count])]
  }

  private func logits(_ ids: [Int]) throws -> [Float] {
    if let capacity = interface.capacity, ids.count > capacity {
      throw ModelError.noTokenInterface("the windows have \(ids.count) token ids, but the program holds \(capacity); length = \(capacity)")
    }
    return try interface.isStateful ? pieces(ids) : whole(ids)
  }

  /// A program without states reads a text at once.
  private func whole(_ ids: [Int]) throws -> [Float] {
    let lengths = interface.tokens?.extents(ofAxis: -1, upTo: interface.capacity ?? ids.count + 4096) ?? []
    // What follows a token does not change its logits, so any padding will do.
    guard let length = lengths.first(where: { $0 >= ids.count }) else {
      throw ModelError.noTokenInterface("the program does not accept \(ids.count) token ids")
    }
    let rows = try run(ids + Array(repeating: 0, count: length - ids.count), start: 0, state: nil)
    guard rows.count == length else {
      throw ModelError.noTokenInterface("'\(interface.logits)' has logits of the last token only, where those of each are needed")
    }
    return Array(rows.prefix(ids.count).joined())
  }

  /// A program with states reads a text in pieces that it accepts; token by token, if it returns logits of the last one only.
  private func pieces(_ ids: [Int]) throws -> [Float] {
    var limit = ids.count
    while true {
      let state = try model.makeState()
      var values: [Float] = []
      var done = 0
      while done < ids.count {
        guard let size = (interface.tokens?.extents(ofAxis: -1, upTo: min(limit, ids.count - done)) ?? []).last else {
          throw ModelError.noTokenInterface("the program does not accept the last \(ids.count - done) of \(ids.count) token ids")
        }
        let rows = try run(Array(ids[done..<done + size]), start: done, state: state)
        guard rows.count == size else { break }
        values += rows.joined()
        done += size
      }
      if done == ids.count { return values }
      guard limit > 1 else { throw ModelError.noTokenInterface("'\(interface.logits)' has no logits of each token") }
      limit = 1
    }
  }

  /// The logits of each row of the output.
  private func run(_ ids: [Int], start: Int, state: StateStore?) throws -> [ArraySlice<Float>] {
    var inputs: [String: ModelInput] = [:]
    for (name, feature, role) in interface.roles { inputs[name] = .tensor(TokenStream.tensor(role, feature, ids, start: start)) }
    guard case .tensor(let output)? = try model.predict(inputs, state: state, outputs: [interface.logits])[interface.logits],
      let width = output.shape.last, width > 0
    else { throw ModelError.noTokenInterface("'\(interface.logits)' is no tensor of logits") }
    let values = output.floats()
    return stride(from: 0, to: values.count, by: width).map { values[$0..<$0 + width] }
  }
}
