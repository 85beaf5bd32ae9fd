// SPDX-License-Identifier: Apache-2.0
// Weights in the layouts that kernels read: one copy for all plans that use the same values.

import Synchronization
import Tensors

/// Packed weights by their content, kept as long as a plan uses them. Plans for several shapes, and plans that run side by side, share
/// them.
package final class SharedWeights: Sendable {
  /// What packed weights are made of: the values, and what decides on their layout.
  package struct Key: Hashable, Sendable {
    private let digest: ContentDigest
    private let description: [Int]
    private let purpose: String

    /// The digest of all of it, for other processes.
    var identity: ContentDigest {
      var text = "\(digest.low) \(digest.high) \(description) \(purpose)"
      return text.withUTF8 { ContentDigest(UnsafeRawBufferPointer($0)) }
    }

    /// - Parameters:
    ///   - values: before they are packed.
    ///   - parameters: of the computation, where the layout depends on them.
    ///   - purpose: what the values are packed for.
    package init(_ values: Buffer, _ parameters: [Int] = [], purpose: String) {
      digest = ContentDigest(UnsafeRawBufferPointer(start: values.pointer, count: values.byteCount))
      description = parameters + values.shape + values.order
      self.purpose = purpose + " " + values.dtype.name
    }

    /// - Parameters:
    ///   - bytes: packed elements of this type.
    ///   - order: the axes in memory order.
    package init(_ bytes: UnsafeRawBufferPointer, dtype: DType, _ shape: Shape, order: [Int], purpose: String) {
      digest = ContentDigest(bytes)
      description = shape + order
      self.purpose = purpose + " " + dtype.name
    }

    /// A constant of the program, by its name.
    package init(constant name: String, purpose: String) {
      digest = ContentDigest(UnsafeRawBufferPointer(start: nil, count: 0))
      description = []
      self.purpose = purpose + " " + name
    }
  }

  /// The copies of one key. Its lock is held while a copy is made, so that plans prepared at once make one.
  private final class Copies: Sendable {
    // The objects are used by one thread at a time, or only read.
    private struct Weak: @unchecked Sendable { weak var object: AnyObject? }
    private let all = Mutex<[Weak]>([])

    func withLock<R>(_ body: ([AnyObject]) throws -> (R, made: [AnyObject])) rethrows -> R {
      try all.withLock { all in
        let known = all.compactMap(\.object)
        let (result, made) = try body(known)
        all = (known + made).map { Weak(object: $0) }
        nonisolated(unsafe) let unchecked = result
        return unchecked
      }
    }

    /// Bytes of the copies that are in use.
    var byteCount: Int {
      all.withLock { all in
        all.reduce(0) { total, weak in
          switch weak.object {
          case let primitive as Primitive: total + primitive.packedByteCount
          case let storage as TensorStorage: total + storage.byteCount
          default: total
          }
        }
      }
    }

    var isEmpty: Bool { all.withLockIfAvailable { $0.allSatisfy { $0.object == nil } } ?? false }
  }

  private struct Table {
    var copies: [Key: Copies] = [:]
    /// The number of keys from which those without copies are removed.
    var limit = 256
  }

  private let table = Mutex(Table())
  /// Where packed weights outlive the process.
  private let store: (any PackedWeightStore)?

  package init(store: (any PackedWeightStore)? = nil) { self.store = store }

  /// Calls `body` with the objects that hold packed copies of these values, and remembers those that it makes. Other threads that want
  /// the same values wait.
  package func withCopies<R>(of key: Key, _ body: (_ known: [AnyObject]) throws -> (R, made: [AnyObject])) rethrows -> R {
    let copies = table.withLock { table in
      if let copies = table.copies[key] { return copies }
      if table.copies.count >= table.limit {
        table.copies = table.copies.filter { !$0.value.isEmpty }
        table.limit = max(256, 2 * table.copies.count)
      }
      let copies = Copies()
      table.copies[key] = copies
      return copies
    }
    return try copies.withLock(body)
  }

  /// Bytes of all copies that plans hold.
  package var byteCount: Int { table.withLock { Array($0.copies.values) }.reduce(0) { $0 + $1.byteCount } }

  /// The memory that holds these packed values, which are taken from the store or made if there is none.
  package func storage(of key: Key, _ make: () throws -> TensorStorage) rethrows -> TensorStorage {
    try value(of: key) {
      guard let store else { return try make() }
      let identity = key.identity
      if let kept = store.storage(identity) { return kept }
      let made = try make()
      store.add(made, as: identity)
      return made
    }
  }

  /// The object that holds these values, made if there is none.
  package func value<Value: AnyObject>(of key: Key, _ make: () throws -> Value) rethrows -> Value {
    try withCopies(of: key) { known in
      if let value = known.lazy.compactMap({ $0 as? Value }).first { return (value, []) }
      let value = try make()
      return (value, [value])
    }
  }
}

/// A 128-bit hash of bytes, the same in every process. Different contents have different digests except with negligible probability.
package struct ContentDigest: Hashable, Sendable {
  package let low: UInt64
  package let high: UInt64
  /// Odd multiples of the golden ratio's fraction.
  private static let seeds = (0..<8).map { (UInt64($0) * 2 + 1) &* 0x9E37_79B9_7F4A_7C15 }

  package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

  package init(_ bytes: UnsafeRawBufferPointer) {
    let s = Self.seeds
    var (a, b, c, d) = (s[4], s[5], s[6], s[7])
    let (s0, s1, s2, s3) = (s[0], s[1], s[2], s[3])
    func mixed(_ x: UInt64, _ y: UInt64) -> UInt64 {
      let product = x.multipliedFullWidth(by: y)
      return product.high ^ product.low
    }
    func word(_ offset: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    var offset = 0
    // Four chains, so that their multiplications overlap.
    while offset + 64 <= bytes.count {
      a = mixed(word(offset) ^ s0, word(offset + 8) ^ a)
      b = mixed(word(offset + 16) ^ s1, word(offset + 24) ^ b)
      c = mixed(word(offset + 32) ^ s2, word(offset + 40) ^ c)
      d = mixed(word(offset + 48) ^ s3, word(offset + 56) ^ d)
      offset += 64
    }
    while offset < bytes.count {
      var rest: UInt64 = 0
      for i in offset..<min(offset + 8, bytes.count) { rest |= UInt64(bytes[i]) << UInt64(8 * (i - offset)) }
      a = mixed(rest ^ s0, a ^ s1)
      offset += 8
    }
    let count = UInt64(bytes.count)
    low = mixed(mixed(a ^ s2, b ^ count), mixed(c ^ s3, d ^ s1))
    high = mixed(mixed(a ^ s3, c ^ s2), mixed(b ^ s1, d ^ count ^ s0))
  }
}
