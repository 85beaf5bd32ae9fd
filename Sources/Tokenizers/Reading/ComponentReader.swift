// SPDX-License-Identifier: Apache-2.0
// Reads normalizers, pre-tokenizers, post-processors and decoders of `tokenizer.json`.

import TextFormats

/// Reads components by their member `type`.
enum ComponentReader {
  private static let deepest = 32

  private static func sequence<Part>(
    _ fields: Fields, _ name: String, _ depth: Int, _ read: (Fields, Int) throws(TokenizerError) -> Part
  ) throws(TokenizerError) -> [Part] {
    guard depth < deepest else { throw .field(path: fields.path, problem: "more than \(deepest) sequences within each other") }
    var parts: [Part] = []
    for part in try fields.objects(name) { parts.append(try read(part, depth + 1)) }
    return parts
  }

  private static func pattern(_ fields: Fields) throws(TokenizerError) -> Pattern {
    if case .string(let text) = fields["pattern"] { return try Pattern(literal: text) }
    guard let object = try fields.object("pattern") else { throw .field(path: "\(fields.path).pattern", problem: "expected a pattern") }
    if let text = try object.string("Regex") { return try Pattern(text) }
    return try Pattern(literal: try object.requiredString("String"))
  }

  static func normalizer(_ fields: Fields, depth: Int) throws(TokenizerError) -> Normalizer {
    switch try fields.requiredString("type") {
    case "NFC": return .form(.nfc)
    case "NFD": return .form(.nfd)
    case "NFKC": return .form(.nfkc)
    case "NFKD": return .form(.nfkd)
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "BertNormalizer":
      return .bert(
        BertNormalizer(
          cleansText: try fields.boolean("clean_text") ?? true, separatesChinese: try fields.boolean("handle_chinese_chars") ?? true,
          stripsAccents: try fields.boolean("strip_accents"), lowercases: try fields.boolean("lowercase") ?? true))
    case "Strip":
      return .strip(left: try fields.boolean("strip_left") ?? true, right: try fields.boolean("strip_right") ?? true)
    case "Replace": return .replace(try pattern(fields), content: try fields.bytes("content"))
    case "Prepend": return .prepend(try fields.bytes("prepend"))
    case "Precompiled":
      let path = "\(fields.path).precompiled_charsmap"
      guard let text = try fields.string("precompiled_charsmap") else { return .sequence([]) }
      guard let bytes = Base64.decode(text) else { throw .field(path: path, problem: "the text is not base64") }
      return .precompiled(try PrecompiledMap(bytes, path: path))
    case "Nmt": return .nmt
    case "ByteLevel": return .byteLevel
    case "Sequence":
      return .sequence(try sequence(fields, "normalizers", depth) { (f, d) throws(TokenizerError) in try normalizer(f, depth: d) })
    case let name:
      throw .unknownComponent(
        kind: "normalizer", name: name,
        known: [
          "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "BertNormalizer", "Strip", "Replace", "Prepend", "Precompiled", "Nmt",
          "ByteLevel", "Sequence",
        ])
    }
  }

  static func preTokenizer(_ fields: Fields, depth: Int) throws(TokenizerError) -> PreTokenizer {
    switch try fields.requiredString("type") {
    case "ByteLevel":
      let usesPattern = try fields.boolean("use_regex") ?? true
      return .byteLevel(
        addsSpace: try fields.boolean("add_prefix_space") ?? true, usesPattern ? try Pattern(ByteLevel.pattern) : nil)
    case "BertPreTokenizer": return .bert
    case "Whitespace": return .whitespace
    case "WhitespaceSplit": return .whitespaceSplit
    case "Metaspace":
      let scheme = try scheme(fields)
      return .metaspace(replacement: try fields.character("replacement"), scheme, divides: try fields.boolean("split") ?? true)
    case "Split":
      return .split(
        try pattern(fields), try fields.choice("behavior", SplitBehavior.self) ?? .isolated,
        isInverted: try fields.boolean("invert") ?? false)
    case "Punctuation": return .punctuation(try fields.choice("behavior", SplitBehavior.self) ?? .isolated)
    case "Digits": return .digits(individual: try fields.boolean("individual_digits") ?? false)
    case "UnicodeScripts": return .unicodeScripts
    case "CharDelimiterSplit": return .delimiter(try fields.character("delimiter"))
    case "FixedLength":
      let length = try fields.integer("length") ?? 5
      guard length > 0 else { throw .field(path: "\(fields.path).length", problem: "expected at least 1") }
      return .fixedLength(length)
    case "Sequence":
      return .sequence(try sequence(fields, "pretokenizers", depth) { (f, d) throws(TokenizerError) in try preTokenizer(f, depth: d) })
    case let name:
      throw .unknownComponent(
        kind: "pre-tokenizer", name: name,
        known: [
          "ByteLevel", "BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Metaspace", "Split", "Punctuation", "Digits", "UnicodeScripts",
          "CharDelimiterSplit", "FixedLength", "Sequence",
        ])
    }
  }

