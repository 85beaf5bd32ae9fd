// SPDX-License-Identifier: Apache-2.0
// Quantization-aware training of weights and activations.

import Encodings
import MIL
import Options
import Tensors
import WeightStorage

/// coremltools' `LinearQuantizer`.
package struct LinearQuantizer: TrainingMethod {
  enum Algorithm: String, CaseIterable, Sendable {
    case vanilla, learnable
  }
  enum WeightType: String, CaseIterable, Sendable {
    case qint8, quint8, qint4, quint4, int8, uint8, int4, uint4, float32
  }
  enum ActivationType: String, CaseIterable, Sendable {
    case quint8, qint8, uint8, int8, float32
  }
  enum Scheme: String, CaseIterable, Sendable {
    case symmetric, affine
  }

  var algorithm = Algorithm.vanilla
  var weightDtype = WeightType.qint8
  var activationDtype = ActivationType.quint8
  var weightObserver = ObserverType.movingAverage
  var activationObserver = ObserverType.movingAverage
  var weightPerChannel = true
  var quantizationScheme = Scheme.symmetric
  var milestones: [Int]?
  package var weightThreshold = 0

  package init() {}

  package static let name = "quantize"
  package static let configType = "ModuleLinearQuantizerConfig"
  package static let summary = "Train with weights and activations rounded to their codes."
  package static let source =
    "Jacob et al. 2018, Esser et al. 2020, Bhalgat et al. 2020; coremltools.optimize.torch.quantization.LinearQuantizer"
  package static let order = 2
  package static let suffix = WeightSuffix.quantized
  package static let layers: Set<LayerKind> = [.convolution, .transposedConvolution, .linear, .product, .embedding]

  package static var options: [Option<Self>] {
    [
      .choice("algorithm", \.algorithm, "scales from observed ranges (vanilla), or learned with the weights (learnable: LSQ, LSQ+)"),
      .choice("weight_dtype", \.weightDtype, "codes of weights; float32 for no quantization").aliases("dtype"),
      .choice("activation_dtype", \.activationDtype, "codes of activations; float32 for no quantization"),
      .choice("weight_observer", \.weightObserver, "how observed ranges of weights are combined"),
      .choice("activation_observer", \.activationObserver, "how observed ranges of activations are combined"),
      .bool("weight_per_channel", \.weightPerChannel, "a scale for each output channel, or one for the weight"),
      .choice("quantization_scheme", \.quantizationScheme, "symmetric around zero, or affine with a zero point"),
      .integers(
        "milestones", \.milestones, in: -1...Int.max,
        "four steps: observers on, rounding on, observers off, batch norm statistics frozen; -1 for never; by default all are on from the start"
      ),
      .integer("weight_threshold", \.weightThreshold, in: 0...Int.max, "only weights with more elements are quantized"),
    ]
  }

  package func validate() throws(OptionError) {
    if let milestones, milestones.count != 4 {
      throw .combination(of: Self.name, problem: "milestones are four steps, found \(milestones.count)")
    }
  }

  /// `nil` for no quantization of weights.
  var weightCodes: QuantizedDType? {
    switch weightDtype {
    case .qint8, .int8: QuantizedDType(bits: 8, isSigned: true)
    case .quint8, .uint8: QuantizedDType(bits: 8, isSigned: false)
    case .qint4, .int4: QuantizedDType(bits: 4, isSigned: true)
    case .quint4, .uint4: QuantizedDType(bits: 4, isSigned: false)
    case .float32: nil
    }
  }

  /// `nil` for no quantization of activations.
  var activationCodes: QuantizedDType? {
    switch activationDtype {
    case .quint8, .uint8: QuantizedDType(bits: 8, isSigned: false)
    case .qint8, .int8: QuantizedDType(bits: 8, isSigned: true)
    case .float32: nil
    }
  }

  package var activations: LinearQuantizer? { self }
  package static let governsActivations = true
  package func freezesNorms(step: Int) -> Bool { phase(step).freezesNorms }

  package func requirement(_ context: MethodContext) -> (opset: Opset, feature: String)? {
    if weightCodes?.bits == 4 { return (.iOS18, "quantization to 4 bits") }
    if !context.others.isEmpty { return (.iOS18, "joint compression") }
    return activationCodes == nil ? (.iOS16, "quantization") : (.iOS17, "quantization of activations")
  }

  package func transform(_ weight: TrainedWeight, _ context: MethodContext) throws -> any WeightTransform {
    guard let codes = weightCodes else { throw MethodSkip("weight_dtype is float32") }
    if context.others.contains(DKMPalettizer.name) { throw MethodSkip("its values come from a table (lut_dtype quantizes those)") }
    guard !weightPerChannel || weight.outputAxis != nil else { throw MethodSkip("its readers disagree about output channels") }
    return GridTransform(self, weight, codes)
  }

  /// The phase for a number of completed steps.
  func phase(_ step: Int) -> QuantizationPhase {
    guard let milestones else { return QuantizationPhase(observes: true, rounds: true, freezesNorms: false) }
    func reached(_ i: Int) -> Bool { milestones[i] >= 0 && step > milestones[i] }
    return QuantizationPhase(observes: reached(0) && !reached(2), rounds: reached(1), freezesNorms: reached(3))
  }
}

/// A phase of quantization-aware training.
package struct QuantizationPhase: Equatable, Sendable {
  package let observes: Bool
  package let rounds: Bool
  package let freezesNorms: Bool
}
