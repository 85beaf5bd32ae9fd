// SPDX-License-Identifier: Apache-2.0
// Descriptions of inputs and outputs: dtypes, shapes, sizes and their ranges.

import ModelPackages
import Tensors

extension Feature {
  /// A description of the expected input: `float32 [1, 1, 28, 28]`, `a 28 × 28 grayscale image`.
  package var expectation: String {
    switch kind {
    case .array(let array), .state(let array):
      "\(array.dtype.map { "\($0)" } ?? "any") \(array.shapeDescription)"
    case .image(let image):
      "a \(image.sizeDescription) \(image.colorSpace.channels == 1 ? "grayscale" : "color") image"
    case .int64: "an integer"
    case .double: "a number"
    case .string: "a string"
    case .dictionary: "a dictionary"
    case .sequence: "a sequence"
    case .unknown: "an unknown type of feature"
    }
  }
}

extension SizeRange {
  /// The range as text: `8`, `8…64`, or `8…` without an upper bound.
  package var words: String { lower == upper ? "\(lower)" : "\(lower)…\(upper.map(String.init) ?? "")" }
}

extension ArrayFeature {
  /// All shapes of an array with enumerated shapes, the default first; `nil` for other features.
  package var enumeratedShapes: [Shape]? {
    guard case .enumerated(let shapes) = flexibility else { return nil }
    return [shape] + shapes.filter { $0 != shape }
  }

  /// The shape as text: `[1, 3, 224, 224]`, `[1…32, 10]`, `[1, 64] or [8, 64]`.
  package var shapeDescription: String {
    switch flexibility {
    case .fixed: "\(shape)"
    case .enumerated: (enumeratedShapes ?? []).map { "\($0)" }.joined(separator: " or ")
    case .ranges(let ranges): "[\(ranges.map(\.words).joined(separator: ", "))]"
    }
  }
}

extension ImageFeature {
  /// All sizes of an image with enumerated sizes, the default first; `nil` for other features.
  package var enumeratedSizes: [Size]? {
    guard case .enumerated(let sizes) = flexibility else { return nil }
    return [size] + sizes.filter { $0 != size }
  }

  /// The size as text, width first: `28 × 28`, `64…512 × 64…512`, `64 × 64 or 128 × 96`.
  package var sizeDescription: String {
    switch flexibility {
    case .fixed: "\(size.width) × \(size.height)"
    case .enumerated: (enumeratedSizes ?? []).map { "\($0.width) × \($0.height)" }.joined(separator: " or ")
    case .ranges(let widths, let heights): "\(widths.words) × \(heights.words)"
    }
  }
}