  private static func scheme(_ fields: Fields) throws(TokenizerError) -> PreTokenizer.PrependScheme {
    let scheme = try fields.choice("prepend_scheme", PreTokenizer.PrependScheme.self)
    guard try fields.boolean("add_prefix_space") == false else { return scheme ?? .always }
    guard scheme == .never else {
      throw .field(
        path: "\(fields.path).add_prefix_space", problem: "false contradicts the prepend_scheme \"\(scheme?.rawValue ?? "always")\"")
    }
    return .never
  }

  static func decoder(_ fields: Fields, depth: Int) throws(TokenizerError) -> Decoder {
    switch try fields.requiredString("type") {
    case "ByteLevel": return .byteLevel
    case "WordPiece":
      return .wordPiece(prefix: Array((try fields.string("prefix") ?? "##").utf8), cleans: try fields.boolean("cleanup") ?? true)
    case "Metaspace": return .metaspace(replacement: try fields.character("replacement"), dropsFirst: try scheme(fields) != .never)
    case "BPEDecoder": return .bytePair(suffix: Array((try fields.string("suffix") ?? "</w>").utf8))
    case "CTC":
      return .ctc(
        pad: Array((try fields.string("pad_token") ?? "<pad>").utf8),
        delimiter: Array((try fields.string("word_delimiter_token") ?? "|").utf8),
        cleans: try fields.boolean("cleanup") ?? true)
    case "Fuse": return .fuse
    case "Strip":
      return .strip(try fields.character("content"), start: try fields.integer("start") ?? 0, stop: try fields.integer("stop") ?? 0)
    case "Replace": return .replace(try pattern(fields), content: try fields.bytes("content"))
    case "ByteFallback": return .byteFallback
    case "Sequence": return .sequence(try sequence(fields, "decoders", depth) { (f, d) throws(TokenizerError) in try decoder(f, depth: d) })
    case let name:
      throw .unknownComponent(
        kind: "decoder", name: name,
        known: ["ByteLevel", "WordPiece", "Metaspace", "BPEDecoder", "CTC", "Fuse", "Strip", "Replace", "ByteFallback", "Sequence"])
    }
  }

  static func postProcessor(_ fields: Fields, depth: Int) throws(TokenizerError) -> PostProcessor {
    switch try fields.requiredString("type") {
    case "TemplateProcessing":
      let special = try specialTokens(fields)
      let pair = fields["pair"] == nil ? [] : try template(fields, "pair", special)
      return .template(single: try template(fields, "single", special), pair: pair)
    case "BertProcessing": return .bert(start: try token(fields, "cls"), end: try token(fields, "sep"))
    case "RobertaProcessing": return .roberta(start: try token(fields, "cls"), end: try token(fields, "sep"))
    case "ByteLevel": return .byteLevel
    case "Sequence":
      return .sequence(try sequence(fields, "processors", depth) { (f, d) throws(TokenizerError) in try postProcessor(f, depth: d) })
    case let name:
      throw .unknownComponent(
        kind: "post-processor", name: name,
        known: ["TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence"])
    }
  }

  /// The id of a pair of a token and its id.
  private static func token(_ fields: Fields, _ name: String) throws(TokenizerError) -> UInt32 {
    let pair = try fields.requiredArray(name)
    guard pair.count == 2, case .integer(let id) = pair[1], id >= 0, id < Int(Int32.max) else {
      throw .field(path: "\(fields.path).\(name)", problem: "expected a token and its id")
    }
    return UInt32(id)
  }

  private static func specialTokens(_ fields: Fields) throws(TokenizerError) -> [String: [UInt32]] {
    guard case .object(let members) = fields["special_tokens"] else { return [:] }
    var out: [String: [UInt32]] = [:]
    for member in members {
      let token = try Fields(member.value, path: "\(fields.path).special_tokens")
      var ids: [UInt32] = []
      for id in try token.requiredArray("ids") {
        guard case .integer(let id) = id, id >= 0, id < Int(Int32.max) else {
          throw .field(path: token.path, problem: "the ids of \"\(member.name.prefix(40))\" are no integers from 0 on")
        }
        ids.append(UInt32(id))
      }
      out[member.name] = ids
    }
    return out
  }

  private static func template(
    _ fields: Fields, _ name: String, _ special: [String: [UInt32]]
  ) throws(TokenizerError) -> [PostProcessor.Part] {
    var parts: [PostProcessor.Part] = []
    for part in try fields.objects(name) {
      if let sequence = try part.object("Sequence") {
        let id = try sequence.requiredString("id")
        guard id == "A" || id == "B" else { throw .field(path: sequence.path, problem: "expected the id \"A\" or \"B\"") }
        parts.append(.sequence(id == "A" ? 0 : 1, typeID: UInt32(try sequence.integer("type_id") ?? 0)))
      } else if let token = try part.object("SpecialToken") {
        let id = try token.requiredString("id")
        guard let ids = special[id] else { throw .field(path: token.path, problem: "\"\(id.prefix(40))\" is not in special_tokens") }
        parts.append(.special(ids, typeID: UInt32(try token.integer("type_id") ?? 0)))
      } else {
        throw .field(path: part.path, problem: "expected a Sequence or a SpecialToken")
      }
    }
    return parts
  }
}
