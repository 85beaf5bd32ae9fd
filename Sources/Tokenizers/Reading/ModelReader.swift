// SPDX-License-Identifier: Apache-2.0
// Reads the models of `tokenizer.json`.

import TextFormats

/// Reads the member `model`.
enum ModelReader {
  /// The model, its kind, and the number of its tokens.
  static func model(_ fields: Fields) throws(TokenizerError) -> (TokenModel, kind: String, size: Int) {
    var kind = try fields.string("type") ?? ""
    if kind.isEmpty { kind = try guess(fields) }
    switch kind {
    case "BPE":
      let model = try bytePair(fields)
      return (.bytePair(model), kind, model.vocabulary.count)
    case "WordPiece":
      let vocabulary = try vocabulary(fields)
      let model = WordPieceModel(
        vocabulary: vocabulary, unknownToken: Array(try fields.requiredString("unk_token").utf8),
        continuingPrefix: try fields.bytes("continuing_subword_prefix"), longestWord: try fields.integer("max_input_chars_per_word") ?? 100)
      return (.wordPiece(model), kind, vocabulary.count)
    case "WordLevel":
      let vocabulary = try vocabulary(fields)
      let model = WordLevelModel(vocabulary: vocabulary, unknownToken: Array(try fields.requiredString("unk_token").utf8))
      return (.wordLevel(model), kind, vocabulary.count)
    case "Unigram": return try unigram(fields)
    default: throw .unknownComponent(kind: "model", name: kind, known: ["BPE", "WordPiece", "WordLevel", "Unigram"])
    }
  }

  /// The kind of a model of an old file, which does not name it.
  private static func guess(_ fields: Fields) throws(TokenizerError) -> String {
    if fields["merges"] != nil { return "BPE" }
    if fields["continuing_subword_prefix"] != nil { return "WordPiece" }
    if case .array = fields["vocab"] { return "Unigram" }
    return "WordLevel"
  }

  private static func vocabulary(_ fields: Fields) throws(TokenizerError) -> Vocabulary {
    guard case .object(let members) = try fields.required("vocab") else {
      throw .field(path: "\(fields.path).vocab", problem: "expected an object of tokens and ids")
    }
    var vocabulary = Vocabulary(capacity: members.count)
    for member in members {
      guard case .integer(let id) = member.value, id >= 0, id < Int(Int32.max) else {
        throw .field(path: "\(fields.path).vocab", problem: "the id of the token \"\(member.name.prefix(40))\" is no integer from 0 on")
      }
      vocabulary.add(Array(member.name.utf8), id: id)
    }
    return vocabulary
  }

  private static func bytePair(_ fields: Fields) throws(TokenizerError) -> BytePairModel {
    switch fields["dropout"] {
    case nil, .integer(0), .number(0): break
    default:
      throw .field(path: "\(fields.path).dropout", problem: "dropout makes ids random and is not supported; set it to null in the file")
    }
    let vocabulary = try vocabulary(fields)
    var options = BytePairModel.Options()
    options.unknownToken = try fields.string("unk_token").map { Array($0.utf8) }
    options.continuingPrefix = try fields.bytes("continuing_subword_prefix")
    options.wordSuffix = try fields.bytes("end_of_word_suffix")
    options.fusesUnknown = try fields.boolean("fuse_unk") ?? false
    options.hasByteFallback = try fields.boolean("byte_fallback") ?? false
    options.ignoresMerges = try fields.boolean("ignore_merges") ?? false
    var reader = MergeReader(vocabulary, prefix: options.continuingPrefix.count, path: "\(fields.path).merges")
    let list = try fields.requiredArray("merges")
    for (rank, item) in list.enumerated() {
      switch item {
      case .string(let text):
        // A first line with the version is not a merge.
        if rank == 0, text.hasPrefix("#version") { continue }
        let parts = Array(text.utf8).split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw reader.fault(rank, "expected two tokens with a space between them") }
        try reader.add(Array(parts[0]), Array(parts[1]), rank)
      case .array(let pair):
        guard pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] else {
          throw reader.fault(rank, "expected two tokens")
        }
        try reader.add(Array(left.utf8), Array(right.utf8), rank)
      default: throw reader.fault(rank, "expected two tokens")
      }
    }
    return BytePairModel(vocabulary: vocabulary, merges: reader.table, options: options, wordMark: reader.wordMark)
  }

  private static func unigram(_ fields: Fields) throws(TokenizerError) -> (TokenModel, kind: String, size: Int) {
    let items = try fields.requiredArray("vocab")
    var vocabulary = Vocabulary(capacity: items.count)
    var scores: [Double] = []
    scores.reserveCapacity(items.count)
    for (id, item) in items.enumerated() {
      guard case .array(let pair) = item, pair.count == 2, case .string(let token) = pair[0] else {
        throw .field(path: "\(fields.path).vocab[\(id)]", problem: "expected a token and its score")
      }
      switch pair[1] {
      case .integer(let score): scores.append(Double(score))
      case .number(let score): scores.append(quotient(score))
      default: throw .field(path: "\(fields.path).vocab[\(id)]", problem: "the score is no number")
      }
      vocabulary.add(Array(token.utf8), id: id)
    }
    let unknown = try fields.integer("unk_id")
    if let unknown, unknown >= items.count {
      throw .field(path: "\(fields.path).unk_id", problem: "the id \(unknown) is not below the number of tokens, \(items.count)")
    }
    let model = UnigramModel(
      vocabulary: vocabulary, scores: scores, unknownID: unknown, hasByteFallback: try fields.boolean("byte_fallback") ?? false)
    return (.unigram(model), "Unigram", items.count)
  }
}

