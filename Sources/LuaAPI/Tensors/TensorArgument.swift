// SPDX-License-Identifier: Apache-2.0
// Tensors as Lua arguments: a Tensor, or nested tables of numbers.

import LuaHost
import Options
import Tensors

/// An argument that is a Tensor or a (nested) table of numbers.
struct TensorArgument: LuaConvertible {
  let tensor: Tensor

  static var luaType: LuaType { .union([.object("Tensor"), .table, .number]) }

  func push(to interpreter: Interpreter) throws { try TensorObject(tensor).push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> TensorArgument {
    let value = try LuaValue.read(interpreter, at: index)
    guard let tensor = try NestedTable.tensor(value) else {
      throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
    return TensorArgument(tensor: tensor)
  }
}
