// SPDX-License-Identifier: Apache-2.0
// How the next token is chosen.

/// The options of sampling, applied in the order of their declaration, as in the transformers library.
package struct SamplingOptions: Sendable, Equatable {
  /// Divides positive logits of tokens that occurred before, and multiplies negative ones; 1 changes nothing.
  package var repetitionPenalty: Float = 1
  /// Subtracted from the logit of a token for each time that it was generated.
  package var frequencyPenalty: Float = 0
  /// Subtracted from the logits of all tokens that were generated.
  package var presencePenalty: Float = 0
  /// Divides the logits; 0 chooses the token of the largest one.
  package var temperature: Float = 0
  /// The number of tokens to choose from; 0 for all.
  package var topK = 0
  /// Tokens are chosen from the fewest of the highest probabilities whose sum reaches this.
  package var topP: Float = 1
  /// The least probability, relative to that of the likeliest token.
  package var minP: Float = 0
  package var seed: UInt64 = 0

  package init() {}

  package var isGreedy: Bool { temperature == 0 }
}
