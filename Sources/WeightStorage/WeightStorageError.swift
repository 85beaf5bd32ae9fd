// SPDX-License-Identifier: Apache-2.0
// Errors of reading weights from programs and writing weights into programs.

import Encodings
import MIL

package enum WeightStorageError: Error, Equatable, Sendable {
  /// A weight whose stored parts are inconsistent.
  case encoding(weight: String, EncodingError)
  /// A format that requires a newer opset than that of the program. The feature is a noun phrase: `per_block
  /// quantization`.
  case needsOpset(weight: String, feature: String, needs: Opset, has: Opset)
}

extension WeightStorageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .encoding(let weight, let error):
      "\(weight): \(error)"
    case .needsOpset(let weight, let feature, let needs, let has):
      "\(weight): \(feature) needs \(needs), the model is \(has); raise it with model:retarget(\"\(needs)\")"
    }
  }
}
