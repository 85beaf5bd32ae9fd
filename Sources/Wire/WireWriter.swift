// SPDX-License-Identifier: Apache-2.0
// Writer of protobuf's wire format with the shortest encoding of every number.

/// Builds one message. The caller omits fields that hold their default value.
package struct WireWriter {
  package private(set) var bytes: [UInt8] = []

  package init(reservingCapacity capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func tag(_ number: Int, _ type: WireType) {
    varint(UInt64(number) << 3 | UInt64(type.rawValue))
  }

  // MARK: Fields

  package mutating func unsigned(_ number: Int, _ value: UInt64) {
    tag(number, .varint)
    varint(value)
  }

  package mutating func int(_ number: Int, _ value: Int) {
    unsigned(number, UInt64(bitPattern: Int64(value)))
  }

  package mutating func fixed32(_ number: Int, _ value: UInt32) {
    tag(number, .fixed32)
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func fixed64(_ number: Int, _ value: UInt64) {
    tag(number, .fixed64)
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func string(_ number: Int, _ value: String) {
    tag(number, .lengthDelimited)
    var value = value
    value.withUTF8 { text in
      varint(UInt64(text.count))
      bytes.append(contentsOf: text)
    }
  }

  /// A string; omitted if empty, which is protobuf's default.
  package mutating func nonEmptyString(_ number: Int, _ value: String) {
    if !value.isEmpty { string(number, value) }
  }

  package mutating func rawBytes(_ number: Int, _ value: UnsafeRawBufferPointer) {
    tag(number, .lengthDelimited)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// A nested message, written by `body`. Its length is known only afterward, so the content is then moved
  /// by the few bytes that the length needs.
  package mutating func message<E: Error>(_ number: Int, _ body: (inout WireWriter) throws(E) -> Void)
    throws(E)
  {
    tag(number, .lengthDelimited)
    bytes.append(0)
    let start = bytes.count
    try body(&self)
    var length = UInt64(bytes.count - start)
    var extra: [UInt8] = []
    while length >= 0x80 {
      extra.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    extra.append(UInt8(length))
    bytes[start - 1] = extra[0]
    if extra.count > 1 { bytes.insert(contentsOf: extra[1...], at: start) }
  }

  /// A packed repeated numeric field; omitted if empty.
  package mutating func packedVarints(_ number: Int, _ values: some Collection<UInt64>) {
    guard !values.isEmpty else { return }
    message(number) { for value in values { $0.varint(value) } }
  }

  /// Fields in their original encoding.
  package mutating func verbatim(_ kept: [UInt8]) { bytes.append(contentsOf: kept) }

  /// An entry of a protobuf map.
  package mutating func mapEntry<E: Error>(
    _ number: Int, _ key: String, _ body: (inout WireWriter) throws(E) -> Void
  ) throws(E) {
    try message(number) { (entry) throws(E) in
      entry.nonEmptyString(1, key)
      try entry.message(2, body)
    }
  }
}
