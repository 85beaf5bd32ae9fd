// SPDX-License-Identifier: Apache-2.0
// Tables by reference.
import CLuaShim
import Options

/// A reference to a Lua table.
///
/// Sequences are counted from 1. Access is raw (without metamethods) unless documented otherwise.
package struct LuaTable {
  package let reference: LuaReference

  init(_ reference: LuaReference) { self.reference = reference }

  /// The number of elements of the sequence part.
  package var count: Int { (try? withTable { Int(shim_raw_length($0.stack, -1)) }) ?? 0 }

  /// t[key] without metamethods; nil if absent or if the interpreter has been closed.
  package subscript(key: String) -> LuaValue {
    (try? withTable { interpreter in
      interpreter.push(string: key)
      return interpreter.rawValueForKeyOnTop()
    }) ?? .nil
  }

  /// t[index], raw, counted from 1.
  package subscript(index: Int) -> LuaValue {
    (try? withTable { interpreter in
      shim_push_integer(interpreter.stack, Int64(index))
      return interpreter.rawValueForKeyOnTop()
    }) ?? .nil
  }

  /// t[key] = value, raw.
  package func set(_ key: any LuaReturnable, _ value: any LuaReturnable) throws {
    try withTable { interpreter in
      try key.push(to: interpreter)
      try value.push(to: interpreter)
      guard shim_raw_set(interpreter.stack, -3) else {
        throw LuaError(.usage, "a table key cannot be nil or NaN")
      }
    }
  }

  /// t[key] with metamethods, which may run a script's `__index`.
  package func get(_ key: any LuaReturnable) throws -> LuaValue {
    try withTable { interpreter in
      try key.push(to: interpreter)
      try interpreter.check(shim_get(interpreter.stack, -2))
      defer { interpreter.pop() }
      return LuaValue(interpreter, at: -1)
    }
  }

  /// All pairs, raw, in Lua's (unspecified) order.
  package func pairs() throws -> [(key: LuaValue, value: LuaValue)] {
    try withTable { interpreter in
      var pairs: [(key: LuaValue, value: LuaValue)] = []
      try interpreter.forEachRaw(at: -1) {
        pairs.append((LuaValue(interpreter, at: -2), LuaValue(interpreter, at: -1)))
      }
      return pairs
    }
  }

  /// The first `count` elements as numbers.
  ///
  /// Throws `LuaMismatch` for the first element that is not a number.
  package func numbers() throws -> [Double] {
    try withTable { interpreter in
      let count = Int(shim_raw_length(interpreter.stack, -1))
      let numbers = [Double](unsafeUninitializedCapacity: count) { buffer, filled in
        filled = buffer.baseAddress.map { shim_raw_numbers(interpreter.stack, -1, $0, count) } ?? 0
      }
      guard numbers.count == count else {
        shim_raw_get_index(interpreter.stack, -1, Int64(numbers.count) + 1)
        defer { interpreter.pop() }
        throw LuaMismatch(expected: "number", found: interpreter.typeName(at: -1))
          .inside("[\(numbers.count + 1)]")
      }
      return numbers
    }
  }

  /// Runs `body` with the table on top of the stack and restores the stack level.
  func withTable<T>(_ body: (Interpreter) throws -> T) throws -> T {
    guard let interpreter = reference.interpreter else {
      throw LuaError(.internal, "the interpreter is closed")
    }
    try interpreter.reserve(8)
    interpreter.push(reference)
    let level = interpreter.top
    defer { interpreter.pop(interpreter.top - level + 1) }
    return try body(interpreter)
  }
}

extension Interpreter {
  /// The raw value of the table below the key on top; the key is popped.
  fileprivate func rawValueForKeyOnTop() -> LuaValue {
    shim_raw_get(stack, -2)
    defer { pop() }
    return LuaValue(self, at: -1)
  }
}

extension LuaTable: LuaConvertible {
  package static var luaType: LuaType { .table }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> LuaTable {
    guard interpreter.kind(at: index) == SHIM_TABLE else {
      throw mismatch(interpreter, at: index)
    }
    try interpreter.reserve(4)
    return LuaTable(interpreter.reference(at: index))
  }

  package func push(to interpreter: Interpreter) throws {
    try interpreter.push(checked: reference)
  }
}
