// SPDX-License-Identifier: Apache-2.0
// Decodes a terminal's bytes to keys, one byte at a time.

/// An incremental decoder: UTF-8, control bytes, escape sequences, bracketed paste.
///
/// Bad input is never lost or blocking: an invalid UTF-8 byte becomes U+FFFD, an unknown escape
/// sequence is skipped completely, and Ctrl-C ends a paste whose end marker is missing.
package struct KeyDecoder: Sendable {
  private enum State {
    case ground
    case utf8(bytes: [UInt8], length: Int)
    case escape
    case singleShift
    case sequence([UInt8])
    case paste([UInt8])
  }

  private var state = State.ground

  package init() {}

  /// Whether the bytes so far may be a lone Escape key, so that the caller should wait only briefly
  /// for the next byte and then call ``timeout()``.
  package var awaitsEscape: Bool {
    switch state {
    case .escape, .singleShift, .sequence: true
    case .ground, .utf8, .paste: false
    }
  }

  /// Whether no key is pending.
  package var isAtRest: Bool {
    if case .ground = state { true } else { false }
  }

  /// Ends a pending escape sequence: returns the Escape key, or `nil` for an incomplete sequence.
  package mutating func timeout() -> Key? {
    guard awaitsEscape else { return nil }
    defer { state = .ground }
    if case .escape = state { return .escape }
    return nil
  }

  /// Decodes the next byte.
  ///
  /// - Returns: the completed keys: usually none or one; two if the byte aborts an incomplete key.
  package mutating func feed(_ byte: UInt8) -> [Key] {
    switch state {
    case .ground:
      return ground(byte)
    case .utf8(let bytes, let length):
      return continueUTF8(bytes, length, byte)
    case .escape:
      return afterEscape(byte)
    case .singleShift:
      state = .ground
      if byte < 0x20 { return ground(byte) }
      return Self.named[[byte]].map { [$0] } ?? []
    case .sequence(let bytes):
      return continueSequence(bytes, byte)
    case .paste:
      return continuePaste(byte)
    }
  }
}

extension KeyDecoder {
  private mutating func ground(_ byte: UInt8) -> [Key] {
    state = .ground
    switch byte {
    case 0x1B:
      state = .escape
      return []
    case 0x0D, 0x0A: return [.enter]
    case 0x09: return [.tab]
    case 0x08, 0x7F: return [.backspace]
    case 0x00..<0x20:
      // Control clears bits 5 and 6 of the letter; 0x00 is Ctrl-Space, 0x1F is Ctrl-_.
      let letter = byte | 0x40
      return [.control(Character(Unicode.Scalar(letter)).lowercased().first ?? " ")]
    case 0x20..<0x7F: return [.character(Character(Unicode.Scalar(byte)))]
    case 0xC2..<0xE0: state = .utf8(bytes: [byte], length: 2)
    case 0xE0..<0xF0: state = .utf8(bytes: [byte], length: 3)
    case 0xF0..<0xF5: state = .utf8(bytes: [byte], length: 4)
    default: return [.character("\u{FFFD}")]
    }
    return []
  }

  private mutating func continueUTF8(_ bytes: [UInt8], _ length: Int, _ byte: UInt8) -> [Key] {
    guard byte & 0xC0 == 0x80 else { return [.character("\u{FFFD}")] + ground(byte) }
    let bytes = bytes + [byte]
    guard bytes.count == length else {
      state = .utf8(bytes: bytes, length: length)
      return []
    }
    state = .ground
    let text = String(decoding: bytes, as: UTF8.self)
    // Surrogates and overlong forms decode to several U+FFFD; C1 controls are not text.
    guard text.unicodeScalars.count == 1, let character = text.first,
      !(0x80..<0xA0).contains(text.unicodeScalars.first?.value ?? 0)
    else { return [.character("\u{FFFD}")] }
    return [.character(character)]
  }

  private mutating func afterEscape(_ byte: UInt8) -> [Key] {
    state = .ground
    switch byte {
    case UInt8(ascii: "["): state = .sequence([])
    case UInt8(ascii: "O"): state = .singleShift
    case 0x1B:
      state = .escape
      return [.escape]
    case 0x7F, 0x08: return [.metaBackspace]
    case 0x0D, 0x0A: return [.metaEnter]
    case 0x21..<0x7F: return [.meta(Character(Unicode.Scalar(byte)))]
    default: return [.escape] + ground(byte)
    }
    return []
  }

  private mutating func continueSequence(_ bytes: [UInt8], _ byte: UInt8) -> [Key] {
    switch byte {
    case 0x40...0x7E where !(bytes.isEmpty && byte == UInt8(ascii: "[")):
      state = .ground
      let sequence = bytes + [byte]
      if sequence == Self.pasteStart {
        state = .paste([])
        return []
      }
      return Self.named[sequence].map { [$0] } ?? []
    case 0x20...0x7E:
      // The Linux console's function keys start with a second "["; one more byte follows.
      state = .sequence(bytes + [byte])
      return []
    default:
      // A control byte cannot belong to the sequence: drop the sequence, keep the byte.
      return ground(byte)
    }
  }

  private mutating func continuePaste(_ byte: UInt8) -> [Key] {
    guard case .paste(var bytes) = state else { return [] }
    state = .ground  // releases the other reference, so that appending does not copy
    if byte == 0x03 { return [.control("c")] }
    bytes.append(byte)
    if byte == Self.pasteEnd.last, bytes.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) {
      bytes.removeLast(Self.pasteEnd.count)
      return [.paste(String(decoding: bytes, as: UTF8.self).withUnixLineEnds)]
    }
    state = .paste(bytes)
    return []
  }

  private static let pasteStart = Array("200~".utf8)
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  /// Final parts of the sequences after `ESC [` or `ESC O`, by key.
  private static let named: [[UInt8]: Key] = {
    let keys: [(String, Key)] = [
      ("A", .up), ("B", .down), ("C", .right), ("D", .left), ("H", .home), ("F", .end),
      ("1~", .home), ("7~", .home), ("4~", .end), ("8~", .end), ("3~", .delete),
      ("5~", .pageUp), ("6~", .pageDown), ("Z", .shiftTab), ("M", .enter),
      // Modifiers: 3 is Alt, 5 is Control.
      ("1;3C", .wordRight), ("1;5C", .wordRight), ("1;3D", .wordLeft), ("1;5D", .wordLeft),
      ("1;3A", .up), ("1;5A", .up), ("1;3B", .down), ("1;5B", .down),
    ]
    return Dictionary(uniqueKeysWithValues: keys.map { (Array($0.0.utf8), $0.1) })
  }()
}

extension String {
  /// The text with `"\r\n"` and lone `"\r"` converted to `"\n"`.
  var withUnixLineEnds: String {
    guard utf8.contains(0x0D) else { return self }
    var result = ""
    for character in self {
      result.append(character == "\r\n" || character == "\r" ? "\n" : character)
    }
    return result
  }
}
