// SPDX-License-Identifier: Apache-2.0
// Reads the vocabularies of GGUF files.

extension Tokenizer {
  /// Reads the tokenizer of a GGUF file: SentencePiece (`llama`), byte-level byte-pair encoding (`gpt2`), WordPiece (`bert`), unigram (`t5`).
  ///
  /// - Throws: `TokenizerError` for files without a tokenizer, and for those whose tokenizer is not supported.
  package convenience init(gguf bytes: UnsafeRawBufferPointer) throws(TokenizerError) {
    let reader = try GGUFReader(bytes)
    switch reader.kind {
    case "llama": self.init(try reader.sentencePiece())
    case "gpt2": self.init(try reader.byteLevel())
    case "t5": self.init(try reader.unigram())
    case "bert":
      var vocabulary = Vocabulary(capacity: reader.tokens.count)
      for (id, token) in reader.tokens.enumerated() { vocabulary.add(reader.isControl(id) ? token : GGUFReader.wordPiece(token), id: id) }
      try self.init(wordPiece: vocabulary, lowercases: true)
    default: throw .unknownComponent(kind: "tokenizer of the GGUF file", name: reader.kind, known: ["llama", "gpt2", "bert", "t5"])
    }
  }
}

/// The tokenizer's metadata of a GGUF file.
private struct GGUFReader {
  let kind: String
  let tokens: [[UInt8]]
  private let types: [Int]
  private let scores: [Double]
  private let metadata: GGUFMetadata
  private static let mark = Array("▁".utf8)

  init(_ bytes: UnsafeRawBufferPointer) throws(TokenizerError) {
    metadata = try GGUFMetadata(bytes, prefix: "tokenizer.ggml.")
    guard let kind = metadata.text("tokenizer.ggml.model"), let tokens = metadata.strings("tokenizer.ggml.tokens"), !tokens.isEmpty else {
      throw .file("the GGUF file contains no tokenizer (tokenizer.ggml.model and tokenizer.ggml.tokens)")
    }
    self.kind = kind
    self.tokens = tokens
    types = (metadata.numbers("tokenizer.ggml.token_type") ?? []).map { Int($0) }
    scores = metadata.numbers("tokenizer.ggml.scores") ?? []
    guard types.isEmpty || types.count == tokens.count, scores.isEmpty || scores.count == tokens.count else {
      throw .file("the GGUF file has \(tokens.count) tokens, but \(types.count) types and \(scores.count) scores")
    }
  }

  func isControl(_ id: Int) -> Bool { !types.isEmpty && types[id] == 3 }

  /// A token as BERT's vocabulary has it: GGUF marks the beginnings of words instead of their continuations.
  static func wordPiece(_ token: [UInt8]) -> [UInt8] {
    if token.starts(with: mark) { return Array(token[mark.count...]) }
    return token.first == UInt8(ascii: "[") && token.last == UInt8(ascii: "]") ? token : Array("##".utf8) + token
  }

  private var vocabulary: Vocabulary {
    var vocabulary = Vocabulary(capacity: tokens.count)
    for (id, token) in tokens.enumerated() { vocabulary.add(token, id: id) }
    return vocabulary
  }

