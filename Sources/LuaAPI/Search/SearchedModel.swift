// SPDX-License-Identifier: Apache-2.0
// The properties of models that a search made.

import Evaluation
import LuaHost
import Models
import Workflows

/// What a search leaves in its model.
struct SearchTrace: Sendable {
  let curve: ComparisonReport
  nonisolated(unsafe) let models: [String: Model]
}

extension Model {
  static let searched: [LuaProperty] = [
    LuaProperty("recipe", "the compression steps as a Recipe, which compresses another model in the same way") { (m: Model) in
      RecipeObject(plan: try CompressionPlan(recordedIn: m))
    },
    LuaProperty("curve", "size against quality of the models that the search for this one measured, a Report; nil for any other model") {
      (m: Model) in (m.search as? SearchTrace).map { ComparisonObject($0.curve, models: $0.models) }
    },
  ]
}
