// SPDX-License-Identifier: Apache-2.0
// Weights whose bytes are shared, by the functions of a program, say, are compressed once and stay shared.

import Encodings
import Tensors

/// What was made of weights so far, found again by where their bytes lie.
struct KnownEncodings {
  /// Where a dense weight's elements lie and how they are read.
  private struct Place: Hashable {
    let address: UInt
    let dtype: DType
    let shape: Shape
  }

  private struct Made {
    let technique: any Technique
    let context: WeightContext
    let weight: EncodedWeight
  }

  private var known: [Place: [Made]] = [:]

  /// The weight compressed, or what the same bytes became before in the same circumstances.
  ///
  /// - Throws: what `Technique.compress` throws.
  mutating func encoding(
    of weight: EncodedWeight, _ technique: any Technique, _ context: WeightContext
  ) throws -> EncodedWeight {
    guard case .dense(let tensor) = weight else { return try made(weight, technique, context) }
    let address = tensor.withBytes { UInt(bitPattern: $0.baseAddress) }
    let place = Place(address: address, dtype: tensor.dtype, shape: tensor.shape)
    let before = known[place]?.first {
      $0.technique.isEqual(to: technique) && $0.context.isAlike(context)
    }
    if let before { return before.weight }
    let encoded = try made(weight, technique, context)
    known[place, default: []].append(Made(technique: technique, context: context, weight: encoded))
    return encoded
  }

  /// Compresses where a cancelled caller need not wait for it; a script's function wants the caller's own thread.
  private func made(_ weight: EncodedWeight, _ technique: any Technique, _ context: WeightContext)
    throws -> EncodedWeight
  {
    if (technique as? Palettization)?.lutFunction != nil {
      return try technique.compress(weight, context)
    }
    return try abandonable(unless: context.isCancelled) { abandonment in
      var context = context
      context.isCancelled = { abandonment.isAbandoned }
      return try technique.compress(weight, context)
    }
  }
}

extension WeightContext {
  /// Whether a technique has no reason to tell the two apart.
  fileprivate func isAlike(_ other: WeightContext) -> Bool {
    outputAxis == other.outputAxis && inputAxis == other.inputAxis && isNamed == other.isNamed
      && consumers.map(\.kind) == other.consumers.map(\.kind)
  }
}

extension Consumer {
  fileprivate var kind: [String] { [operatorType, parameter, "\(groups)"] }
}
