// SPDX-License-Identifier: Apache-2.0
// The options that all techniques with feedback share.

import Calibration
import Options
import Tensors

/// The options of GPTQ and SparseGPT, with the names of coremltools.optimize.torch.
package struct FeedbackSettings: Sendable, Equatable {
  package var hessianDampening = 0.01
  package var useActivationOrderHeuristic: Bool
  package var processingGroupSize = 128

  package init(byActivation: Bool = true) { useActivationOrderHeuristic = byActivation }

  var options: FeedbackOptions {
    FeedbackOptions(damping: hessianDampening, byActivation: useActivationOrderHeuristic, width: processingGroupSize)
  }
}

/// A technique that can round with feedback.
package protocol FeedbackTechnique: DeclaredTechnique {
  var feedback: FeedbackSettings { get set }
  /// Whether the options of feedback have an effect.
  var usesFeedback: Bool { get }
  /// The algorithm that does, as in `algorithm = "gptq"`.
  static var feedbackAlgorithm: String { get }
}

extension FeedbackTechnique {
  /// Computes the factors; if there are none, each weight says so.
  package func prepare(_ statistics: WeightStatistics) {
    if usesFeedback { _ = try? statistics.factors(feedback.options) }
  }

  static var feedbackOptions: [Option<Self>] {
    [
      .number(
        "hessian_dampening", \Self.feedback.hessianDampening, in: 0...1,
        "\(feedbackAlgorithm): added to the diagonal of the second moments, relative to its mean"),
      .bool(
        "use_activation_order_heuristic", \Self.feedback.useActivationOrderHeuristic,
        "\(feedbackAlgorithm): round columns in the order of descending second moments"),
      .integer(
        "processing_group_size", \Self.feedback.processingGroupSize, in: 1...Feedback.widest,
        "\(feedbackAlgorithm): columns that are corrected at a time"),
    ]
  }

  /// The options of feedback as idle options, if the algorithm does not use it.
  var idleFeedback: [String: OptionSetting] {
    guard !usesFeedback else { return [:] }
    let needed = OptionSetting("algorithm", Self.feedbackAlgorithm)
    return ["hessian_dampening": needed, "use_activation_order_heuristic": needed, "processing_group_size": needed]
  }
}
