// SPDX-License-Identifier: Apache-2.0
// A trie of byte sequences.

/// Byte sequences with a number for each, for searching all or the longest of those with which a text begins.
struct ByteTrie: Sendable {
  /// Node and byte of each edge; 0 for an empty slot.
  private var keys: [UInt64]
  private var targets: [UInt32]
  /// The number at each node; -1 for none.
  private var values: [Int32] = [-1]
  private var root: [UInt32] = [UInt32](repeating: 0, count: 256)
  private var mask: Int
  private var edges = 0

  init() {
    keys = [UInt64](repeating: 0, count: 1024)
    targets = [UInt32](repeating: 0, count: 1024)
    mask = 1023
  }

  /// The root.
  static let start = 0

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    let (high, low) = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: high ^ low) & mask
  }

  /// The node after a byte; `nil` if no sequence goes on with it.
  @inline(__always)
  func next(_ node: Int, _ byte: UInt8) -> Int? {
    if node == 0 {
      let target = root[Int(byte)]
      return target == 0 ? nil : Int(target)
    }
    let key = UInt64(node) << 8 | UInt64(byte)
    var at = slot(key)
    while true {
      let found = keys[at]
      if found == key { return Int(targets[at]) }
      if found == 0 { return nil }
      at = (at + 1) & mask
    }
  }

  /// The number of the sequence that ends at a node.
  @inline(__always)
  func value(_ node: Int) -> Int? {
    let value = values[node]
    return value < 0 ? nil : Int(value)
  }

  mutating func insert(_ bytes: [UInt8], _ value: Int) {
    var node = 0
    for byte in bytes {
      if let next = next(node, byte) {
        node = next
        continue
      }
      let target = values.count
      values.append(-1)
      if node == 0 { root[Int(byte)] = UInt32(target) } else { add(UInt64(node) << 8 | UInt64(byte), UInt32(target)) }
      node = target
    }
    values[node] = Int32(value)
  }

  private mutating func add(_ key: UInt64, _ target: UInt32) {
    edges += 1
    if edges * 2 > keys.count {
      let old = zip(keys, targets)
      let size = keys.count * 2
      keys = [UInt64](repeating: 0, count: size)
      targets = [UInt32](repeating: 0, count: size)
      mask = size - 1
      for (key, target) in old where key != 0 { place(key, target) }
    }
    place(key, target)
  }

  private mutating func place(_ key: UInt64, _ target: UInt32) {
    var at = slot(key)
    while keys[at] != 0 { at = (at + 1) & mask }
    keys[at] = key
    targets[at] = target
  }

  /// The node that a sequence leads to.
  func node(_ bytes: [UInt8]) -> Int? {
    var node = 0
    for byte in bytes {
      guard let next = next(node, byte) else { return nil }
      node = next
    }
    return node
  }

  /// The longest sequence with which a text goes on at an offset: its number and end.
  @inline(__always)
  func longest(_ bytes: Bytes, at offset: Int, from start: Int = 0) -> (value: Int, end: Int)? {
    var node = start
    var at = offset
    var best: (value: Int, end: Int)?
    while at < bytes.count, let next = next(node, bytes[at]) {
      node = next
      at += 1
      if let value = value(node) { best = (value, at) }
    }
    return best
  }
}
