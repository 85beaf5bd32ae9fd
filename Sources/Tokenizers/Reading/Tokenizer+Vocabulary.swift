// SPDX-License-Identifier: Apache-2.0
// Reads the `vocab.txt` of BERT.

extension Tokenizer {
  /// Reads a list of WordPiece tokens, one on each line; the first has the id 0. The other parts are those of BERT.
  ///
  /// - Parameter lowercases: whether texts are lowercased and accents stripped; by default unless a token has an uppercase letter.
  /// - Throws: `TokenizerError.file` for text that is no such list.
  package convenience init(vocabularyText text: [UInt8], lowercases: Bool? = nil) throws(TokenizerError) {
    guard String(validating: text, as: UTF8.self) != nil else {
      throw .file("the vocabulary is not UTF-8 text; expected one token on each line")
    }
    var vocabulary = Vocabulary()
    var hasUppercase = false
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (id, line) in lines.enumerated() {
      var token = Array(line)
      while let last = token.last, last == 0x20 || (9...13).contains(last) { token.removeLast() }
      if token.isEmpty { continue }
      vocabulary.add(token, id: id)
      if token.first != UInt8(ascii: "[") {
        hasUppercase = hasUppercase || UTF8Text.points(token).contains { UnicodeTables.lowercaseForms[$0] != nil }
      }
    }
    guard vocabulary.id(Array("[UNK]".utf8)) != nil else {
      throw .file("the vocabulary has no token [UNK]; expected the vocab.txt of a BERT model, with one token on each line")
    }
    try self.init(wordPiece: vocabulary, lowercases: lowercases ?? !hasUppercase)
  }

  /// BERT's tokenizer with a vocabulary.
  convenience init(wordPiece vocabulary: Vocabulary, lowercases: Bool) throws(TokenizerError) {
    let normalizer = Normalizer.bert(BertNormalizer(lowercases: lowercases))
    var roles: [String: Int] = [:]
    var list: [AddedToken] = []
    for (role, name) in [("pad", "[PAD]"), ("unk", "[UNK]"), ("cls", "[CLS]"), ("sep", "[SEP]"), ("mask", "[MASK]")] {
      guard let id = vocabulary.id(Array(name.utf8)) else { continue }
      roles[role] = id
      list.append(AddedToken(content: Array(name.utf8), isNormalized: false, isSpecial: true))
    }
    var processor: PostProcessor?
    if let start = roles["cls"], let end = roles["sep"] { processor = .bert(start: UInt32(start), end: UInt32(end)) }
    self.init(
      Parts(
        model: .wordPiece(
          WordPieceModel(vocabulary: vocabulary, unknownToken: Array("[UNK]".utf8), continuingPrefix: Array("##".utf8), longestWord: 100)),
        kind: "WordPiece", normalizer: normalizer, preTokenizer: .bert, postProcessor: processor,
        decoder: .wordPiece(prefix: Array("##".utf8), cleans: true),
        added: try AddedTokens(list, vocabulary: vocabulary, size: vocabulary.count, normalizer: normalizer), roles: roles))
  }
}
