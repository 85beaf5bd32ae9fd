// SPDX-License-Identifier: Apache-2.0
// Suggestions of similar names.

import Options
import Testing

@Suite("Suggestion") struct SuggestionTests {
  @Test(
    arguments: [
      ("nbit", ["nbits", "mode"], "nbits"), ("mdoe", ["nbits", "mode"], "mode"), ("Conv", ["conv", "gru"], "conv"),
      // One name is a prefix of the other.
      ("conv", ["conv1_weight_to_fp16", "fc"], "conv1_weight_to_fp16"), ("threshold_2", ["threshold", "fc"], "threshold"),
      // The nearest name; the first of equally near ones.
      ("conv3", ["conv2", "conv1", "conv33"], "conv1"), ("linaer_1", ["linear_11", "linear_1"], "linear_1"),
      ("sparsity_target", ["sparsity", "mode"], "sparsity"),
    ] as [(String, [String], String)])
  func nearest(_ name: String, _ candidates: [String], _ meant: String) {
    #expect(Suggestion.nearest(to: name, among: candidates) == meant)
  }

  @Test(arguments: [("ab", ["cd"]), ("gru", ["conv", "linear"]), ("encoder", ["en", "decoder_layers"])])
  func nothingIsNear(_ name: String, _ candidates: [String]) {
    #expect(Suggestion.nearest(to: name, among: candidates) == nil)
  }

  @Test(arguments: [
    ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "axc", 1), ("", "abc", 3), ("ABC", "abc", 0), ("kitten", "sitting", 3),
  ])
  func edits(_ a: String, _ b: String, _ count: Int) { #expect(Suggestion.distance(a, b) == count) }
}
