// SPDX-License-Identifier: Apache-2.0
// Constants that kernels read in stored form instead of as 32-bit floats.

import Encodings
import Tensors

/// An operator that can read some of its constants in stored form.
package protocol StoredWeights: Operator {
  /// The parameters whose constants `kernel` reads from the call in stored form. The plan does not create buffers for
  /// them.
  static func storedParameters(_ call: Call, _ policy: WeightPolicy) -> Set<String>
}

extension Call {
  /// The size in bytes of the operands that are kept in stored form.
  package var encodedByteCount: Int {
    operands.keys.reduce(0) { $0 + (stored($1)?.byteCount ?? 0) }
  }

  /// The call with all weights decoded, except those that the operator reads in stored form.
  package func decodingWeights(
    _ op: any Operator.Type, _ policy: WeightPolicy, decode: (Operand, EncodedWeight) throws -> Tensor
  ) throws -> Call {
    let encoded = operands.compactMap { parameter, list in stored(parameter).map { (parameter, list[0], $0) } }
    guard !encoded.isEmpty else { return self }
    let kept = (op as? any StoredWeights.Type)?.storedParameters(self, policy) ?? []
    var decoded: [String: Tensor] = [:]
    for (parameter, operand, weight) in encoded where !kept.contains(parameter) {
      decoded[parameter] = try decode(operand, weight)
    }
    return decoded.isEmpty ? self : replacing(decoded)
  }
}
