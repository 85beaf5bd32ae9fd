// SPDX-License-Identifier: Apache-2.0
// Keys, independent of the bytes that a terminal sends for them.

/// A key press, or a bracketed paste.
package enum Key: Equatable, Sendable {
  /// A printable character; combining marks and joiners arrive separately and are joined with their
  /// base by the buffer.
  case character(Character)
  /// A letter with Control, in lower case: `.control("c")`.
  case control(Character)
  /// A character with Alt (or after Escape), in the case typed: `.meta("b")`.
  case meta(Character)
  case enter
  case metaEnter
  case tab
  case shiftTab
  case backspace
  case metaBackspace
  case delete
  case left
  case right
  case up
  case down
  case wordLeft
  case wordRight
  case home
  case end
  case pageUp
  case pageDown
  case escape
  /// Pasted text, with line ends converted to `"\n"`.
  case paste(String)
}
