// SPDX-License-Identifier: Apache-2.0
// The passes over a converted program, in their order.

import MIL
import Operators

/// A change of a function that keeps its results.
struct ConversionPass: Sendable {
  let name: String
  /// Whether the pass runs with these options.
  let applies: @Sendable (ConversionOptions) -> Bool
  /// Changes the function; returns whether it did.
  let run: @Sendable (inout Function, ConversionOptions, inout [ConversionNote]) throws -> Bool

  init(
    _ name: String, when applies: @escaping @Sendable (ConversionOptions) -> Bool = { _ in true },
    _ run: @escaping @Sendable (inout Function, ConversionOptions, inout [ConversionNote]) throws -> Bool
  ) {
    self.name = name
    self.applies = applies
    self.run = run
  }
}

enum ConversionPasses {
  static let all: [ConversionPass] = [
    ConversionPass("remove unused operations") { f, _, _ in DeadOperations.run(&f) },
    ConversionPass("fold batch norms", when: { !$0.trainable }) { f, _, _ in FoldedBatchNorm.run(&f) },
    ConversionPass("transposes") { f, _, _ in try CombinedTransposes.run(&f) },
    ConversionPass("biases") { f, _, _ in LinearBias.run(&f) },
    ConversionPass("gelu") { f, _, _ in FusedGelu.run(&f) },
    ConversionPass("reciprocal roots") { f, _, _ in FusedReciprocalRoot.run(&f) },
    ConversionPass("layer norm") { f, _, _ in FusedLayerNorm.run(&f) },
    ConversionPass("silu") { f, _, _ in FusedSilu.run(&f) },
    ConversionPass("interleaved concatenations") { f, _, _ in InterleavedConcat.run(&f) },
    ConversionPass("repetitions that are broadcast") { f, _, _ in BroadcastTiles.run(&f) },
    ConversionPass("reshapes") { f, _, _ in MergedReshapes.run(&f) },
    ConversionPass("remove unused operations after fusion") { f, _, _ in DeadOperations.run(&f) },
    ConversionPass("attention", when: FusedAttention.applies) { f, _, _ in FusedAttention.run(&f) },
    ConversionPass("half precision", when: { $0.usesHalves }) { f, options, notes in
      if case .chosen(let selects) = options.precision {
        try HalfPrecision.run(&f, notes: &notes, selects: selects)
      } else {
        try HalfPrecision.run(&f, notes: &notes)
      }
    },
    ConversionPass("remove unused operations again") { f, _, _ in DeadOperations.run(&f) },
  ]

  static func run(_ function: Function, _ options: ConversionOptions, _ notes: inout [ConversionNote]) throws -> Function {
    var function = function
    for pass in all where pass.applies(options) { _ = try pass.run(&function, options, &notes) }
    return function
  }
}

extension ConversionOptions {
  fileprivate var usesHalves: Bool { if case .float32 = precision { false } else { true } }
}
