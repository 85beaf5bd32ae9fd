// SPDX-License-Identifier: Apache-2.0
// The Lua object for tokenizers.

import LuaHost
import Options
import Tensors
import Tokenizers

/// A tokenizer as a Lua object.
final class TokenizerObject: LuaBoxed {
  let tokenizer: Tokenizer
  private let path: String

  init(_ tokenizer: Tokenizer, path: String) {
    self.tokenizer = tokenizer
    self.path = path
  }

  static var luaName: String { "Tokenizer" }

  private enum EncodeOptions {
    static let pair = LuaOption<LuaBytes?>("pair", "a second sequence, for templates of two")
    static let max = LuaOption<LuaValue?>("max", "maximum number of ids, with special ones; false for none; by default that of the file")
    static let pad = LuaOption<LuaValue?>(
      "pad", "true pads to the longest text, an integer to that length; false does not; by default as the file says")
    static let padID = LuaOption<Int?>("pad_id", "the id of padding; by default that of the file", allowed: .atLeast(0))
    static let special = LuaOption("special", "add the special tokens of the template, such as the beginning of a text", default: true)
    static let parse = LuaOption("parse", "recognize special tokens in the text; false reads them as text", default: true)
    static let table = LuaOptionTable("EncodeOptions", [pair, max, pad, padID, special, parse])
  }

  private enum DecodeOptions {
    static let special = LuaOption("special", "keep special tokens in the text", default: false)
    static let table = LuaOptionTable("DecodeOptions", [special])
  }

  static let luaClass = LuaClass(
    TokenizerObject.self, "Text to token ids and back. Ids count from 0.",
    properties: [
      LuaProperty("kind", "the kind of model: BPE, WordPiece, WordLevel or Unigram") { (t: TokenizerObject) in t.tokenizer.kind },
      LuaProperty("size", "the number of ids, added tokens included") { (t: TokenizerObject) in t.tokenizer.count },
      LuaProperty("bos", "the id that begins a text; nil if the file names none") { (t: TokenizerObject) in t.tokenizer.roles["bos"] },
      LuaProperty("eos", "the id that ends a text; nil if the file names none") { (t: TokenizerObject) in t.tokenizer.roles["eos"] },
      LuaProperty("pad", "the id of padding; nil if the file names none") { (t: TokenizerObject) in t.tokenizer.roles["pad"] },
      LuaProperty("unk", "the id of unknown text; nil if the file names none") { (t: TokenizerObject) in t.tokenizer.roles["unk"] },
    ],
    methods: [
      LuaMethod(
        "encode", "The ids of a text or of each text of a list. Bytes that are not UTF-8 are read as U+FFFD.",
        Arg<LuaValue>("text", "a string, or a sequence of strings"), .options(EncodeOptions.table),
        returns: "a sequence of ids, for a list a sequence of sequences, with padding a Tensor (texts × length)",
        type: .union([.sequence(.integer), .sequence(.sequence(.integer)), .object("Tensor")]),
        example: """
          local tokenizer = wane.tokenizer "examples/tokenizer.json"
          local ids = tokenizer:encode({ "a model", "a smaller model" }, { pad = 8, pad_id = 0 })
          print(ids.shape[1], ids.shape[2], #tokenizer:encode "a model")  --> 2	8	3
          """
      ) { (t: TokenizerObject, text: LuaValue, options: LuaOptions) in
        let record = try t.encode(text, options)
        return record.part { $0.ids.map { Int($0) } }
      },
      LuaMethod(
        "encoding", "The same with all that models take: ids, attention_mask, type_ids, special_mask, in the form of the ids.",
        Arg<LuaValue>("text", "a string, or a sequence of strings"), .options(EncodeOptions.table), returns: "an Encoding",
        example: """
          local tokenizer = wane.tokenizer "examples/tokenizer.json"
          local encoding = tokenizer:encoding({ "a model", "a smaller model" }, { pad = 8, pad_id = 0 })
          print(encoding.attention_mask:sum(1):to_table()[1])  --> 3
          """
      ) { (t: TokenizerObject, text: LuaValue, options: LuaOptions) in try t.encode(text, options) },
      LuaMethod(
        "decode", "The text of ids.", Arg<LuaValue>("ids", "a sequence of ids, or a Tensor of them"), .options(DecodeOptions.table),
        returns: "a string", type: .string
      ) { (t: TokenizerObject, ids: LuaValue, options: LuaOptions) in
        LuaBytes(try t.tokenizer.decode(TokenizerObject.ids(ids), skipsSpecial: !options[DecodeOptions.special]))
      },
      LuaMethod(
        "count", "The number of ids of a text, without those of the template.", Arg<LuaBytes>("text", "a string"), returns: "an integer"
      ) {
        (t: TokenizerObject, text: LuaBytes) in try t.tokenizer.ids(text.bytes).count
      },
      LuaMethod(
        "token", "The token of an id as the vocabulary has it.", Arg<Int>("id", "from 0"), returns: "a string; nil for ids without a token",
        type: .optional(.string)
      ) { (t: TokenizerObject, id: Int) in t.tokenizer.token(id) },
      LuaMethod(
        "id", "The id of a token as the vocabulary has it.", Arg<String>("token", "such as \"<s>\""),
        returns: "an integer; nil for text that is no token",
        type: .optional(.integer)
      ) { (t: TokenizerObject, token: String) in t.tokenizer.id(token) },
      LuaMethod("vocabulary", "All tokens.", returns: "a table of ids by token", type: .dictionary(.string, .integer)) {
        (t: TokenizerObject) in
        TokenTable(tokens: t.tokenizer.vocabulary)
      },
    ],
    behaviors: [
      .toString { (t: TokenizerObject) in t.description }, .length { (t: TokenizerObject) in t.tokenizer.count },
    ],
    foreignNames: [
      "tokenize": "t:encode(text)", "get_vocab": "t:vocabulary()", "token_to_id": "t:id(token)", "id_to_token": "t:token(id)",
      "encode_batch": "t:encode{ text, … }", "vocab_size": "t.size", "batch_decode": "t:decode(ids)",
    ])

