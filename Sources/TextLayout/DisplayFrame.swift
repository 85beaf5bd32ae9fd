// SPDX-License-Identifier: Apache-2.0
// The size of the area in which a value is displayed.

import Platform

/// The size of the display area in columns and rows; `nil` for no limit, as in a file.
package struct DisplayFrame: Sendable, Equatable {
  package var columns: Int?
  package var rows: Int?

  package init(columns: Int? = nil, rows: Int? = nil) {
    self.columns = columns
    self.rows = rows
  }

  /// No limits, for output that is not displayed on a terminal.
  package static let whole = DisplayFrame()

  /// The number of columns if the terminal does not report it.
  package static let usualColumns = 80
  /// The number of rows if the terminal does not report it.
  package static let usualRows = 24

  /// The number of lines of a value that fit above the next prompt, at least 10; `nil` for no limit.
  package var lines: Int? { rows.map { max(10, $0 - 4) } }

  /// The size of the terminal: `COLUMNS` and `LINES` if set, else the size that the terminal reports, else 80 × 24.
  package static func terminal(_ descriptor: Int32 = 1) -> DisplayFrame {
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
    func extent(_ variable: String, _ reported: UInt16, _ usual: Int) -> Int {
      if let text = getenv(variable), let count = Int(String(cString: text)), count > 0 { return count }
      return isKnown && reported > 0 ? Int(reported) : usual
    }
    return DisplayFrame(columns: extent("COLUMNS", size.ws_col, usualColumns), rows: extent("LINES", size.ws_row, usualRows))
  }

  /// The size of the terminal if the descriptor is a terminal, otherwise ``whole``.
  package static func output(_ descriptor: Int32 = 1) -> DisplayFrame { isatty(descriptor) == 1 ? terminal(descriptor) : .whole }
}
