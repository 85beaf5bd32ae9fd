// SPDX-License-Identifier: Apache-2.0
// The models that divide words into tokens.

/// A model of `tokenizer.json`.
enum TokenModel: Sendable {
  case bytePair(BytePairModel)
  case wordPiece(WordPieceModel)
  case wordLevel(WordLevelModel)
  case unigram(UnigramModel)

  var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    }
  }

  /// Appends the ids of a word that is not empty.
  ///
  /// - Throws: `TokenizerError.noUnknownToken`.
  func encode(_ word: Bytes, into ids: inout [UInt32]) throws(TokenizerError) {
    switch self {
    case .bytePair(let model): try model.encode(word, into: &ids)
    case .wordPiece(let model): try model.encode(word, into: &ids)
    case .wordLevel(let model): try model.encode(word, into: &ids)
    case .unigram(let model): try model.encode(word, into: &ids)
    }
  }
}
