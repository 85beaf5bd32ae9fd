// SPDX-License-Identifier: Apache-2.0
// Decoding of bytes to keys.

import LineEditor
import Testing

private func decode(_ bytes: [UInt8]) -> [Key] {
  var decoder = KeyDecoder()
  var keys = bytes.flatMap { decoder.feed($0) }
  if let last = decoder.timeout() { keys.append(last) }
  return keys
}

private func decode(_ text: String) -> [Key] { decode(Array(text.utf8)) }

struct KeyDecoderTests {
  @Test(arguments: [
    ("a", [Key.character("a")]), ("\r", [.enter]), ("\n", [.enter]), ("\t", [.tab]),
    ("\u{7F}", [.backspace]), ("\u{8}", [.backspace]),
    ("\u{1}", [.control("a")]), ("\u{1A}", [.control("z")]), ("\u{1F}", [.control("_")]),
    ("é", [.character("é")]), ("漢", [.character("漢")]), ("🌙", [.character("🌙")]),
    ("\u{1B}", [.escape]), ("\u{1B}\u{1B}", [.escape, .escape]),
    ("\u{1B}b", [.meta("b")]), ("\u{1B}\u{7F}", [.metaBackspace]), ("\u{1B}\r", [.metaEnter]),
    ("\u{1B}[A", [.up]), ("\u{1B}OA", [.up]), ("\u{1B}[3~", [.delete]), ("\u{1B}[1~", [.home]),
    ("\u{1B}OF", [.end]), ("\u{1B}[1;5C", [.wordRight]), ("\u{1B}[Z", [.shiftTab]),
  ])
  func readsKey(text: String, keys: [Key]) {
    #expect(decode(text) == keys)
  }

  @Test(arguments: ["\u{1B}[99;7~x", "\u{1B}[[Ax", "\u{1B}OQx", "\u{1B}[?1;2cx"])
  func swallowsUnknownSequencesWhole(text: String) {
    #expect(decode(text) == [.character("x")])
  }

  @Test func controlByteBreaksOffASequence() {
    #expect(decode("\u{1B}[12\u{3}") == [.control("c")])
    #expect(decode("\u{1B}O\u{3}") == [.control("c")])
  }

  @Test(
    arguments: [
      [0xFF], [0x80], [0xC0], [0xC3, 0x28], [0xE2, 0x82, 0x28], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xC2, 0x85],
    ] as [[UInt8]])
  func showsInvalidUTF8AsReplacementCharacter(bytes: [UInt8]) {
    let keys = decode(bytes)
    #expect(keys.first == .character("\u{FFFD}"))
    #expect(bytes.last != 0x28 || keys.last == .character("("))
  }

  @Test func pasteIsOneKeyWithUnixLineEnds() {
    #expect(
      decode("\u{1B}[200~a\r\nb\rc\td\u{1B}[201~e")
        == [.paste("a\nb\nc\td"), .character("e")])
    #expect(decode("\u{1B}[200~\u{1B}[A\u{1B}[201~") == [.paste("\u{1B}[A")])
  }

  @Test func controlCEndsAPasteWithoutEnd() {
    #expect(decode("\u{1B}[200~abc\u{3}d") == [.control("c"), .character("d")])
  }

  @Test func anyBytesLeaveItAbleToRead() {
    var random = SplitMix(seed: 7)
    for _ in 0..<2000 {
      var decoder = KeyDecoder()
      let noise = (0..<Int.random(in: 0..<12, using: &random)).map { _ in
        Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random)
          : [0x1B, 0x5B, 0x4F, 0x32, 0x30, 0x7E].randomElement(using: &random) ?? 0
      }
      for byte in noise { _ = decoder.feed(byte) }
      // Ctrl-C is always recognized, at the latest after the missing bytes of a truncated UTF-8 character.
      let keys = decoder.feed(3)
      #expect(keys.contains(.control("c")), "after \(noise)")
      #expect(decoder.isAtRest, "after \(noise)")
    }
  }
}
