// SPDX-License-Identifier: Apache-2.0
// Output shapes and descriptions that the package's interface lacks and its program declares.

import MIL
import ModelPackages
import Tensors

extension Model {
  /// The extents that the program declares for an output whose interface has no shape; `nil` for other features.
  package func declaredDimensions(of feature: Feature) -> [Dimension]? {
    guard case .array(let array) = feature.kind, array.shape.isEmpty, case .fixed = array.flexibility,
      let operations = function?.block.operations
    else { return nil }
    let value = operations.lazy.reversed().flatMap(\.outputs).first { $0.name == feature.name }
    return value?.type.tensorType.map(\.dimensions)
  }

  /// A description of a feature's type: `float32 [?, 10]`, `a probability for each of 10 labels`.
  package func expectation(of feature: Feature) -> String {
    if case .dictionary = feature.kind, let labels = classLabels {
      return "a probability for each of \(labels.count) labels"
    }
    guard let declared = declaredDimensions(of: feature) else { return feature.expectation }
    let dtype = feature.array?.dtype.map { "\($0)" } ?? "any"
    return "\(dtype) [\(declared.map(\.description).joined(separator: ", "))]"
  }
}
