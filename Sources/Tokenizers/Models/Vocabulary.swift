// SPDX-License-Identifier: Apache-2.0
// The tokens of a model.

/// Tokens and their ids, in both directions.
package struct Vocabulary: Sendable {
  private var table: ByteTable
  /// The tokens by id; empty with `isKnown` false where there is none.
  private var tokens: [[UInt8]]
  private var isKnown: [Bool]
  private var sparse: [Int: [UInt8]] = [:]

  /// Ids above this are kept in a dictionary, so that one large id does not take memory for all below.
  private static let dense = 1 << 22

  init(capacity: Int = 16) {
    table = ByteTable(capacity: capacity)
    tokens = []
    isKnown = []
    tokens.reserveCapacity(capacity)
  }

  /// The number of different tokens.
  package var count: Int { table.count }

  mutating func add(_ token: [UInt8], id: Int) {
    table.set(token, id)
    guard id < Self.dense else {
      sparse[id] = token
      return
    }
    while tokens.count <= id {
      tokens.append([])
      isKnown.append(false)
    }
    tokens[id] = token
    isKnown[id] = true
  }

  func id(_ token: Bytes) -> Int? { table.value(token) }
  func id(_ token: [UInt8]) -> Int? { table.value(token) }

  func token(_ id: Int) -> [UInt8]? {
    if id >= 0, id < tokens.count { return isKnown[id] ? tokens[id] : nil }
    return sparse[id]
  }

  /// The largest id.
  var lastID: Int { sparse.keys.max() ?? tokens.count - 1 }

  func forEach(_ body: ([UInt8], Int) -> Void) { table.forEach(body) }
}
