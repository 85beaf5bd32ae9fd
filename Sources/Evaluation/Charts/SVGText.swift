// SPDX-License-Identifier: Apache-2.0
// The SVG elements that charts consist of, written as text.

import Foundation
import TextLayout

/// An SVG document under construction. Text and attributes are only escaped here.
struct SVGText {
  enum Anchor: String { case start, middle, end }

  private(set) var text = ""

  /// The estimated width of a text. Fonts differ, so it is a little more than in Helvetica.
  static func width(_ text: String, size: Double) -> Double { Double(DisplayWidth.of(text)) * size * 0.59 + 2 }

  /// The text truncated to `width`, with … at the end if anything was removed.
  static func cut(_ text: String, to width: Double, size: Double) -> String {
    DisplayWidth.truncate(text, to: max(1, Int((width - 2) / (size * 0.59))))
  }

  /// Escapes text for element content and attribute values; characters that XML does not permit are replaced.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// At most two decimals, without trailing zeros, so that the text is the same on every machine.
  static func number(_ value: Double) -> String {
    var text = String(format: "%.2f", value)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  private func n(_ value: Double) -> String { Self.number(value) }

  mutating func begin(width: Double, height: Double, title: String) {
    text += """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(n(width))" height="\(n(height))" viewBox="0 0 \(n(width)) \(n(height))" \
      role="img" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif">
      <title>\(Self.escaped(title))</title>

      """
  }

  mutating func end() { text += "</svg>\n" }

  mutating func rectangle(_ box: Box, fill: String, opacity: Double = 1, tooltip: String? = nil) {
    let title = tooltip.map { "><title>\(Self.escaped($0))</title></rect>\n" } ?? "/>\n"
    text +=
      "<rect x=\"\(n(box.x))\" y=\"\(n(box.y))\" width=\"\(n(box.width))\" height=\"\(n(box.height))\" fill=\"\(fill)\"\(attribute("fill-opacity", opacity))"
      + title
  }

  mutating func line(
    _ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, color: String, width: Double = 1, dashes: String = "", opacity: Double = 1
  ) {
    text +=
      "<line x1=\"\(n(x0))\" y1=\"\(n(y0))\" x2=\"\(n(x1))\" y2=\"\(n(y1))\" stroke=\"\(color)\" stroke-width=\"\(n(width))\""
      + (dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\"") + attribute("stroke-opacity", opacity) + "/>\n"
  }

  mutating func polyline(_ points: [(Double, Double)], color: String, width: Double) {
    let path = points.map { "\(n($0.0)),\(n($0.1))" }.joined(separator: " ")
    text += "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(n(width))\" stroke-linejoin=\"round\"/>\n"
  }

  mutating func label(
    _ label: String, x: Double, y: Double, size: Double, color: String, anchor: Anchor = .start, isBold: Bool = false,
    isItalic: Bool = false, isVertical: Bool = false
  ) {
    text +=
      "<text x=\"\(n(x))\" y=\"\(n(y))\" font-size=\"\(n(size))\" fill=\"\(color)\""
      + (anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\"") + (isBold ? " font-weight=\"600\"" : "")
      + (isItalic ? " font-style=\"italic\"" : "") + (isVertical ? " transform=\"rotate(-90 \(n(x)) \(n(y)))\"" : "")
      + ">\(Self.escaped(label))</text>\n"
  }

  /// The mark of a series, by its index: disc, square, triangle, diamond, inverted triangle, cross.
  mutating func mark(_ kind: Int, x: Double, y: Double, radius r: Double, color: String, opacity: Double, tooltip: String?) {
    let style = "fill=\"\(color)\" stroke=\"#ffffff\" stroke-width=\"1\"\(attribute("opacity", opacity))"
    func polygon(_ corners: [(Double, Double)]) -> String {
      "<polygon points=\"" + corners.map { "\(n(x + $0.0 * r)),\(n(y + $0.1 * r))" }.joined(separator: " ") + "\" \(style)"
    }
    let shape: String
    switch kind % 6 {
    case 0: shape = "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\" \(style)"
    case 1: shape = polygon([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case 2: shape = polygon([(0, -1.15), (1.1, 0.85), (-1.1, 0.85)])
    case 3: shape = polygon([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)])
    case 4: shape = polygon([(0, 1.15), (1.1, -0.85), (-1.1, -0.85)])
    default:
      let (w, l) = (0.38, 1.1)
      shape = polygon([(-w, -l), (w, -l), (w, -w), (l, -w), (l, w), (w, w), (w, l), (-w, l), (-w, w), (-l, w), (-l, -w), (-w, -w)])
    }
    guard let tooltip else {
      text += shape + "/>\n"
      return
    }
    let name = String(shape.dropFirst().prefix { $0 != " " })
    text += "\(shape)><title>\(Self.escaped(tooltip))</title></\(name)>\n"
  }

  private func attribute(_ name: String, _ value: Double) -> String { value == 1 ? "" : " \(name)=\"\(n(value))\"" }
}