  private var description: String {
    var parts = ["\(tokenizer.kind) tokenizer \(path): \(tokenizer.count) ids"]
    if let truncation = tokenizer.truncation { parts.append("texts are cut to \(truncation.maximum) ids") }
    if let padding = tokenizer.padding { parts.append(padding.length.map { "padded to \($0)" } ?? "padded to the longest") }
    return parts.joined(separator: ", ")
  }

  private func encode(_ text: LuaValue, _ options: LuaOptions) throws -> EncodingRecord {
    let list = text.table
    let texts = try list.map { try Self.texts($0) } ?? [Self.text(text, "text")]
    let truncation = try truncation(options)
    let pair = options[EncodeOptions.pair]
    if pair != nil, list != nil {
      throw LuaError(.usage, "encode: pair is for one text, not for a list", hint: "call encode for each pair")
    }
    var encodings: [Encoding] = []
    for text in texts {
      encodings.append(
        try tokenizer.encode(
          text, pair: pair?.bytes, addsSpecial: options[EncodeOptions.special], findsSpecial: options[EncodeOptions.parse],
          truncation: truncation))
    }
    let padding = try padding(options)
    padding?.apply(&encodings)
    return EncodingRecord(encodings: encodings, form: list == nil ? .one : padding == nil ? .lists : .tensors)
  }

  private func truncation(_ options: LuaOptions) throws -> Truncation? {
    guard let value = options[EncodeOptions.max], !value.isNil else { return tokenizer.truncation }
    if value.boolean == false { return nil }
    guard let maximum = value.integer, maximum > 0 else {
      throw LuaError(.usage, "encode: max is a number of ids from 1 on, or false", hint: "max = 512")
    }
    var truncation = tokenizer.truncation ?? Truncation(maximum: maximum)
    truncation.maximum = maximum
    return truncation
  }

  private func padding(_ options: LuaOptions) throws -> Padding? {
    let id = options[EncodeOptions.padID]
    func padding(_ length: Int?) throws -> Padding {
      guard let id = id ?? tokenizer.padding.map({ Int($0.id) }) ?? tokenizer.roles["pad"] else {
        throw LuaError(.usage, "encode: the tokenizer names no id of padding", hint: "pad_id = 0")
      }
      guard id < tokenizer.count else { throw LuaError(.usage, "encode: pad_id \(id) is no id; ids are 0 to \(tokenizer.count - 1)") }
      var padding = tokenizer.padding ?? Padding(id: UInt32(id))
      padding.id = UInt32(id)
      padding.length = length
      padding.multiple = nil
      return padding
    }
    guard let value = options[EncodeOptions.pad], !value.isNil else {
      guard id == nil else { throw LuaError(.usage, "encode: pad_id has no effect without pad", hint: "pad = true") }
      return tokenizer.padding
    }
    if let flag = value.boolean {
      if !flag, id != nil { throw LuaError(.usage, "encode: pad_id has no effect with pad = false") }
      return flag ? try padding(nil) : nil
    }
    guard let length = value.integer, length > 0, length <= 1 << 24 else {
      throw LuaError(.usage, "encode: pad is true, false, or a length from 1 on", hint: "pad = 512")
    }
    return try padding(length)
  }

  private static func text(_ value: LuaValue, _ place: String) throws -> [UInt8] {
    switch value {
    case .string(let text): return Array(text.utf8)
    case .bytes(let bytes): return bytes
    default: throw LuaError(.usage, "encode: \(place) is not a string", hint: "t:encode \"text\", or t:encode{ \"one\", \"two\" }")
    }
  }

  private static func texts(_ table: LuaTable) throws -> [[UInt8]] {
    guard table.count > 0 else { throw LuaError(.usage, "encode: the list has no texts", hint: "t:encode{ \"one\", \"two\" }") }
    return try (1...table.count).map { try text(table[$0], "text \($0) of the list") }
  }

  /// Reads ids: a sequence of integers, or a Tensor of them.
  static func ids(_ value: LuaValue, of function: String = "decode") throws -> [Int] {
    if let object = value.object(TensorObject.self) {
      let tensor = object.tensor
      guard tensor.shape.filter({ $0 != 1 }).count <= 1 else {
        throw LuaError(
          .usage, "\(function): the ids of one text are expected, got a Tensor of shape \(tensor.shape)", hint: "ids:at{ i } is one row")
      }
      return try tensor.converted(to: .int64).withElements(of: Int64.self) { elements in elements.map { Int($0) } }
    }
    guard let table = value.table else { throw LuaError(.usage, "\(function): ids are a sequence of integers or a Tensor") }
    guard table.count > 0 else { return [] }
    return try (1...table.count).map { position in
      guard let id = table[position].integer else { throw LuaError(.usage, "\(function): id \(position) is not an integer") }
      return id
    }
  }
}

/// Ids by token. Tokens are pushed as bytes, since canonically equivalent ones are different.
private struct TokenTable: LuaReturnable {
  let tokens: [(token: [UInt8], id: Int)]

  static var luaType: LuaType { .dictionary(.string, .integer) }

  func push(to interpreter: Interpreter) throws {
    let table = interpreter.newTable()
    for (token, id) in tokens { try table.set(LuaBytes(token), id) }
    try table.push(to: interpreter)
  }
}
