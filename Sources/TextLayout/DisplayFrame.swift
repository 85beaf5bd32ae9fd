// SPDX-License-Identifier: Apache-2.0
// The room that a shown value has.

import Platform

/// Columns and rows of the place where something is shown; `nil` where there is nothing to keep to, as in a file.
package struct DisplayFrame: Sendable, Equatable {
  package var columns: Int?
  package var rows: Int?

  package init(columns: Int? = nil, rows: Int? = nil) {
    self.columns = columns
    self.rows = rows
  }

  /// No bounds: the text goes where it is not looked at through a window.
  package static let whole = DisplayFrame()

  /// Columns when nothing tells them.
  package static let usualColumns = 80
  /// Rows when nothing tells them.
  package static let usualRows = 24

  /// Lines of one value that fit above the next prompt, and not so few that nothing is seen; `nil` for all.
  package var lines: Int? { rows.map { max(10, $0 - 4) } }

  /// The size of the terminal behind a descriptor: what `COLUMNS` and `LINES` say, else what the terminal says, else 80 × 24.
  package static func terminal(_ descriptor: Int32 = 1) -> DisplayFrame {
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
    func extent(_ variable: String, _ reported: UInt16, _ usual: Int) -> Int {
      if let text = getenv(variable), let count = Int(String(cString: text)), count > 0 { return count }
      return isKnown && reported > 0 ? Int(reported) : usual
    }
    return DisplayFrame(columns: extent("COLUMNS", size.ws_col, usualColumns), rows: extent("LINES", size.ws_row, usualRows))
  }

  /// The terminal's size where the descriptor is one, else ``whole``.
  package static func output(_ descriptor: Int32 = 1) -> DisplayFrame { isatty(descriptor) == 1 ? terminal(descriptor) : .whole }
}
