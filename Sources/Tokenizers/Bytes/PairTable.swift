// SPDX-License-Identifier: Apache-2.0
// The merges of byte-pair encoding by pair.

/// A hash table from pairs of tokens to the rank of their merge and the merged token.
struct PairTable: Sendable {
  private struct Slot {
    var key: UInt64
    var rank: UInt32
    var token: UInt32
  }

  private var slots: [Slot]
  private var mask: Int
  private(set) var count = 0
  private static let empty = UInt64.max

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = [Slot](repeating: Slot(key: Self.empty, rank: 0, token: 0), count: size)
    mask = size - 1
  }

  @inline(__always)
  private func start(_ key: UInt64) -> Int {
    let (high, low) = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: high ^ low) & mask
  }

  /// The merge of a pair; the rank is `.max` if there is none.
  @inline(__always)
  func merge(_ left: UInt32, _ right: UInt32) -> (rank: UInt32, token: UInt32) {
    let key = UInt64(left) << 32 | UInt64(right)
    var at = start(key)
    while true {
      let slot = slots[at]
      if slot.key == key { return (slot.rank, slot.token) }
      if slot.key == Self.empty { return (.max, 0) }
      at = (at + 1) & mask
    }
  }

  /// Sets the merge of a pair; a later one replaces an earlier one.
  mutating func set(_ left: UInt32, _ right: UInt32, rank: UInt32, token: UInt32) {
    let key = UInt64(left) << 32 | UInt64(right)
    var at = start(key)
    while slots[at].key != Self.empty, slots[at].key != key { at = (at + 1) & mask }
    if slots[at].key == Self.empty { count += 1 }
    slots[at] = Slot(key: key, rank: rank, token: token)
    if count * 2 > slots.count { grow() }
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(key: Self.empty, rank: 0, token: 0), count: old.count * 2)
    mask = slots.count - 1
    for slot in old where slot.key != Self.empty {
      var at = start(slot.key)
      while slots[at].key != Self.empty { at = (at + 1) & mask }
      slots[at] = slot
    }
  }
}
