// SPDX-License-Identifier: Apache-2.0
// The color scale of a heat map.

/// From dark blue over green to yellow. Brightness rises with the value, so that it is readable with color blindness and in print.
struct ColorScale {
  /// The range of the finite values; `nil` if there are none.
  let range: ClosedRange<Double>?

  private static let stops: [(red: Double, green: Double, blue: Double)] = [
    (61, 38, 112), (54, 92, 141), (33, 145, 140), (94, 201, 98), (253, 231, 76),
  ]

  init(_ values: [Double]) {
    let finite = values.filter(\.isFinite)
    range = finite.min().flatMap { low in finite.max().map { low...$0 } }
  }

  /// `#rrggbb`; infinite values get the colors of the ends, NaN has no color.
  func color(_ value: Double) -> String? {
    guard let range, !value.isNaN else { return nil }
    let span = range.upperBound - range.lowerBound
    let share = span > 0 ? (min(max(value, range.lowerBound), range.upperBound) - range.lowerBound) / span : 0.5
    let place = share * Double(Self.stops.count - 1)
    let index = min(Int(place), Self.stops.count - 2)
    let (a, b, t) = (Self.stops[index], Self.stops[index + 1], place - Double(index))
    let parts = [a.red + (b.red - a.red) * t, a.green + (b.green - a.green) * t, a.blue + (b.blue - a.blue) * t]
    return "#"
      + parts.map { part in
        let text = String(Int(part.rounded()), radix: 16)
        return text.count < 2 ? "0" + text : text
      }.joined()
  }

  /// Black or white, whichever has more contrast with a color (relative luminance of ITU-R BT.709).
  static func ink(on color: String) -> String {
    guard let number = Int(color.dropFirst(), radix: 16) else { return "#000000" }
    let luminance = 0.2126 * Double(number >> 16 & 0xFF) + 0.7152 * Double(number >> 8 & 0xFF) + 0.0722 * Double(number & 0xFF)
    return luminance > 140 ? "#1b1f23" : "#ffffff"
  }
}
