// SPDX-License-Identifier: Apache-2.0
// The inputs, outputs and states of a model in its interface.

import Tensors

/// A range of extents, without an upper bound if `upper` is `nil`.
package struct SizeRange: Hashable, Sendable {
  package var lower: Int
  package var upper: Int?

  package init(_ lower: Int, _ upper: Int?) {
    self.lower = lower
    self.upper = upper
  }

  package func contains(_ size: Int) -> Bool { size >= lower && upper.map { size <= $0 } ?? true }
}

/// A multi-dimensional array.
package struct ArrayFeature: Hashable, Sendable {
  /// Accepted shapes other than the default shape.
  package enum Flexibility: Hashable, Sendable {
    case fixed
    case enumerated([Shape])
    /// One range per axis.
    case ranges([SizeRange])
  }

  /// The default value of an optional input.
  package enum DefaultValue: Hashable, Sendable {
    case int(Int32)
    case float(Float)
    case double(Double)
  }

  /// float32, float64, int32, int8 or float16; `nil` if the file does not specify it.
  package var dtype: DType?
  /// The default shape; empty for outputs whose shape is known only at run time.
  package var shape: Shape
  package var flexibility: Flexibility
  package var defaultValue: DefaultValue?
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8] = []

  package init(
    _ dtype: DType?, _ shape: Shape, flexibility: Flexibility = .fixed,
    defaultValue: DefaultValue? = nil
  ) {
    self.dtype = dtype
    self.shape = shape
    self.flexibility = flexibility
    self.defaultValue = defaultValue
  }

  /// Whether an array of that shape is accepted.
  package func accepts(_ other: Shape) -> Bool {
    switch flexibility {
    case .fixed: shape.isEmpty || shape == other
    case .enumerated(let shapes): shape == other || shapes.contains(other)
    case .ranges(let ranges):
      ranges.count == other.count && zip(ranges, other).allSatisfy { $0.contains($1) }
    }
  }
}

/// An image.
package struct ImageFeature: Hashable, Sendable {
  package enum ColorSpace: Int, Hashable, Sendable {
    case unspecified = 0
    case grayscale = 10
    case rgb = 20
    case bgr = 30
    case grayscaleFloat16 = 40

    /// Number of channels of the tensor that the program receives.
    package var channels: Int { self == .rgb || self == .bgr ? 3 : 1 }
  }

  package struct Size: Hashable, Sendable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  /// Accepted sizes other than the default size.
  package enum Flexibility: Hashable, Sendable {
    case fixed
    case enumerated([Size])
    case ranges(width: SizeRange, height: SizeRange)
  }

  package var size: Size
  package var colorSpace: ColorSpace
  package var flexibility: Flexibility
  /// Unknown fields of the file format, preserved byte for byte.
  package var unknownFields: [UInt8] = []

  package init(_ size: Size, _ colorSpace: ColorSpace, flexibility: Flexibility = .fixed) {
    self.size = size
    self.colorSpace = colorSpace
    self.flexibility = flexibility
  }

  /// Whether an image of that size is accepted.
  package func accepts(width: Int, height: Int) -> Bool {
    let other = Size(width: width, height: height)
    return switch flexibility {
    case .fixed: size == other
    case .enumerated(let sizes): size == other || sizes.contains(other)
    case .ranges(let widths, let heights): widths.contains(width) && heights.contains(height)
    }
  }
}

/// An input, output or state of a function.
package struct Feature: Hashable, Sendable {
  package enum KeyType: Hashable, Sendable { case int64, string }

  package enum Kind: Hashable, Sendable {
    case array(ArrayFeature)
    case image(ImageFeature)
    /// A buffer that persists between predictions.
    case state(ArrayFeature)
    case int64
    case double
    case string
    /// The probability of every class, by label; `nil` if the file does not specify the label type.
    case dictionary(key: KeyType?)
    case sequence(KeyType?, SizeRange?)
    /// An unknown type of feature, preserved byte for byte.
    case unknown
  }

  package var name: String
  package var shortDescription: String
  package var kind: Kind
  package var isOptional: Bool
  /// Unknown fields of the feature and of its type, preserved byte for byte.
  package var unknownFields: [UInt8] = []
  package var unknownTypeFields: [UInt8] = []

  package init(
    _ name: String, _ kind: Kind, shortDescription: String = "", isOptional: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.shortDescription = shortDescription
    self.isOptional = isOptional
  }

  /// The array type of an array or a state.
  package var array: ArrayFeature? {
    switch kind {
    case .array(let array), .state(let array): array
    default: nil
    }
  }

  package var image: ImageFeature? { if case .image(let image) = kind { image } else { nil } }
}
