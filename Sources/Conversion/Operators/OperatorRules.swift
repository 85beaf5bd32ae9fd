// SPDX-License-Identifier: Apache-2.0
// The operators that can be converted: one list for each family.

import MIL
import ONNXFiles
import Operators
import Tensors

/// The rules of all families.
enum OperatorRules {
  static let families: [(name: String, rules: [Rule])] = [
    ("Activations", Activations.rules),
    ("Elementwise", Elementwise.rules),
    ("Integers", Integers.rules),
    ("Casts and comparisons", Comparisons.rules),
    ("Matrix products", Matrices.rules),
    ("Einsum", EinsteinSums.rules),
    ("Convolution", Convolution.rules),
    ("Pooling", Pooling.rules),
    ("Normalization", Normalization.rules),
    ("Reductions", Reductions.rules),
    ("Shapes", Shapes.rules),
    ("Slices and joins", Joining.rules),
    ("Gathering and scattering", Indexing.rules),
    ("Padding", Padding.rules),
    ("Constants", Constants.rules),
    ("Selection", Selection.rules),
    ("Resizing", Resizing.rules),
    ("Sampling", Sampling.rules),
    ("Recurrent layers", Recurrent.rules),
    ("Quantization", Quantization.rules),
    ("Signals", Signals.rules),
    ("Random numbers", Random.rules),
    ("Losses", Losses.rules),
    ("Attention", Attention.rules),
    ("Linear attention", LinearAttention.rules),
    ("Control flow", Control.rules),
    ("Sequences", Sequences.rules),
    ("com.microsoft", Microsoft.rules),
  ]

  static let table: [String: Rule] = Dictionary(
    families.flatMap(\.rules).map { ("\($0.domain):\($0.name)", $0) }, uniquingKeysWith: { first, _ in first })

  /// The domain whose rules apply to a domain's operators.
  static func alias(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  /// Why an operator has no rule.
  static func explanation(_ node: ONNXNode, domain: String) -> String {
    switch (domain, node.type) {
    case ("", "ImageDecoder"): "decoding images is not part of a program: give the model pixels"
    case ("", "StringNormalizer"), ("", "StringConcat"), ("", "StringSplit"), ("", "RegexFullMatch"), ("", "TfIdfVectorizer"):
      "a program has no strings"
    case ("", "BitCast"): "a program cannot read a value's bits as another type"
    case ("ai.onnx.ml", _): "trees, vector machines and encoders are other kinds of Core ML models"
    case ("com.microsoft.nchwc", _), ("com.microsoft", "NhwcConv"), ("com.microsoft", "NhwcMaxPool"), ("com.microsoft", "BeamSearch"),
      ("com.microsoft", "GreedySearch"), ("com.microsoft", "Sampling"), ("com.microsoft", "MoE"), ("com.microsoft", "QMoE"):
      "an optimizer made it for one runtime: export the model again without it"
    case ("", _): "the operator is not known"
    default: "the domain \(domain) has no such operator that is known, and the file does not define it as a function"
    }
  }
}