  private var roles: [String: Int] {
    var roles: [String: Int] = [:]
    for (role, name) in [
      ("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("sep", "seperator"), ("pad", "padding"), ("cls", "cls"), ("mask", "mask"),
    ] {
      if let id = metadata.integer("tokenizer.ggml.\(name)_token_id"), id >= 0, id < tokens.count { roles[role] = id }
    }
    return roles
  }

  /// Control tokens, the token for unknown text, and tokens that the user has defined.
  private func added(_ vocabulary: Vocabulary) throws(TokenizerError) -> AddedTokens {
    var list: [AddedToken] = []
    for (id, type) in types.enumerated() where type == 2 || type == 3 || type == 4 {
      list.append(AddedToken(content: tokens[id], isNormalized: false, isSpecial: type != 4))
    }
    return try AddedTokens(list, vocabulary: vocabulary, size: tokens.count, normalizer: nil)
  }

  private func template(addsStart: Bool, addsEnd: Bool) -> PostProcessor? {
    let start = metadata.boolean("tokenizer.ggml.add_bos_token") ?? addsStart
    let end = metadata.boolean("tokenizer.ggml.add_eos_token") ?? addsEnd
    func special(_ role: String, _ isWanted: Bool) -> [PostProcessor.Part] {
      isWanted ? roles[role].map { [.special([UInt32($0)], typeID: 0)] } ?? [] : []
    }
    let (before, after) = (special("bos", start), special("eos", end))
    guard !before.isEmpty || !after.isEmpty else { return nil }
    let single = before + [.sequence(0, typeID: 0)] + after
    return .template(single: single, pair: single + before + [.sequence(1, typeID: 1)] + after)
  }

  private func pattern(_ text: String) throws(TokenizerError) -> Pattern { try Pattern(literal: text) }

  /// SentencePiece's byte-pair encoding: of all pairs that form a token, the one with the highest score is merged first.
  func sentencePiece() throws(TokenizerError) -> Tokenizer.Parts {
    guard !scores.isEmpty else { throw .file("the GGUF file has no scores (tokenizer.ggml.scores)") }
    let vocabulary = vocabulary
    let order = Set(scores).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, UInt32($0)) })
    var table = PairTable(capacity: tokens.count * 4)
    var marks = [Self.mark]
    for (id, token) in tokens.enumerated() where types.isEmpty || types[id] == 1 || types[id] == 4 {
      guard let merged = vocabulary.id(token), merged == id, let rank = ranks[scores[id]] else { continue }
      for middle in token.indices.dropFirst() where token[middle] & 0xC0 != 0x80 {
        guard let left = vocabulary.id(Array(token[..<middle])), let right = vocabulary.id(Array(token[middle...])) else { continue }
        table.set(UInt32(left), UInt32(right), rank: rank, token: UInt32(id))
        if token[middle...].starts(with: Self.mark), !token[..<middle].suffix(Self.mark.count).elementsEqual(Self.mark) { marks = [] }
      }
    }
    var options = BytePairModel.Options()
    options.unknownToken = roles["unk"].map { tokens[$0] } ?? Array("<unk>".utf8)
    options.fusesUnknown = true
    options.hasByteFallback = true
    var normalizers: [Normalizer] = [.replace(try pattern(" "), content: Self.mark)]
    let addsSpace = metadata.boolean("tokenizer.ggml.add_space_prefix") ?? true
    if addsSpace { normalizers.insert(.prepend(Self.mark), at: 0) }
    var decoders: [Decoder] = [.replace(try pattern("▁"), content: [0x20]), .byteFallback, .fuse]
    if addsSpace { decoders.append(.strip(0x20, start: 1, stop: 0)) }
    return Tokenizer.Parts(
      model: .bytePair(BytePairModel(vocabulary: vocabulary, merges: table, options: options, wordMark: marks.first)), kind: "BPE",
      normalizer: .sequence(normalizers), postProcessor: template(addsStart: true, addsEnd: false), decoder: .sequence(decoders),
      added: try added(vocabulary), roles: roles)
  }

  /// Byte-pair encoding of bytes, with the list of merges.
  func byteLevel() throws(TokenizerError) -> Tokenizer.Parts {
    guard let merges = metadata.strings("tokenizer.ggml.merges") else { throw .file("the GGUF file has no merges (tokenizer.ggml.merges)") }
    let vocabulary = vocabulary
    var reader = MergeReader(vocabulary, prefix: 0, path: "tokenizer.ggml.merges")
    for (rank, merge) in merges.enumerated() {
      // A space within a token is written as another character, so the first space after the first character divides.
      guard let middle = merge.dropFirst().firstIndex(of: 0x20) else {
        throw reader.fault(rank, "expected two tokens with a space between them")
      }
      try reader.add(Array(merge[..<middle]), Array(merge[(middle + 1)...]), rank)
    }
    let name = metadata.text("tokenizer.ggml.pre") ?? "default"
    var options = BytePairModel.Options()
    options.ignoresMerges = GGUFPatterns.ignoresMerges(name)
    var steps: [PreTokenizer] = try GGUFPatterns.patterns(name).map { .split($0, .isolated, isInverted: false) }
    steps.append(.byteLevel(addsSpace: metadata.boolean("tokenizer.ggml.add_space_prefix") ?? false, nil))
    return Tokenizer.Parts(
      model: .bytePair(BytePairModel(vocabulary: vocabulary, merges: reader.table, options: options)), kind: "BPE",
      // Qwen's own files compose characters first; GGUF files have no key for it.
      normalizer: name == "qwen2" ? .form(.nfc) : nil, preTokenizer: .sequence(steps),
      postProcessor: template(addsStart: name.hasPrefix("llama"), addsEnd: false), decoder: .byteLevel,
      added: try added(vocabulary), roles: roles)
  }

  /// SentencePiece's unigram model.
  func unigram() throws(TokenizerError) -> Tokenizer.Parts {
    guard !scores.isEmpty else { throw .file("the GGUF file has no scores (tokenizer.ggml.scores)") }
    let vocabulary = vocabulary
    var normalizer: Normalizer?
    if let map = metadata.bytes("tokenizer.ggml.precompiled_charsmap") {
      normalizer = .precompiled(try PrecompiledMap(map, path: "tokenizer.ggml.precompiled_charsmap"))
    }
    let addsSpace = metadata.boolean("tokenizer.ggml.add_space_prefix") ?? true
    let metaspace = PreTokenizer.metaspace(replacement: 0x2581, addsSpace ? .always : .never, divides: true)
    let collapses = metadata.boolean("tokenizer.ggml.remove_extra_whitespaces") ?? true
    let model = UnigramModel(
      vocabulary: vocabulary, scores: scores, unknownID: roles["unk"] ?? types.firstIndex(of: 2), hasByteFallback: types.contains(6))
    return Tokenizer.Parts(
      model: .unigram(model), kind: "Unigram", normalizer: normalizer,
      preTokenizer: collapses ? .sequence([.whitespaceSplit, metaspace]) : metaspace,
      postProcessor: template(addsStart: false, addsEnd: true), decoder: .metaspace(replacement: 0x2581, dropsFirst: addsSpace),
      added: try added(vocabulary), roles: roles)
  }
}
