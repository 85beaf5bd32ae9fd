// SPDX-License-Identifier: Apache-2.0
// Code points of valid UTF-8.

package typealias Bytes = UnsafeBufferPointer<UInt8>

/// Reading and writing of code points. Texts are valid UTF-8 from the start of an encoding on.
enum UTF8Text {
  /// The code point at an offset before the end, and the number of its bytes.
  @inline(__always)
  static func decode(_ bytes: Bytes, at offset: Int) -> (point: UInt32, length: Int) {
    let first = UInt32(bytes[offset])
    if first < 0x80 { return (first, 1) }
    let left = bytes.count - offset
    if first < 0xE0, left > 1 { return ((first & 0x1F) << 6 | UInt32(bytes[offset + 1] & 0x3F), 2) }
    if first < 0xF0, left > 2 {
      return ((first & 0x0F) << 12 | UInt32(bytes[offset + 1] & 0x3F) << 6 | UInt32(bytes[offset + 2] & 0x3F), 3)
    }
    guard left > 3 else { return (0xFFFD, 1) }
    return (
      (first & 0x07) << 18 | UInt32(bytes[offset + 1] & 0x3F) << 12 | UInt32(bytes[offset + 2] & 0x3F) << 6
        | UInt32(bytes[offset + 3] & 0x3F),
      4
    )
  }

  /// The code point that ends before an offset greater than 0, and the number of its bytes.
  @inline(__always)
  static func decode(_ bytes: Bytes, before offset: Int) -> (point: UInt32, length: Int) {
    var start = offset - 1
    while start > 0, offset - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    let (point, length) = decode(bytes, at: start)
    return start + length == offset ? (point, length) : (0xFFFD, 1)
  }

  /// The number of bytes of the code point that begins with a byte.
  @inline(__always)
  static func length(_ first: UInt8) -> Int { first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4 }

  @inline(__always)
  static func append(_ point: UInt32, to out: inout [UInt8]) {
    switch point {
    case ..<0x80: out.append(UInt8(point))
    case ..<0x800:
      out.append(UInt8(0xC0 | point >> 6))
      out.append(UInt8(0x80 | point & 0x3F))
    case ..<0x10000:
      out.append(UInt8(0xE0 | point >> 12))
      out.append(UInt8(0x80 | point >> 6 & 0x3F))
      out.append(UInt8(0x80 | point & 0x3F))
    default:
      out.append(UInt8(0xF0 | point >> 18 & 7))
      out.append(UInt8(0x80 | point >> 12 & 0x3F))
      out.append(UInt8(0x80 | point >> 6 & 0x3F))
      out.append(UInt8(0x80 | point & 0x3F))
    }
  }

  /// The code points of a text.
  static func points(_ bytes: [UInt8]) -> [UInt32] { String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value) }

  /// The bytes, with each invalid sequence replaced by U+FFFD, as Python's `errors="replace"` does.
  package static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    if String(validating: bytes, as: UTF8.self) != nil { return bytes }
    return Array(String(decoding: bytes, as: UTF8.self).utf8)
  }
}
