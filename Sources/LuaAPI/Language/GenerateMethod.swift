// SPDX-License-Identifier: Apache-2.0
// The method model:generate.

import Foundation
import LuaHost
import Models
import Options
import Sampling
import Tokenizers
import Workflows

extension Model {
  private enum GenerateOptions {
    static let maxTokens = LuaOption("max_tokens", "the most tokens to generate", default: 128, allowed: .atLeast(1))
    static let temperature = LuaOption<Double?>(
      "temperature", "divides the logits; 0 takes the likeliest token. By default 0, with another option of sampling 1",
      allowed: .atLeast(0))
    static let topK = LuaOption<Int?>("top_k", "choose among so many of the likeliest tokens", allowed: .atLeast(1))
    static let topP = LuaOption<Double?>(
      "top_p", "choose among the fewest of the likeliest tokens whose probabilities reach this sum", allowed: .within(0...1))
    static let minP = LuaOption<Double?>(
      "min_p", "leave out tokens with less than this share of the likeliest one's probability", allowed: .within(0...1))
    static let repetitionPenalty = LuaOption(
      "repetition_penalty", "divides the positive logits of tokens that occurred, and multiplies negative ones", default: 1.0,
      allowed: .within(0.01...100))
    static let frequencyPenalty = LuaOption(
      "frequency_penalty", "subtracted from the logit of a token for each time that it was generated", default: 0.0)
    static let presencePenalty = LuaOption("presence_penalty", "subtracted from the logits of tokens that were generated", default: 0.0)
    static let seed = LuaOption<Int?>("seed", "of sampling; equal seeds give equal tokens. By default 0")
    static let stop = LuaOption<LuaValue?>("stop", "a string, an id, or a sequence of both: the text ends before them")
    static let tokenizer = LuaOption<TokenizerObject?>("tokenizer", "for prompts, stop words and results that are text")
    static let onToken = LuaOption<LuaClosure?>(
      "on_token", "called with the text that is complete and the id after each token; false ends the text")
    static let table = LuaOptionTable(
      "GenerateOptions",
      [
        maxTokens, temperature, topK, topP, minP, repetitionPenalty, frequencyPenalty, presencePenalty, seed, stop, tokenizer, onToken,
      ])
  }

