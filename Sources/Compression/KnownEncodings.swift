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

  private var made: [Place: [Made]] = [:]

  /// The weight compressed, or what the same bytes became before in the same circumstances.
  ///
  /// - Throws: what `Technique.compress` throws.
  mutating func encoding(
    of weight: EncodedWeight, _ technique: any Technique, _ context: WeightContext
  ) throws -> EncodedWeight {
    guard case .dense(let tensor) = weight else { return try technique.compress(weight, context) }
    let address = tensor.withBytes { UInt(bitPattern: $0.baseAddress) }
    let place = Place(address: address, dtype: tensor.dtype, shape: tensor.shape)
    let before = made[place]?.first {
      $0.technique.isEqual(to: technique) && $0.context.isAlike(context)
    }
    if let before { return before.weight }
    let encoded = try technique.compress(weight, context)
    made[place, default: []].append(Made(technique: technique, context: context, weight: encoded))
    return encoded
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
