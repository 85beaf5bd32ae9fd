// SPDX-License-Identifier: Apache-2.0
// The state of a stateful model, as a Lua object.

import DataFiles
import LuaHost
import MIL
import Options
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
        guard let tensor = s.read(name) else { throw RuntimeError.unknownState(name, known: s.types.keys.sorted()) }
        return TensorObject(tensor)
      },
      LuaMethod("write", "Replace the content of a state.", Arg("name", "which state"), Arg("value", "of the state's shape")) {
        (s: StateStore, name: String, value: TensorArgument) in try s.write(name, value.tensor)
      },
      LuaMethod("copy", "An independent state with the same content, to return to this moment later.", returns: "a State") {
        (s: StateStore) in s.copy()
      },
      LuaMethod("reset", "Set all states to zero, as make_state() does.") { (s: StateStore) in s.reset() },
      LuaMethod(
        "truncate",
        "Forget the positions from a number on: a cache of keys and values is then as after that many tokens, and the next prediction continues "
          + "there. States that the program replaces as a whole have no positions, which is an error.",
        Arg("count", "how many positions to keep")
      ) { (s: StateStore, count: Int) in try s.truncate(count) },
      LuaMethod("save", "Write all states to a NumPy archive, in the precision of the computation.", Arg("path", "an .npz file; replaced"))
      {
        (s: StateStore, path: PathArgument) in
        try NPZ.write(
          entries: s.types.keys.sorted().compactMap { name in s.content(name).map { (name, .tensor($0)) } }, to: path.path)
      },
      LuaMethod(
        "load", "Replace all states by those of an archive that save wrote: predictions then continue with the same results.",
        Arg("path", "an .npz file")
      ) { (s: StateStore, path: PathArgument) in
        let arrays = try NPZ.read(path.path)
        guard Set(arrays.keys) == Set(s.types.keys) else {
          throw LuaError(
            .format,
            "\(path.path) has the arrays \(arrays.keys.sorted().joined(separator: ", ")), "
              + "expected the states \(s.types.keys.sorted().joined(separator: ", "))")
        }
        let whole = s.copy()
        for (name, tensor) in arrays { try whole.write(name, tensor) }
        for name in arrays.keys { if let content = whole.content(name) { try s.write(name, content) } }
      },
    ],
    behaviors: [
      .toString { (s: StateStore) in
        "State of "
          + s.types.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.dtype) \($0.value.shape ?? [])" }.joined(separator: ", ")
      }
    ])
}