  static let generating: [LuaMethod] = [
    LuaMethod(
      "generate",
      "Continue a text with a language model. Its inputs are recognized: token ids, positions, masks, states. At the prompt, the text is "
        + "printed as it comes, and Ctrl-C keeps what came. A prompt that is text is encoded with the special tokens of the tokenizer's "
        + "template, and the text ends at its eos.",
      Arg<LuaValue>("prompt", "a text, a sequence of token ids, or a Tensor of them"), .options(GenerateOptions.table), .context,
      returns:
        "the text without the prompt (nil without a tokenizer), a sequence of its ids, and a table: tokens_per_second, prefill_ms, "
        + "prompt_tokens, stopped (why it ended)",
      type: .union([.string, .nil]),
      example: """
        local net = wane.nn.sequential{ wane.nn.embedding{ num_embeddings = 1024, embedding_dim = 8 }, wane.nn.linear{ out_features = 1024 } }
        local lm = wane.nn.model(net, { inputs = { input_ids = { shape = { 16 }, dtype = "int32" } }, outputs = { "logits" } })
        local tokenizer = wane.tokenizer "examples/tokenizer.json"
        local text, ids, info = lm:generate("Compress the", { tokenizer = tokenizer, max_tokens = 4, temperature = 0.8, top_p = 0.95, seed = 1 })
        print(type(text), #ids <= 4, info.prompt_tokens > 1)  --> string	true	true
        """
    ) { (m: Model, prompt: LuaValue, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
      return try m.generate(prompt, options, context.interpreter)
    }
  ]

  private func generate(_ prompt: LuaValue, _ options: LuaOptions, _ interpreter: Interpreter) throws -> LuaResults {
    let tokenizer = options[GenerateOptions.tokenizer]?.tokenizer
    var generation = GenerationOptions()
    generation.maxTokens = options[GenerateOptions.maxTokens]
    generation.sampling = try Self.sampling(options)
    if let eos = tokenizer?.roles["eos"] { generation.stopTokens.insert(eos) }
    if let stop = options[GenerateOptions.stop] { try Self.read(stop, hasTokenizer: tokenizer != nil, &generation) }
    let ids = try Self.ids(prompt, tokenizer)
    let callback = options[GenerateOptions.onToken]
    let shows = callback == nil && tokenizer != nil && interpreter.input != nil
    let made = try Generation.run(
      self, prompt: ids, generation, tokenizer: tokenizer, isCancelled: { Interrupts.isPending },
      onToken: { token, text in
        if shows { FileHandle.standardOutput.write(Data(text)) }
        guard let callback else { return true }
        return try callback.call(tokenizer == nil ? LuaBytes([]) : LuaBytes(text), token).first?.boolean != false
      })
    if shows { FileHandle.standardOutput.write(Data("\n".utf8)) }
    if made.end == .interrupted, !interpreter.takeInterruptOfInput() { throw LuaInterrupted() }
    let information: [String: LuaValue] = [
      "tokens_per_second": .number(made.tokensPerSecond), "prefill_ms": .number(made.prefillSeconds * 1000),
      "prompt_tokens": .integer(made.promptTokens), "stopped": .string(made.end.rawValue),
    ]
    return LuaResults(tokenizer == nil ? nil : LuaBytes(made.text), made.ids, information)
  }

  private static func sampling(_ options: LuaOptions) throws -> SamplingOptions {
    var sampling = SamplingOptions()
    let chosen: [(String, Bool)] = [
      ("top_k", options[GenerateOptions.topK] != nil), ("top_p", options[GenerateOptions.topP] != nil),
      ("min_p", options[GenerateOptions.minP] != nil), ("seed", options[GenerateOptions.seed] != nil),
    ]
    let used = chosen.first { $0.1 }?.0
    if let temperature = options[GenerateOptions.temperature] {
      if temperature == 0, let used {
        throw LuaError(.usage, "generate: \(used) has no effect at temperature 0", hint: "temperature = 1 samples")
      }
      sampling.temperature = Float(temperature)
    } else if used != nil {
      sampling.temperature = 1
    }
    sampling.topK = options[GenerateOptions.topK] ?? 0
    sampling.topP = Float(options[GenerateOptions.topP] ?? 1)
    sampling.minP = Float(options[GenerateOptions.minP] ?? 0)
    sampling.repetitionPenalty = Float(options[GenerateOptions.repetitionPenalty])
    sampling.frequencyPenalty = Float(options[GenerateOptions.frequencyPenalty])
    sampling.presencePenalty = Float(options[GenerateOptions.presencePenalty])
    sampling.seed = UInt64(bitPattern: Int64(options[GenerateOptions.seed] ?? 0))
    return sampling
  }

  private static func ids(_ prompt: LuaValue, _ tokenizer: Tokenizer?) throws -> [Int] {
    guard let text = prompt.string else { return try TokenizerObject.ids(prompt, of: "generate") }
    guard let tokenizer else {
      throw LuaError(.usage, "generate: a prompt that is text needs a tokenizer", hint: "tokenizer = wane.tokenizer \"tokenizer.json\"")
    }
    return try tokenizer.encode(Array(text.utf8), truncation: nil).ids.map { Int($0) }
  }

  private static func read(_ stop: LuaValue, hasTokenizer: Bool, _ options: inout GenerationOptions) throws {
    let items: [LuaValue]
    if let table = stop.table { items = table.count > 0 ? (1...table.count).map { table[$0] } : [] } else { items = [stop] }
    for item in items {
      if let id = item.integer {
        options.stopTokens.insert(id)
      } else if let word = item.string, !word.isEmpty {
        guard hasTokenizer else { throw LuaError(.usage, "generate: the stop word '\(word)' needs a tokenizer", hint: "give ids instead") }
        options.stopWords.append(word)
      } else {
        throw LuaError(.usage, "generate: stop is a string, an id, or a sequence of both, with no empty string")
      }
    }
  }
}
