// SPDX-License-Identifier: Apache-2.0
// Options of a conversion.

import MIL
import ModelPackages
import Tensors

/// An extent as the options give it.
package struct DimensionOption: Sendable, Equatable {
  package var range: SizeRange
  /// The extent by default; the lower bound if it is not given.
  package var preferred: Int

  package init(_ range: SizeRange, preferred: Int? = nil) {
    self.range = range
    self.preferred = preferred ?? range.lower
  }

  package init(fixed extent: Int) { self.init(SizeRange(extent, extent)) }

  package var fixed: Int? { range.lower == range.upper ? range.lower : nil }
}

/// What is known of an input.
package struct InputOption: Sendable {
  package struct Image: Sendable {
    package var color: ImageFeature.ColorSpace
    package var scale: Double
    /// One element for each channel, or one for all.
    package var bias: [Double]

    package init(color: ImageFeature.ColorSpace = .rgb, scale: Double = 1, bias: [Double] = []) {
      self.color = color
      self.scale = scale
      self.bias = bias
    }
  }

  package var shape: [DimensionOption]?
  package var enumerated: [Shape]?
  package var dtype: DType?
  package var name: String?
  package var image: Image?

  package init() {}
}

/// Options of a conversion.
package struct ConversionOptions: Sendable {
  package enum Precision: Sendable {
    case float16, float32
    /// The operations for which the function returns true are computed in half precision.
    case chosen(@Sendable (Operation) throws -> Bool)
  }

  /// What a program keeps between predictions.
  package enum States: Sendable {
    /// The buffers that the module changes.
    case buffers
    case none
    /// The same, and inputs whose next content is an output.
    case pairs([StatePair])

    var pairs: [StatePair] { if case .pairs(let pairs) = self { pairs } else { [] } }
    var keepsBuffers: Bool { if case .none = self { false } else { true } }
  }

  package var target = Opset.iOS18
  package var precision = Precision.float16
  /// Extents by the name that the source has for them.
  package var dimensions: [String: DimensionOption] = [:]
  package var inputs: [String: InputOption] = [:]
  /// Inputs that are known.
  package var constants: [String: Tensor] = [:]
  /// The values to return, with their names in the program; `nil` for those of the source.
  package var outputs: [(name: String, value: String)]?
  package var states = States.buffers
  /// Whether attention becomes one operation, from iOS18 on.
  package var fusesAttention = true
  /// The labels of a classifier.
  package var classes: [String]?
  /// The output with the probabilities of the classes; `nil` for the last one.
  package var probabilities: String?
  /// Keeps batch norms apart from convolutions.
  package var trainable = false
  /// Whether inputs that are indices are taken to be nonnegative.
  package var trustsIndices = true
  package var dryRun = false

  package init() {}
}
