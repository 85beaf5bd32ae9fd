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

/// How constant weights are kept at run time.
package enum WeightPolicy: Sendable, Hashable {
  /// The stored form if it is not slower than decoded weights, which is the case for products with a single row;
  /// 32-bit floats otherwise.
  case auto
  /// 32-bit floats, in the layout that each primitive prefers.
  case dense
  /// Stored form where a kernel supports it; otherwise decoded panel by panel.
  case packed
}

extension Tensor {
  /// The bits of fp16 elements. The pointer is valid as long as the tensor exists.
  var halves: UnsafePointer<UInt16> {
    withBytes { bytes in
      UnsafeRawPointer(bytes.baseAddress ?? UnsafeRawPointer(storage.base)).assumingMemoryBound(to: UInt16.self)
    }
  }
}
