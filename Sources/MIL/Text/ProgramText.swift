// SPDX-License-Identifier: Apache-2.0
// Programs as text, close to the `.mil` text of Core ML.
//
//   func main<CoreML7>(x: tensor<fp32, [1, 3]>) {
//     tensor<fp32, [1, 3]> y = relu(x = x)[name = string("y")]
//   } -> (y)
//
// Full text contains every constant and can be read back with `Program(text:)`. It omits documentation strings
// and fields of the file format that Wane does not know. Names that are not identifiers are written in backquotes.

import Tensors

/// How much of each constant is written.
package enum TextDetail: Sendable, Hashable {
  /// Only type and storage of constants with more than a few elements.
  case display
  /// All elements, so that the text can be read back.
  case full
}

extension Program {
  /// The program as text.
  package func text(_ detail: TextDetail = .display) -> String {
    var writer = TextWriter(detail)
    writer.write(self)
    return writer.text
  }
}

extension Function {
  /// The function as text.
  package func text(_ detail: TextDetail = .display) -> String {
    var writer = TextWriter(detail)
    writer.write(self)
    return writer.text
  }
}

extension Operation {
  /// The operation as text: one line, if it has no blocks.
  package func text(_ detail: TextDetail = .display) -> String {
    var writer = TextWriter(detail)
    writer.write(self)
    return writer.text
  }
}

extension Constant {
  /// The constant as text: `tensor<fp32, [2]>([1.0, 2.0])`.
  package func text(_ detail: TextDetail = .display) -> String {
    var writer = TextWriter(detail)
    writer.write(self)
    return writer.text
  }
}

/// Lexical rules of the text that writer and reader share.
enum TextSpelling {
  static let typeWords: Set<String> = ["tensor", "list", "tuple", "dict", "state"]
  /// Reserved words: a value with such a name needs backquotes.
  static let reserved = typeWords.union(DType.allCases.flatMap { [$0.name, "\($0)"] })
    .union(["true", "false", "hex", "block", "opset"])

  static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first) else { return false }
    return name.utf8.allSatisfy {
      isLetter($0) || isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/")
    }
  }

  static func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == UInt8(ascii: "_")
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  /// The value of a hexadecimal digit, upper or lower case.
  static func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x57
    case 0x41...0x46: digit - 0x37
    default: nil
    }
  }
}
