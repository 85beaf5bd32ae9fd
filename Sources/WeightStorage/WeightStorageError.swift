// SPDX-License-Identifier: Apache-2.0
// What can go wrong where weights are read from programs and written into them.

import Encodings
import MIL

package enum WeightStorageError: Error, Equatable, Sendable {
  /// A weight whose stored parts do not fit.
  case encoding(weight: String, EncodingError)
  /// A format that needs a newer opset than the program's; the feature is a noun: `per_block quantization`.
  case needsOpset(weight: String, feature: String, needs: Opset, has: Opset)
}

extension WeightStorageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .encoding(let weight, let error):
      "\(weight): \(error)"
    case .needsOpset(let weight, let feature, let needs, let has):
      "\(weight): \(feature) needs \(needs), and the model is for \(has); model:retarget(\"\(needs)\") raises it"
    }
  }
}
