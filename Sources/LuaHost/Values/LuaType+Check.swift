// SPDX-License-Identifier: Apache-2.0
// Checks whether a Lua value has a documented type, for options that are described at run time.
import CLuaShim
import Options

extension LuaType {
  /// Throws `LuaMismatch` if the value at `index` does not have this type.
  func check(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) {
    switch self {
    case .any: return
    case .nil: if interpreter.isNil(at: index) { return }
    case .boolean: return _ = try Bool.read(interpreter, at: index)
    case .integer: return _ = try Int.read(interpreter, at: index)
    case .number: return _ = try Double.read(interpreter, at: index)
    case .string: return _ = try String.read(interpreter, at: index)
    case .function, .iterator, .callback: return _ = try LuaClosure.read(interpreter, at: index)
    case .table, .options, .dictionary, .tuple, .step: return _ = try LuaTable.read(interpreter, at: index)
    case .object(let name): if interpreter.typeName(at: index) == name { return }
    case .sequence(let element), .keyedSequence(let element):
      return try element.checkElements(interpreter, at: index)
    case .optional(let wrapped):
      return interpreter.isNil(at: index) ? () : try wrapped.check(interpreter, at: index)
    case .enumeration(let names):
      guard let text = interpreter.string(at: index) else { break }
      if !names.contains(text) { throw LuaMismatch(Allowed.strings(names).refusal(of: text)) }
      return
    case .union(let types):
      for type in types where (try? type.check(interpreter, at: index)) != nil { return }
    }
    throw LuaMismatch(expected: description, found: interpreter.typeName(at: index))
  }

  private func checkElements(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) {
    guard interpreter.kind(at: index) == SHIM_TABLE else {
      throw LuaMismatch(expected: "\(self)[]", found: interpreter.typeName(at: index))
    }
    try interpreter.reserve(4)
    let table = interpreter.absolute(index)
    for position in 0..<shim_raw_length(interpreter.stack, table) {
      shim_raw_get_index(interpreter.stack, table, position + 1)
      defer { interpreter.pop() }
      do throws(LuaMismatch) {
        try check(interpreter, at: -1)
      } catch {
        throw error.inside("[\(position + 1)]")
      }
    }
  }
}
