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
  let run: @Sendable (inout Function, inout [ConversionNote]) throws -> Bool

  init(
    _ name: String, when applies: @escaping @Sendable (ConversionOptions) -> Bool = { _ in true },
    _ run: @escaping @Sendable (inout Function, inout [ConversionNote]) throws -> Bool
  ) {
    self.name = name
    self.applies = applies
    self.run = run
  }
}

enum ConversionPasses {
  static let all: [ConversionPass] = [
    ConversionPass("remove unused operations") { f, _ in DeadOperations.run(&f) },
    ConversionPass("fold batch norms", when: { !$0.trainable }) { f, _ in FoldedBatchNorm.run(&f) },
    ConversionPass("transposes") { f, _ in try CombinedTransposes.run(&f) },
    ConversionPass("biases") { f, _ in LinearBias.run(&f) },
    ConversionPass("gelu") { f, _ in FusedGelu.run(&f) },
    ConversionPass("layer norm") { f, _ in FusedLayerNorm.run(&f) },
    ConversionPass("silu") { f, _ in FusedSilu.run(&f) },
    ConversionPass("remove unused operations after fusion") { f, _ in DeadOperations.run(&f) },
    ConversionPass("attention", when: FusedAttention.applies) { f, _ in FusedAttention.run(&f) },
    ConversionPass("half precision", when: { $0.precision == .float16 }) { f, notes in try HalfPrecision.run(&f, notes: &notes) },
    ConversionPass("remove unused operations again") { f, _ in DeadOperations.run(&f) },
  ]

  static func run(_ function: Function, _ options: ConversionOptions, _ notes: inout [ConversionNote]) throws -> Function {
    var function = function
    for pass in all where pass.applies(options) { _ = try pass.run(&function, &notes) }
    return function
  }
}
