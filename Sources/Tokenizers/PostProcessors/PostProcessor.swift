// SPDX-License-Identifier: Apache-2.0
// Adds special tokens to encodings.

/// A post-processor of `tokenizer.json`.
indirect enum PostProcessor: Sendable {
  enum Part: Sendable, Equatable {
    /// The first or the second sequence.
    case sequence(Int, typeID: UInt32)
    case special([UInt32], typeID: UInt32)
  }

  case template(single: [Part], pair: [Part])
  case bert(start: UInt32, end: UInt32)
  case roberta(start: UInt32, end: UInt32)
  case byteLevel
  case sequence([PostProcessor])

  /// The number of tokens that are added.
  func added(isPair: Bool) -> Int {
    switch self {
    case .template(let single, let pair):
      (isPair ? pair : single).reduce(0) { sum, part in
        if case .special(let ids, _) = part { sum + ids.count } else { sum }
      }
    case .bert: isPair ? 3 : 2
    case .roberta: isPair ? 4 : 2
    case .byteLevel: 0
    case .sequence(let parts): parts.reduce(0) { $0 + $1.added(isPair: isPair) }
    }
  }

  /// Processes the encodings of one or two sequences.
  ///
  /// - Throws: `TokenizerError.options` for a template after another one.
  func apply(_ encodings: [Encoding], addsSpecial: Bool) throws(TokenizerError) -> [Encoding] {
    switch self {
    case .template(let single, let pair):
      guard encodings.count <= 2 else { throw .options("a template follows another one, which is not supported") }
      var out: [Encoding] = []
      for part in encodings.count == 2 ? pair : single {
        switch part {
        case .sequence(let position, let typeID):
          guard position < encodings.count else {
            throw .options("the template for one sequence contains the second one ($B), which there is not")
          }
          var encoding = encodings[position]
          encoding.setType(typeID)
          out.append(encoding)
        case .special(let ids, let typeID): if addsSpecial { out.append(Encoding(ids: ids, typeID: typeID, isSpecial: true)) }
        }
      }
      return out
    case .bert(let start, let end):
      guard addsSpecial else { return encodings }
      return encodings.enumerated().map { position, encoding in
        var out = position == 0 ? Encoding(ids: [start], typeID: 0, isSpecial: true) : Encoding()
        out.append(encoding)
        out.append(Encoding(ids: [end], typeID: position == 0 ? 0 : 1, isSpecial: true))
        return out
      }
    case .roberta(let start, let end):
      return encodings.enumerated().map { position, encoding in
        var encoding = encoding
        encoding.setType(0)
        guard addsSpecial else { return encoding }
        var out = Encoding(ids: [position == 0 ? start : end], isSpecial: true)
        out.append(encoding)
        out.append(Encoding(ids: [end], isSpecial: true))
        return out
      }
    case .byteLevel: return encodings
    case .sequence(let parts):
      var encodings = encodings
      for part in parts { encodings = try part.apply(encodings, addsSpecial: addsSpecial) }
      return encodings
    }
  }
}
