// SPDX-License-Identifier: Apache-2.0
// A hash table whose keys are sequences of bytes.

/// The keys, one after the other in an arena, with a number for each.
///
/// Keys are compared by bytes; Swift's `String` would treat canonically equivalent tokens as equal.
struct ByteTable: Sendable {
  private struct Slot {
    var hash: UInt32
    /// The position of the entry; -1 for an empty slot.
    var entry: Int32
  }

  private struct Entry {
    var start: Int
    var count: Int32
    var value: Int32
  }

  private var slots: [Slot]
  private var entries: [Entry] = []
  private var arena: [UInt8] = []
  private var mask: Int

  init(capacity: Int = 16) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = [Slot](repeating: Slot(hash: 0, entry: -1), count: size)
    mask = size - 1
    entries.reserveCapacity(capacity)
  }

  var count: Int { entries.count }
  /// The bytes of all keys.
  var arenaCount: Int { arena.count }

  /// A hash of a sequence of bytes.
  @inline(__always)
  static func hash(_ bytes: Bytes) -> UInt32 {
    let raw = UnsafeRawPointer(bytes.baseAddress)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
    var at = 0
    if let raw {
      while at + 8 <= bytes.count {
        state = mix(state ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        at += 8
      }
    }
    var rest: UInt64 = 0
    while at < bytes.count {
      rest = rest << 8 | UInt64(bytes[at])
      at += 1
    }
    state = mix(state ^ rest)
    return UInt32(truncatingIfNeeded: state ^ state >> 32)
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    let (high, low) = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return high ^ low
  }

  @inline(__always)
  private func find(_ bytes: Bytes, _ hash: UInt32) -> (slot: Int, entry: Int) {
    var slot = Int(hash) & mask
    while true {
      let candidate = slots[slot]
      if candidate.entry < 0 { return (slot, -1) }
      if candidate.hash == hash {
        let entry = entries[Int(candidate.entry)]
        if Int(entry.count) == bytes.count, isEqual(bytes, entry.start) { return (slot, Int(candidate.entry)) }
      }
      slot = (slot + 1) & mask
    }
  }

  @inline(__always)
  private func isEqual(_ bytes: Bytes, _ start: Int) -> Bool {
    for offset in 0..<bytes.count where arena[start + offset] != bytes[offset] { return false }
    return true
  }

  /// The number of a key.
  func value(_ bytes: Bytes) -> Int? {
    let (_, entry) = find(bytes, Self.hash(bytes))
    return entry < 0 ? nil : Int(entries[entry].value)
  }

  func value(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBufferPointer { value($0) } }

  /// Sets the number of a key; the former number, if the key is known.
  @discardableResult
  mutating func set(_ bytes: Bytes, _ value: Int) -> Int? {
    let hash = Self.hash(bytes)
    let (slot, entry) = find(bytes, hash)
    if entry >= 0 {
      let former = Int(entries[entry].value)
      entries[entry].value = Int32(value)
      return former
    }
    entries.append(Entry(start: arena.count, count: Int32(bytes.count), value: Int32(value)))
    arena.append(contentsOf: bytes)
    slots[slot] = Slot(hash: hash, entry: Int32(entries.count - 1))
    if entries.count * 2 > slots.count { grow() }
    return nil
  }

  @discardableResult
  mutating func set(_ bytes: [UInt8], _ value: Int) -> Int? { bytes.withUnsafeBufferPointer { set($0, value) } }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(hash: 0, entry: -1), count: old.count * 2)
    mask = slots.count - 1
    for item in old where item.entry >= 0 {
      var slot = Int(item.hash) & mask
      while slots[slot].entry >= 0 { slot = (slot + 1) & mask }
      slots[slot] = item
    }
  }

  mutating func removeAll() {
    for slot in slots.indices { slots[slot].entry = -1 }
    entries.removeAll(keepingCapacity: true)
    arena.removeAll(keepingCapacity: true)
  }

  /// Keys and numbers in the order in which the keys were added.
  func forEach(_ body: ([UInt8], Int) -> Void) {
    for entry in entries { body(Array(arena[entry.start..<(entry.start + Int(entry.count))]), Int(entry.value)) }
  }
}
