// SPDX-License-Identifier: Apache-2.0
// The weights of separable interpolation, computed at conversion.

import Foundation

/// How output positions are mapped to input positions along one axis, and how elements are weighted there.
struct Interpolation {
  enum Kind { case nearest, linear, cubic }

  var kind: Kind
  /// ONNX's coordinate_transformation_mode.
  var coordinates: String
  /// ONNX's nearest_mode.
  var rounding: String
  var cubicCoefficient = -0.75
  var excludesOutside = false
  var antialiases = false

  /// The elements and weights for one output position; `nil` if it is outside (tf_crop_and_resize).
  typealias Taps = [(index: Int, weight: Double)]

  /// - Parameters:
  ///   - scale: output extent over input extent, as it is given, which may differ from the ratio of the extents.
  ///   - region: the part of the input that the output covers, from 0 to 1.
  func taps(_ extent: Int, to count: Int, scale: Double, region: (Double, Double) = (0, 1)) -> [Taps?] {
    (0..<count).map { i in
      guard let x = position(Double(i), extent, count, scale, region) else { return nil }
      return weights(x, extent, scale)
    }
  }

  private func position(_ i: Double, _ extent: Int, _ count: Int, _ scale: Double, _ region: (Double, Double)) -> Double? {
    let full = scale * Double(extent)
    let last = Double(extent - 1)
    switch coordinates {
    case "align_corners": return full == 1 || count == 1 ? 0 : i * last / (full - 1)
    case "asymmetric": return i / scale
    case "pytorch_half_pixel": return count == 1 ? -0.5 : (i + 0.5) / scale - 0.5
    case "half_pixel_symmetric":
      let adjustment = Double(count) / full
      return Double(extent) / 2 * (1 - adjustment) + (i + 0.5) / scale - 0.5
    case "tf_crop_and_resize":
      let (from, to) = region
      let x = count == 1 ? 0.5 * (from + to) * last : from * last + i * (to - from) * last / (full - 1)
      return x < 0 || x > last ? nil : x
    default: return (i + 0.5) / scale - 0.5
    }
  }

  private func weights(_ x: Double, _ extent: Int, _ scale: Double) -> Taps {
    func clamp(_ index: Int) -> Int { min(max(index, 0), extent - 1) }
    if kind == .nearest {
      let index: Double
      switch rounding {
      case "round_prefer_ceil": index = (x + 0.5).rounded(.down)
      case "floor": index = x.rounded(.down)
      case "ceil": index = x.rounded(.up)
      default: index = (x - 0.5).rounded(.up)
      }
      return [(clamp(Int(index)), 1)]
    }
    let stretch = antialiases ? min(scale, 1) : 1
    let reach = (kind == .linear ? 1 : 2) / stretch
    let base = Int(x.rounded(.down))
    var taps: Taps = []
    var total = 0.0
    for index in base - Int(reach.rounded(.up))...base + Int(reach.rounded(.up)) + 1 {
      let weight = self.weight(abs(Double(index) - x) * stretch)
      guard weight != 0, !excludesOutside || (0..<extent).contains(index) else { continue }
      taps.append((clamp(index), weight))
      total += weight
    }
    guard antialiases || excludesOutside, total != 0 else { return taps }
    return taps.map { ($0.index, $0.weight / total) }
  }

  private func weight(_ distance: Double) -> Double {
    let a = cubicCoefficient
    if kind == .linear { return max(1 - distance, 0) }
    if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
    return distance < 2 ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a : 0
  }
}
