// SPDX-License-Identifier: Apache-2.0
// Tables for web pages and notebooks.

import TextLayout

extension Table {
  /// A `<table>`; numbers are of class `number`, with their alignment also in the style, because notebooks drop style sheets.
  /// Text is escaped.
  package var html: String {
    func row(_ cells: [String], _ tag: String) -> String {
      let inner = cells.indices.map { i in
        let isRight = columns[i].alignment == .right
        return "<\(tag)\(isRight ? " class=\"number\"" : "") style=\"text-align:\(isRight ? "right" : "left")\">"
          + "\(SVGText.escaped(cells[i]))</\(tag)>"
      }
      return "<tr>" + inner.joined() + "</tr>\n"
    }
    return "<table>\n<thead>\n" + row(columns.map(\.header), "th") + "</thead>\n<tbody>\n" + rows.map { row($0, "td") }.joined()
      + "</tbody>\n</table>\n"
  }
}
