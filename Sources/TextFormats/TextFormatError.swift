// SPDX-License-Identifier: Apache-2.0
// The error for text that is not well-formed.

/// A fault in a text, with its place.
package struct TextFormatError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `JSON` or `CSV`.
  package let format: String
  /// Line and column, from 1; the column counts characters.
  package let line: Int
  package let column: Int
  package let problem: String

  package var description: String { "\(format), line \(line), column \(column): \(problem)" }

  /// The error at an offset of a UTF-8 text.
  init(_ format: String, _ bytes: [UInt8], at offset: Int, _ problem: String) {
    self.format = format
    self.problem = problem
    let before = bytes[..<min(offset, bytes.count)]
    line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
  }
}
