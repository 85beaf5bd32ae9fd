// SPDX-License-Identifier: Apache-2.0
// Reads `tokenizer.json`.

import TextFormats

extension Tokenizer {
  /// Reads a tokenizer in the format of the `tokenizers` package.
  ///
  /// - Parameter configuration: the text of the `tokenizer_config.json` beside it, which names the special tokens.
  /// - Throws: `TokenizerError` for text that is no tokenizer or contains components that are not supported, and `TextFormatError`
  ///   for malformed JSON.
  package convenience init(json text: [UInt8], configuration: [UInt8]? = nil) throws {
    let root = try Fields(JSONValue(text: text), path: "tokenizer.json")
    guard let model = try root.object("model") else {
      throw TokenizerError.file("the file has no member \"model\"; expected a tokenizer.json of the tokenizers package")
    }
    if let version = try root.string("version"), version != "1.0" {
      throw TokenizerError.field(path: "tokenizer.json.version", problem: "expected \"1.0\", found \"\(version.prefix(20))\"")
    }
    let normalizer = try root.object("normalizer").map { try ComponentReader.normalizer($0, depth: 0) }
    let (tokenModel, kind, size) = try ModelReader.model(model)
    let list = try root["added_tokens"] == nil ? [] : root.objects("added_tokens").map { try Self.addedToken($0) }
    let added = try AddedTokens(list, vocabulary: tokenModel.vocabulary, size: size, normalizer: normalizer)
    var roles: [String: Int] = [:]
    if let unknown = try model.string("unk_token"), let id = tokenModel.vocabulary.id(Array(unknown.utf8)) { roles["unk"] = id }
    if let id = try model.integer("unk_id") { roles["unk"] = id }
    if let id = try root.object("padding")?.integer("pad_id") { roles["pad"] = id }
    if let configuration {
      for (role, name) in try Self.specialTokens(configuration) {
        if let id = added.ids.value(name) ?? tokenModel.vocabulary.id(name) { roles[role] = id }
      }
    }
    self.init(
      Parts(
        model: tokenModel, kind: kind, normalizer: normalizer,
        preTokenizer: try root.object("pre_tokenizer").map { try ComponentReader.preTokenizer($0, depth: 0) },
        postProcessor: try root.object("post_processor").map { try ComponentReader.postProcessor($0, depth: 0) },
        decoder: try root.object("decoder").map { try ComponentReader.decoder($0, depth: 0) },
        added: added, truncation: try root.object("truncation").map { try Self.truncation($0) },
        padding: try root.object("padding").map { try Self.padding($0) }, roles: roles))
  }

  /// The special tokens by role that a `tokenizer_config.json` names.
  private static func specialTokens(_ text: [UInt8]) throws -> [(role: String, name: [UInt8])] {
    let fields = try Fields(JSONValue(text: text), path: "tokenizer_config.json")
    var out: [(role: String, name: [UInt8])] = []
    for role in ["bos", "eos", "unk", "pad", "cls", "sep", "mask"] {
      switch fields[role + "_token"] {
      case .string(let name): out.append((role, Array(name.utf8)))
      case .object: if let name = try fields.object(role + "_token")?.bytes("content") { out.append((role, name)) }
      default: break
      }
    }
    return out
  }

  private static func addedToken(_ fields: Fields) throws(TokenizerError) -> AddedToken {
    AddedToken(
      content: Array(try fields.requiredString("content").utf8), matchesSingleWords: try fields.boolean("single_word") ?? false,
      stripsLeft: try fields.boolean("lstrip") ?? false, stripsRight: try fields.boolean("rstrip") ?? false,
      isNormalized: try fields.boolean("normalized") ?? true, isSpecial: try fields.boolean("special") ?? false)
  }

  private static func truncation(_ fields: Fields) throws(TokenizerError) -> Truncation {
    guard let maximum = try fields.integer("max_length") else {
      throw .field(path: "\(fields.path).max_length", problem: "expected an integer, found nothing")
    }
    var truncation = Truncation(maximum: maximum, fromLeft: try fields.string("direction") == "Left")
    truncation.strategy = try fields.choice("strategy", Truncation.Strategy.self) ?? .longestFirst
    truncation.stride = try fields.integer("stride") ?? 0
    return truncation
  }

  private static func padding(_ fields: Fields) throws(TokenizerError) -> Padding {
    var padding = Padding(id: UInt32(try fields.integer("pad_id") ?? 0))
    if case .object = fields["strategy"] {
      padding.length = try fields.object("strategy")?.integer("Fixed")
    } else if let strategy = try fields.string("strategy"), strategy != "BatchLongest" {
      throw .field(
        path: "\(fields.path).strategy", problem: "expected \"BatchLongest\" or { \"Fixed\": … }, found \"\(strategy.prefix(40))\"")
    }
    padding.onLeft = try fields.string("direction") == "Left"
    padding.multiple = try fields.integer("pad_to_multiple_of")
    // Every text would be filled up to such a length.
    guard max(padding.length ?? 0, padding.multiple ?? 0) <= 1 << 20 else {
      throw .field(path: fields.path, problem: "texts would be padded to more than \(1 << 20) ids")
    }
    padding.typeID = UInt32(try fields.integer("pad_type_id") ?? 0)
    return padding
  }
}
