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
      // The words by which users of coremltools know this, and search for it.
      "\(weight): the model is for \(has). The \(feature) is supported since \(needs). Please re-convert your model with "
        + "minimum_deployment_target set to at least ct.target.\(needs), or raise this one: model:retarget(\"\(needs)\")"
    }
  }
}
