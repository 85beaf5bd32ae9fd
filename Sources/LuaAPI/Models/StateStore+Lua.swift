// SPDX-License-Identifier: Apache-2.0
// The state of a stateful model, as a Lua object.

import LuaHost
import MIL
import Runtime
import Tensors

extension StateStore: LuaBoxed {
  package static var luaName: String { "State" }
  package static let luaClass = LuaClass(
    StateStore.self, "What a stateful model remembers from one prediction to the next.",
    properties: [LuaProperty("names", "names of the states") { (s: StateStore) in s.types.keys.sorted() }],
    methods: [
      LuaMethod("read", "The current content of a state.", Arg("name", "which state"), returns: "a Tensor") {
        (s: StateStore, name: String) in
        guard let tensor = s.read(name) else {
          throw LuaError(.notFound, "no state named '\(name)'", hint: "states: \(s.types.keys.sorted().joined(separator: ", "))")
        }
        return TensorObject(tensor)
      }
    ],
    behaviors: [
      .toString { (s: StateStore) in
        "State of "
          + s.types.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.dtype) \($0.value.shape ?? [])" }.joined(separator: ", ")
      }
    ])
}
