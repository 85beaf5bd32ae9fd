// SPDX-License-Identifier: Apache-2.0
// The Lua class of models, with the list of its properties and methods.

import LuaHost
import ModelPackages
import Models
import Workflows

extension Model: LuaBoxed {
  /// The bytes of weights that are stored in memory rather than mapped from a file.
  package var luaExternalBytes: Int { contents.ownedByteCount }

  package static let luaClass = LuaClass(
    Model.self, "A Core ML model. It never changes: compressing it gives another one.", closable: true,
    properties: facts + programFacts + searched,
    methods: running + checking + planning + calibrating + searching + compressing + activations + structuring + replacingWeights + editing
      + interfaces + evaluating + generating + files,
    behaviors: [.toString { (m: Model) in m.summary }],
    contentNames: { object, method, option in (object as? Model)?.names(in: method, option) ?? [] })
}
