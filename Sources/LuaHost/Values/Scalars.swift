// SPDX-License-Identifier: Apache-2.0
// Booleans, numbers and strings as Lua values.
import CLuaShim
import Options

extension Bool: LuaConvertible {
  package static var luaType: LuaType { .boolean }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> Bool {
    guard interpreter.kind(at: index) == SHIM_BOOLEAN else {
      throw mismatch(interpreter, at: index)
    }
    return shim_to_boolean(interpreter.stack, index)
  }

  package func push(to interpreter: Interpreter) { shim_push_boolean(interpreter.stack, self) }
}

/// Integers accept 4 and 4.0; they reject 4.5 and "4".
extension FixedWidthInteger where Self: LuaConvertible {
  package static var luaType: LuaType { .integer }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> Self {
    var value: Int64 = 0
    if shim_to_integer(interpreter.stack, index, &value) {
      if let exact = Self(exactly: value) { return exact }
      throw LuaMismatch("\(value) is out of range (\(Self.min) to \(Self.max))")
    }
    var number = 0.0
    guard shim_to_number(interpreter.stack, index, &number) else {
      throw mismatch(interpreter, at: index)
    }
    throw LuaMismatch(expected: "integer", found: Allowed.text(number))
  }

  /// Throws when the value exceeds Lua's 64-bit integers.
  package func push(to interpreter: Interpreter) throws {
    guard let value = Int64(exactly: self) else {
      throw LuaError(.unsupported, "\(self) does not fit Lua's 64-bit integers")
    }
    shim_push_integer(interpreter.stack, value)
  }
}

extension Int: LuaConvertible {}
extension Int32: LuaConvertible {}
extension Int64: LuaConvertible {}
extension UInt8: LuaConvertible {}
extension UInt32: LuaConvertible {}
extension UInt64: LuaConvertible {}

extension BinaryFloatingPoint where Self: LuaConvertible {
  package static var luaType: LuaType { .number }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> Self {
    var value = 0.0
    guard shim_to_number(interpreter.stack, index, &value) else {
      throw mismatch(interpreter, at: index)
    }
    return Self(value)
  }

  package func push(to interpreter: Interpreter) {
    shim_push_number(interpreter.stack, Double(self))
  }
}

extension Double: LuaConvertible {}
extension Float: LuaConvertible {}

/// Text must be valid UTF-8 and is never repaired, since a repaired path would be a different file.
extension String: LuaConvertible {
  package static var luaType: LuaType { .string }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> String {
    guard let bytes = interpreter.bytes(at: index) else { throw mismatch(interpreter, at: index) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw LuaMismatch("string is not valid UTF-8")
    }
    return text
  }

  package func push(to interpreter: Interpreter) { interpreter.push(string: self) }
}

/// A Lua string as unmodified bytes, for binary data.
package struct LuaBytes: LuaConvertible, Hashable, Sendable {
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package static var luaType: LuaType { .string }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> LuaBytes {
    guard let bytes = interpreter.bytes(at: index) else { throw mismatch(interpreter, at: index) }
    return LuaBytes(Array(bytes))
  }

  package func push(to interpreter: Interpreter) { interpreter.push(bytes: bytes) }
}

/// A string of a closed list, declared as a Swift enum with string raw values.
package protocol LuaEnumeration: LuaConvertible, CaseIterable, RawRepresentable
where RawValue == String {}

extension LuaEnumeration {
  package static var luaType: LuaType { .enumeration(allCases.map(\.rawValue)) }

  package static func read(
    _ interpreter: Interpreter, at index: Int32
  ) throws(LuaMismatch) -> Self {
    let names = allCases.map(\.rawValue)
    guard let text = interpreter.string(at: index) else {
      throw LuaMismatch(
        expected: Allowed.strings(names).description, found: interpreter.typeName(at: index))
    }
    guard let value = Self(rawValue: text) else {
      throw LuaMismatch(Allowed.strings(names).refusal(of: text))
    }
    return value
  }

  package func push(to interpreter: Interpreter) { interpreter.push(string: rawValue) }
}