extension ModelReader {
  /// A number as the `tokenizers` package reads it: its digits as an integer, divided by a power of ten. The quotient can differ from
  /// the number in the last bit, which decides between divisions of a word that are equally good.
  static func quotient(_ value: Double) -> Double {
    var digits: UInt64 = 0
    var exponent = 0
    var isFraction = false
    var text = Substring("\(value.magnitude)")
    if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      exponent = Int(text[text.index(after: mark)...]) ?? 0
      text = text[..<mark]
    }
    if text.hasSuffix(".0") { text = text.dropLast(2) }
    for character in text {
      guard let digit = character.wholeNumberValue else {
        isFraction = true
        continue
      }
      let (product, overflows) = digits.multipliedReportingOverflow(by: 10)
      guard !overflows, product <= UInt64.max - UInt64(digit) else { return value }
      digits = product + UInt64(digit)
      if isFraction { exponent -= 1 }
    }
    guard exponent < 0, exponent >= -22 - 286 else { return value }
    let power = Double("1e\(-exponent)") ?? 1
    let quotient = Double(digits) / power
    return value < 0 ? -quotient : quotient
  }
}

/// Collects merges by the ids of their tokens.
struct MergeReader {
  private let vocabulary: Vocabulary
  private let prefix: Int
  private let path: String
  private(set) var table = PairTable(capacity: 1024)
  /// Marks of the beginning of words that are still possible.
  private var marks: [[UInt8]] = [Array("▁".utf8), [0x20]]

  /// - Parameter prefix: the length of the prefix of continuing tokens, which a merge removes from the right one.
  init(_ vocabulary: Vocabulary, prefix: Int, path: String) {
    self.vocabulary = vocabulary
    self.prefix = prefix
    self.path = path
  }

  var wordMark: [UInt8]? { marks.first { vocabulary.id($0) != nil } }

  func fault(_ rank: Int, _ problem: String) -> TokenizerError { .field(path: "\(path)[\(rank)]", problem: problem) }

  mutating func add(_ left: [UInt8], _ right: [UInt8], _ rank: Int) throws(TokenizerError) {
    guard right.count >= prefix else { throw fault(rank, "the second token is shorter than the prefix of continuing tokens") }
    let merged = left + right[prefix...]
    guard let leftID = vocabulary.id(left), let rightID = vocabulary.id(right), let id = vocabulary.id(merged) else {
      let missing = [left, right, merged].first { vocabulary.id($0) == nil } ?? []
      throw fault(rank, "the token \"\(String(decoding: missing, as: UTF8.self).prefix(40))\" is not in the vocabulary")
    }
    for (position, mark) in marks.enumerated().reversed()
    where right.starts(with: mark) && !left.suffix(mark.count).elementsEqual(mark) { marks.remove(at: position) }
    table.set(UInt32(leftID), UInt32(rightID), rank: UInt32(rank), token: UInt32(id))
  }
}
