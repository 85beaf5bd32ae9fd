// SPDX-License-Identifier: Apache-2.0
// A digest of a data set, used to detect whether two reports are based on the same samples.

import Tensors

extension Dataset {
  /// A 16-digit hexadecimal digest of names, dtypes, shapes and values of the samples, in order. Of files, it covers names, sizes and
  /// parts of the content, and how they are read. It is not cryptographically secure.
  ///
  /// - Throws: the errors of the source, as samples that functions make are read.
  package var digest: String {
    get throws {
      var hash = ContentHash()
      try source.add(order, to: &hash)
      for name in classNames ?? [] { hash.add(Array(name.utf8)) }
      return hash.text
    }
  }
}

/// A 64-bit hash that processes eight bytes at a time: for each, a multiplication by 2⁶⁴ divided by the golden ratio,
/// and a shift.
package struct ContentHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    while at + 8 <= bytes.count {
      mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
      at += 8
    }
    var rest: UInt64 = 0
    for byte in bytes[at...].reversed() { rest = rest << 8 | UInt64(byte) }
    mix(rest ^ UInt64(bytes.count) << 56)
  }

  private mutating func mix(_ word: UInt64) {
    state = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 32
  }

  package var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
