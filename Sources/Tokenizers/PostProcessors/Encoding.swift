// SPDX-License-Identifier: Apache-2.0
// The result of encoding a text.

/// Token ids with what models are given beside them; all arrays have the same length.
package struct Encoding: Equatable, Sendable {
  package var ids: [UInt32]
  /// The sequence of each token, for models that tell two sequences apart.
  package var typeIDs: [UInt32]
  /// 1 for tokens that were added by the template or by padding.
  package var specialMask: [UInt8]
  /// 0 for padding.
  package var attentionMask: [UInt8]

  init(ids: [UInt32] = [], typeID: UInt32 = 0, isSpecial: Bool = false) {
    self.ids = ids
    typeIDs = [UInt32](repeating: typeID, count: ids.count)
    specialMask = [UInt8](repeating: isSpecial ? 1 : 0, count: ids.count)
    attentionMask = [UInt8](repeating: 1, count: ids.count)
  }

  package var count: Int { ids.count }

  mutating func append(_ other: Encoding) {
    ids += other.ids
    typeIDs += other.typeIDs
    specialMask += other.specialMask
    attentionMask += other.attentionMask
  }

  mutating func setType(_ type: UInt32) { typeIDs = [UInt32](repeating: type, count: ids.count) }

  /// Keeps a range of the tokens.
  mutating func keep(_ range: Range<Int>) {
    ids = Array(ids[range])
    typeIDs = Array(typeIDs[range])
    specialMask = Array(specialMask[range])
    attentionMask = Array(attentionMask[range])
  }
}

/// The truncation of encodings.
package struct Truncation: Equatable, Sendable {
  package enum Strategy: String, Sendable, CaseIterable {
    case longestFirst = "LongestFirst"
    case onlyFirst = "OnlyFirst"
    case onlySecond = "OnlySecond"
  }

  package var maximum: Int
  package var strategy = Strategy.longestFirst
  package var fromLeft = false
  var stride = 0

  package init(maximum: Int, fromLeft: Bool = false) {
    self.maximum = maximum
    self.fromLeft = fromLeft
  }

  /// Truncates one or two encodings to the maximum.
  ///
  /// - Throws: `TokenizerError.options` if the sequence to truncate is missing or too short.
  func apply(_ encodings: inout [Encoding], added: Int) throws(TokenizerError) {
    let limit = maximum - added
    guard limit >= 0 else {
      throw .options("at most \(maximum) tokens are asked for, but the template alone adds \(added); give a larger max")
    }
    func cut(_ position: Int, _ length: Int) throws(TokenizerError) {
      let count = encodings[position].count
      guard length < count else { return }
      guard length == 0 || stride < length else {
        throw .options("the stride \(stride) of the truncation is not less than the \(length) tokens that are kept")
      }
      encodings[position].keep(fromLeft ? (count - length)..<count : 0..<length)
    }
    if limit == 0 {
      for position in encodings.indices { try cut(position, 0) }
      return
    }
    let total = encodings.reduce(0) { $0 + $1.count }
    guard total > limit else { return }
    switch strategy {
    case .longestFirst:
      guard encodings.count == 2 else { return try cut(0, limit) }
      var short = min(encodings[0].count, encodings[1].count)
      let isSwapped = encodings[0].count > encodings[1].count
      var long = short > limit ? short : max(short, limit - short)
      if short + long > limit {
        short = limit / 2
        long = short + limit % 2
      }
      try cut(0, isSwapped ? long : short)
      try cut(1, isSwapped ? short : long)
    case .onlyFirst, .onlySecond:
      let position = strategy == .onlyFirst ? 0 : 1
      guard position < encodings.count else { throw .options("the truncation is for a second sequence, but there is only one") }
      let kept = encodings[position].count - (total - limit)
      guard kept > 0 else { throw .options("the sequence to truncate is too short for a maximum of \(maximum) tokens") }
      try cut(position, kept)
    }
  }
}

/// The padding of encodings.
package struct Padding: Equatable, Sendable {
  /// The length; `nil` for that of the longest.
  package var length: Int?
  package var onLeft = false
  package var multiple: Int?
  package var id: UInt32 = 0
  var typeID: UInt32 = 0

  package init(length: Int? = nil, id: UInt32) {
    self.length = length
    self.id = id
  }

  /// Pads encodings to the same length; longer ones stay as they are.
  package func apply(_ encodings: inout [Encoding]) {
    var target = length ?? encodings.map(\.count).max() ?? 0
    if let multiple, multiple > 0, target % multiple > 0 { target += multiple - target % multiple }
    for position in encodings.indices {
      let missing = target - encodings[position].count
      guard missing > 0 else { continue }
      var padding = Encoding(ids: [UInt32](repeating: id, count: missing), typeID: typeID, isSpecial: true)
      padding.attentionMask = [UInt8](repeating: 0, count: missing)
      if onLeft {
        padding.append(encodings[position])
        encodings[position] = padding
      } else {
        encodings[position].append(padding)
      }
    }
  }
}
