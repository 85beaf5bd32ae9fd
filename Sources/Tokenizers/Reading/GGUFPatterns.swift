// SPDX-License-Identifier: Apache-2.0
// The patterns of the pre-tokenizers that GGUF files name.

/// Patterns for `tokenizer.ggml.pre`: the text is divided at the matches of each, one after the other.
enum GGUFPatterns {
  private static let gpt2 = ByteLevel.pattern
  private static let contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
  private static let llama3 =
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let qwen2 = contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
  private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
  private static let gpt4o =
    "[^\\r\\n\\p{L}\\p{N}]?\(upper)*\(lower)+\(contractions)?|[^\\r\\n\\p{L}\\p{N}]?\(upper)+\(lower)*\(contractions)?"
    + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let tekken =
    "[^\\r\\n\\p{L}\\p{N}]?\(upper)*\(lower)+|[^\\r\\n\\p{L}\\p{N}]?\(upper)+\(lower)*"
    + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private static let rows: [(names: [String], patterns: [String])] = [
    (["default"], [#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"]),
    (["llama3", "llama-v3", "llama-bpe", "falcon3", "dbrx", "smaug-bpe"], [llama3]),
    (["qwen2", "stablelm2", "deepseek-r1-qwen", "megrez"], [qwen2]),
    (["gpt-2", "phi-2", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "olmo", "jais", "mpt", "gigachat"], [gpt2]),
    (["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"], [#"\p{N}"#, gpt2]),
    (["falcon"], [#"[\p{P}\$\+<=>\^~\|`]+"#, gpt2, "[0-9][0-9][0-9]"]),
    (["gpt-4o", "llama4"], [gpt4o]),
    (["tekken"], [tekken]),
  ]

  /// The patterns of a name.
  ///
  /// - Throws: `TokenizerError.unknownComponent`.
  static func patterns(_ name: String) throws(TokenizerError) -> [Pattern] {
    guard let row = rows.first(where: { $0.names.contains(name) }) else {
      throw .unknownComponent(kind: "pre-tokenizer of the GGUF file", name: name, known: rows.flatMap(\.names))
    }
    var patterns: [Pattern] = []
    for pattern in row.patterns { patterns.append(try Pattern(pattern)) }
    return patterns
  }

  /// Whether words that are tokens are not divided by merges.
  static func ignoresMerges(_ name: String) -> Bool { ["llama3", "llama-v3", "llama-bpe", "falcon3", "tekken"].contains(name) }
}
