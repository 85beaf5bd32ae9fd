// SPDX-License-Identifier: Apache-2.0
// Chooses tokens by their logits.

import Platform
import Tensors

/// Chooses the next token of a text. Equal logits and a seed give equal tokens on every machine with the same math library.
package struct Sampler: Sendable {
  package let options: SamplingOptions
  private var generator: SplitMix64
  /// How often each token was generated.
  private var generated: [Int: Int] = [:]
  /// The tokens of the prompt and those generated.
  private var seen: Set<Int> = []

  package init(_ options: SamplingOptions = SamplingOptions(), prompt: [Int] = []) {
    self.options = options
    generator = SplitMix64(seed: options.seed)
    seen = Set(prompt)
  }

  /// The next token, which counts as generated from then on; `nil` if no logit is a number above minus infinity.
  package mutating func next(_ logits: [Float]) -> Int? {
    guard let token = chosen(logits) else { return nil }
    seen.insert(token)
    generated[token, default: 0] += 1
    return token
  }

  private mutating func chosen(_ logits: [Float]) -> Int? {
    let logits = penalized(logits)
    guard !options.isGreedy else { return Self.largest(logits) }
    let candidates = Self.candidates(logits, options)
    let total = candidates.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return candidates.first?.token }
    var rest = generator.uniform() * total
    for (token, weight) in candidates {
      rest -= weight
      if rest < 0 { return token }
    }
    return candidates.last { $0.weight > 0 }?.token
  }

  /// The first of the largest logits.
  private static func largest(_ logits: [Float]) -> Int? {
    var best: Int?
    for (i, x) in logits.enumerated() where x > (best.map { logits[$0] } ?? -.infinity) { best = i }
    return best
  }

  private func penalized(_ logits: [Float]) -> [Float] {
    var out = logits
    if options.repetitionPenalty != 1 {
      for token in seen where out.indices.contains(token) {
        out[token] = out[token] > 0 ? out[token] / options.repetitionPenalty : out[token] * options.repetitionPenalty
      }
    }
    if options.frequencyPenalty != 0 || options.presencePenalty != 0 {
      for (token, count) in generated where out.indices.contains(token) {
        out[token] -= options.frequencyPenalty * Float(count) + options.presencePenalty
      }
    }
    return out
  }

  /// The tokens to choose from, likeliest first, with weights in proportion to their probabilities.
  ///
  /// Of equal logits, those of lower tokens come first.
  package static func candidates(_ logits: [Float], _ options: SamplingOptions) -> [(token: Int, weight: Double)] {
    var tokens = logits.indices.filter { logits[$0] > -.infinity }
    func comesFirst(_ a: Int, _ b: Int) -> Bool { logits[a] != logits[b] ? logits[a] > logits[b] : a < b }
    if options.topK > 0, options.topK < tokens.count, let least = Self.value(ofRank: options.topK, tokens.map { logits[$0] }) {
      tokens = Array(tokens.filter { logits[$0] >= least }.sorted(by: comesFirst).prefix(options.topK))
    } else if options.topP < 1 {
      tokens.sort(by: comesFirst)
    }
    guard let top = tokens.map({ logits[$0] }).max() else { return [] }
    let temperature = Double(options.temperature)
    var weights = tokens.map { exp(Double(logits[$0] - top) / temperature) }
    if top == .infinity { weights = tokens.map { logits[$0] == .infinity ? 1 : 0 } }
    if options.topP < 1 {
      let enough = Double(options.topP) * weights.reduce(0, +)
      var sum = 0.0
      // The token that reaches the sum is included.
      let kept =
        (weights.firstIndex { weight in
          sum += weight
          return sum >= enough
        } ?? weights.count - 1) + 1
      (tokens, weights) = (Array(tokens.prefix(kept)), Array(weights.prefix(kept)))
    }
    return zip(tokens, weights).filter { $0.1 >= Double(options.minP) }.map { (token: $0.0, weight: $0.1) }
  }

  /// The value of a rank, counted from 1 for the largest, by selection: vocabularies are large, and few tokens are chosen from.
  private static func value(ofRank rank: Int, _ values: [Float]) -> Float? {
    var values = values
    var wanted = rank
    while let pivot = values.isEmpty ? nil : values[values.count / 2] {
      let above = values.filter { $0 > pivot }
      if wanted <= above.count {
        values = above
        continue
      }
      let below = values.filter { $0 < pivot }
      if wanted <= values.count - below.count { return pivot }
      wanted -= values.count - below.count
      values = below
    }
    return nil
  }
}
