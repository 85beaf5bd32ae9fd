// SPDX-License-Identifier: Apache-2.0
// Optionals, sequences and dictionaries as Lua values.
import CLuaShim
import Options

extension Optional: LuaReturnable where Wrapped: LuaReturnable {
  package static var luaType: LuaType {
    if case .any = Wrapped.luaType { .any } else { .optional(Wrapped.luaType) }
  }

  package func push(to interpreter: Interpreter) throws {
    guard let self else { return shim_push_nil(interpreter.stack) }
    try self.push(to: interpreter)
  }
}

extension Optional: LuaConvertible where Wrapped: LuaConvertible {
  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> Wrapped? {
    interpreter.isNil(at: index) ? nil : try Wrapped.read(interpreter, at: index)
  }
}

extension Array: LuaReturnable where Element: LuaReturnable {
  package static var luaType: LuaType { .sequence(Element.luaType) }

  package func push(to interpreter: Interpreter) throws {
    try interpreter.reserve(4)
    if let numbers = self as? [Double] {
      return shim_push_numbers(interpreter.stack, numbers, numbers.count)
    }
    shim_new_table(interpreter.stack, Int32(clamping: count), 0)
    for (offset, element) in enumerated() {
      try element.push(to: interpreter)
      shim_raw_set_index(interpreter.stack, -2, Int64(offset) + 1)
    }
  }
}

extension Array: LuaConvertible where Element: LuaConvertible {
  /// Reads t[1…#t] without metamethods; other keys are ignored.
  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> [Element] {
    guard interpreter.kind(at: index) == SHIM_TABLE else {
      var mismatch = mismatch(interpreter, at: index)
      if !interpreter.isNil(at: index), (try? Element.read(interpreter, at: index)) != nil,
        let shown = try? interpreter.describe(at: index)
      {
        // reshape(4): a single element without braces
        // The text of an object may have several lines.
        let isObject = interpreter.kind(at: index) != SHIM_NUMBER && interpreter.kind(at: index) != SHIM_BOOLEAN
        let literal = interpreter.kind(at: index) == SHIM_STRING ? "\"\(shown)\"" : isObject ? "…" : shown
        mismatch.note = "\(mismatch.expected) expected, got \(mismatch.found); write { \(literal) }"
      }
      throw mismatch
    }
    try interpreter.reserve(4)
    let table = interpreter.absolute(index)
    var elements: [Element] = []
    for position in 0..<shim_raw_length(interpreter.stack, table) {
      shim_raw_get_index(interpreter.stack, table, position + 1)
      defer { interpreter.pop() }
      do throws(LuaMismatch) {
        elements.append(try Element.read(interpreter, at: -1))
      } catch {
        throw error.inside("[\(position + 1)]")
      }
    }
    return elements
  }
}

extension Dictionary: LuaReturnable where Key == String, Value: LuaReturnable {
  package static var luaType: LuaType { .dictionary(.string, Value.luaType) }

  package func push(to interpreter: Interpreter) throws {
    try interpreter.reserve(4)
    shim_new_table(interpreter.stack, 0, Int32(clamping: count))
    for (key, value) in self {
      interpreter.push(string: key)
      try value.push(to: interpreter)
      _ = shim_raw_set(interpreter.stack, -3)
    }
  }
}

extension Dictionary: LuaConvertible where Key == String, Value: LuaConvertible {
  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> [String: Value] {
    guard interpreter.kind(at: index) == SHIM_TABLE else {
      throw mismatch(interpreter, at: index)
    }
    var pairs: [String: Value] = [:]
    try interpreter.forEachRaw(at: index) { () throws(LuaMismatch) in
      guard let key = interpreter.string(at: -2) else {
        throw LuaMismatch(
          expected: "string as key", found: interpreter.typeName(at: -2))
      }
      do throws(LuaMismatch) {
        pairs[key] = try Value.read(interpreter, at: -1)
      } catch {
        throw error.inside(".\(key)")
      }
    }
    return pairs
  }
}
