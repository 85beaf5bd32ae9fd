// SPDX-License-Identifier: Apache-2.0
// Constants that a kernel reads as the program stores them, instead of as 32-bit floats.

import Encodings
import Tensors

/// An operator some of whose constants are read as they are stored.
package protocol StoredWeights: Operator {
  /// The parameters whose constants `kernel` takes from the call. The plan makes no buffer for them.
  static func storedParameters(_ call: Call, _ policy: WeightPolicy) -> Set<String>
}

extension Call {
  /// Bytes of the operands that are kept as they are stored.
  package var encodedByteCount: Int {
    operands.keys.reduce(0) { $0 + (stored($1)?.byteCount ?? 0) }
  }

  /// The call with every weight decoded that its operator does not read as it is stored.
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

/// How constant weights are kept while a program runs.
package enum WeightPolicy: Sendable, Hashable {
  /// The stored form if it is not slower than decoded weights, which is the case for products with a single row;
  /// 32-bit floats otherwise.
  case auto
  /// As 32-bit floats, in the order that each primitive likes best.
  case dense
  /// As the program stores them where a kernel can read that; decoded by panels where it cannot.
  case packed
}

extension Tensor {
  /// The bits of fp16 elements. Valid as long as the tensor.
  var halves: UnsafePointer<UInt16> {
    withBytes { bytes in
      UnsafeRawPointer(bytes.baseAddress ?? UnsafeRawPointer(storage.base)).assumingMemoryBound(to: UInt16.self)
    }
  }
}
