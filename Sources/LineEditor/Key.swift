// SPDX-License-Identifier: Apache-2.0
// What a person can press, independent of the bytes a terminal sends for it.

/// One key press, or one bracketed paste.
package enum Key: Equatable, Sendable {
  /// A printable character; combining marks and joiners arrive as characters of their own and are
  /// joined with their base by the buffer.
  case character(Character)
  /// A letter held with Control, in lower case: `.control("c")`.
  case control(Character)
  /// A character typed with Alt (or after Escape), in the case typed: `.meta("b")`.
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
  /// Text the terminal marked as pasted, line ends already `"\n"`.
  case paste(String)
}
