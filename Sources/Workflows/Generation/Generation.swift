// SPDX-License-Identifier: Apache-2.0
// Continues a prompt token by token.

import Evaluation
import Models
import Runtime
import Sampling
import Tokenizers

/// How a text is continued.
package struct GenerationOptions: Sendable {
  package var maxTokens = 128
  package var sampling = SamplingOptions()
  /// Texts before which the continuation ends.
  package var stopWords: [String] = []
  /// Tokens at which the continuation ends: they do not belong to it.
  package var stopTokens: Set<Int> = []

  package init() {}
}

/// Why a continuation ended.
package enum GenerationEnd: String, Sendable {
  case maxTokens = "max_tokens"
  case stopToken = "stop token"
  case stopWord = "stop word"
  /// The model's states hold no more positions.
  case full = "the cache is full"
  case callback = "on_token"
  case interrupted
}

/// A continuation of a prompt.
package struct GeneratedText: Sendable {
  package var ids: [Int] = []
  /// Empty without a tokenizer.
  package var text: [UInt8] = []
  package var end = GenerationEnd.maxTokens
  package var promptTokens = 0
  /// The time to the logits of the prompt.
  package var prefillSeconds = 0.0
  /// The time of the tokens after the first.
  package var seconds = 0.0

  /// Tokens after the first, which the prompt gives, per second.
  package var tokensPerSecond: Double { seconds > 0 && ids.count > 1 ? Double(ids.count - 1) / seconds : 0 }
}

/// Generates tokens with a model.
package enum Generation {
  /// Continues a prompt.
  ///
  /// - Parameters:
  ///   - prompt: token ids, at least one.
  ///   - tokenizer: for texts and stop words; without one, only ids are made.
  ///   - isCancelled: polled after each token; what came until then is returned.
  ///   - onToken: called with each token and the text that is complete with it; false ends the continuation.
  /// - Throws: `ModelError.noTokenInterface`, `WorkflowError`, `RuntimeError`, `TokenizerError`.
  package static func run(
    _ model: Model, prompt: [Int], _ options: GenerationOptions, tokenizer: Tokenizer? = nil, isCancelled: () -> Bool = { false },
    onToken: (_ token: Int, _ text: [UInt8]) throws -> Bool = { _, _ in true }
  ) throws -> GeneratedText {
    guard !prompt.isEmpty else { throw WorkflowError.emptyPrompt }
    let stream = try TokenStream(model)
    if let room = stream.room, prompt.count > room { throw WorkflowError.longPrompt(prompt.count, room: room) }
    var sampler = Sampler(options.sampling, prompt: prompt)
    var words = StopWords(options.stopWords)
    var detokenizer = tokenizer.map { Detokenizer($0, prompt: prompt) }
    var made = GeneratedText()
    made.promptTokens = prompt.count
    let start = MonotonicClock.seconds()
    var logits = try stream.feed(prompt)
    if let wrong = prompt.first(where: { !logits.indices.contains($0) }) {
      throw WorkflowError.unknownToken(wrong, vocabulary: logits.count)
    }
    made.prefillSeconds = MonotonicClock.seconds() - start
    let begin = MonotonicClock.seconds()
    do {
      while made.ids.count < options.maxTokens {
        guard let token = sampler.next(logits) else { throw WorkflowError.noToken(position: stream.tokens.count) }
        if options.stopTokens.contains(token) {
          made.end = .stopToken
          break
        }
        made.ids.append(token)
        let text = words.add(try detokenizer?.add(token) ?? [])
        made.text += text
        made.seconds = MonotonicClock.seconds() - begin
        if try !onToken(token, text) {
          made.end = .callback
          break
        }
        if words.isFound {
          made.end = .stopWord
          break
        }
        if isCancelled() { throw RuntimeError.interrupted }
        guard made.ids.count < options.maxTokens else { break }
        if stream.room == 0 {
          made.end = .full
          break
        }
        logits = try stream.feed([token])
      }
    } catch RuntimeError.interrupted {
      made.end = .interrupted
    }
    if made.end != .stopWord { made.text += words.add(try detokenizer?.finish() ?? []) + words.finish() }
    return made
  }
}

/// The text of tokens that come one after the other.
private struct Detokenizer {
  private let tokenizer: Tokenizer
  private var ids: [Int]
  /// Bytes of the decoded ids that belong to the prompt or were returned.
  private var done: Int

  /// Tokens before the first one decide on its spaces, but not many of them.
  private static let context = 8

  init(_ tokenizer: Tokenizer, prompt: [Int]) {
    self.tokenizer = tokenizer
    ids = Array(prompt.suffix(Self.context))
    done = ((try? tokenizer.decode(ids)) ?? []).count
  }

  /// The text that is complete with a token.
  mutating func add(_ token: Int) throws -> [UInt8] {
    ids.append(token)
    let text = try tokenizer.decode(ids)
    // A token may end within a character, which is decoded as U+FFFD until the next tokens complete it.
    guard !text.suffix(3).elementsEqual([0xEF, 0xBF, 0xBD]) else { return [] }
    return release(text)
  }

  /// The rest.
  mutating func finish() throws -> [UInt8] { release(try tokenizer.decode(ids)) }

  private mutating func release(_ text: [UInt8]) -> [UInt8] {
    guard text.count > done else { return [] }
    defer { done = text.count }
    return Array(text[done...])
  }
}
